/**
 * The loopback device: `receive` returns the frames that were given to `transmit`. Packets to this
 * host's own addresses and to 127.0.0.0/8 pass through it and never reach the hardware.
 */
import { LOOPBACK_QUEUE } from "../../core/limits";
import { Frame } from "../wire/frame";
import { DeviceCounters } from "./counters";
import { NetworkDevice } from "./device";
import { FramePool } from "./pool";

export class LoopbackDevice implements NetworkDevice {
  /** Frames waiting to be received. */
  queued: u32 = 0;
  private first: Frame | null = null;
  private last: Frame | null = null;
  private readonly counts: DeviceCounters = new DeviceCounters();

  constructor(private readonly pool: FramePool) {}

  hardwareAddress(): u64 {
    return 0;
  }
  driverName(): string {
    return "loopback";
  }
  linkUp(): bool {
    return true;
  }
  linkSpeed(): u32 {
    return 0;
  }

  receive(): Frame | null {
    const frame = this.first;
    if (frame == null) return null;
    this.first = frame.next;
    this.queued--;
    this.counts.receivedFrames++;
    this.counts.receivedBytes += frame.length;
    return frame;
  }

  canTransmit(): bool {
    return this.queued < LOOPBACK_QUEUE;
  }

  transmit(frame: Frame): bool {
    if (this.queued == LOOPBACK_QUEUE) {
      this.counts.ringFull++;
      this.pool.release(frame);
      return false;
    }
    frame.next = null;
    const last = this.last;
    if (this.first == null || last == null) this.first = frame;
    else last.next = frame;
    this.last = frame;
    this.queued++;
    this.counts.sentFrames++;
    this.counts.sentBytes += frame.length;
    return true;
  }

  flush(): void {}
  setUp(_up: bool): void {}
  counters(): DeviceCounters {
    return this.counts;
  }
}
