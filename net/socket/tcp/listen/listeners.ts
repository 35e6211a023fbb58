/** The listeners of a host, found by their ports. */
import { TCP_LISTENERS } from "../../../../core/limits";
import { ControlBlock, ListenQueue } from "../control-block";
import { TcpListener } from "./listener";

export class Listeners {
  count: u32 = 0;
  private readonly all: StaticArray<TcpListener | null> = new StaticArray<TcpListener | null>(
    TCP_LISTENERS as i32,
  );

  get full(): bool {
    return this.count == TCP_LISTENERS;
  }

  /** Returns a listener by its index, from 0 to `count` - 1. */
  at(index: u32): TcpListener {
    return this.all[index]!;
  }

  /** Returns the listener on a port, or null. */
  on(port: u32): TcpListener | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const listener = this.all[i]!;
      if (listener.port == port) return listener;
    }
    return null;
  }

  /** Returns the listener whose queues hold the connection, or null. */
  holding(block: ControlBlock): TcpListener | null {
    return block.queue == ListenQueue.None ? null : this.on(block.endpoints.localPort);
  }

  /** Notes that memory or slots are short: those who listen may free some, on any port. */
  noteShortage(): void {
    for (let i: u32 = 0; i < this.count; i++) this.all[i]!.noteShortage();
  }

  /** Adds a listener on a free port; there must be room. */
  add(listener: TcpListener): void {
    this.all[this.count++] = listener;
  }

  remove(listener: TcpListener): void {
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.all[i] !== listener) continue;
      this.all[i] = this.all[--this.count];
      this.all[this.count] = null;
      return;
    }
  }
}
