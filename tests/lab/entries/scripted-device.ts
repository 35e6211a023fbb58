/** A network device whose queues the test fills and reads. */
import { DeviceCounters } from "../../../net/phy/counters";
import { NetworkDevice } from "../../../net/phy/device";
import { FramePool } from "../../../net/phy/pool";
import { Frame } from "../../../net/wire/frame";

class FrameQueue {
  count: u32 = 0;
  private first: Frame | null = null;
  private last: Frame | null = null;

  push(frame: Frame): void {
    frame.next = null;
    const last = this.last;
    if (this.first == null || last == null) this.first = frame;
    else last.next = frame;
    this.last = frame;
    this.count++;
  }

  shift(): Frame | null {
    const frame = this.first;
    if (frame == null) return null;
    this.first = frame.next;
    this.count--;
    return frame;
  }
}

export class ScriptedDevice implements NetworkDevice {
  readonly incoming: FrameQueue = new FrameQueue();
  readonly outgoing: FrameQueue = new FrameQueue();
  /** Frames that it accepts until the next `flush`. */
  room: u32 = 256;
  /** Frames that it accepts after each `flush`. */
  ring: u32 = 256;
  flushes: u32 = 0;
  link: bool = true;
  up: bool = true;
  private readonly counts: DeviceCounters = new DeviceCounters();

  constructor(
    private readonly pool: FramePool,
    private readonly hardware: u64,
  ) {}

  hardwareAddress(): u64 {
    return this.hardware;
  }
  driverName(): string {
    return "scripted";
  }
  linkUp(): bool {
    return this.link;
  }
  linkSpeed(): u32 {
    return this.link ? 1000 : 0;
  }
  receive(): Frame | null {
    return this.incoming.shift();
  }
  canTransmit(): bool {
    return this.room > 0;
  }
  transmit(frame: Frame): bool {
    if (this.room == 0) {
      this.counts.ringFull++;
      this.pool.release(frame);
      return false;
    }
    this.room--;
    this.outgoing.push(frame);
    return true;
  }
  flush(): void {
    this.flushes++;
    this.room = this.ring;
  }
  setUp(up: bool): void {
    this.up = up;
  }
  counters(): DeviceCounters {
    return this.counts;
  }
}
