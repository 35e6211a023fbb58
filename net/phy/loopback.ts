/**
 * The loopback device: `receive` returns the frames that were given to `transmit`. Packets to this
 * host's own addresses and to 127.0.0.0/8 pass through it and never reach the hardware.
 */
import { LOOPBACK_QUEUE } from "../../core/limits";
import { Frame } from "../wire/frame";
import { DeviceCounters } from "./counters";
import { NetworkDevice } from "./device";
import { FrameQueue } from "./frame-queue";
import { FramePool } from "./pool";

export class LoopbackDevice implements NetworkDevice {
  /** Frames waiting to be received. */
  private readonly queue: FrameQueue = new FrameQueue(LOOPBACK_QUEUE);
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

  /** The number of frames waiting to be received. */
  get queued(): u32 {
    return this.queue.count;
  }

  receive(): Frame | null {
    const frame = this.queue.pop();
    if (frame == null) return null;
    this.counts.receivedFrames++;
    this.counts.receivedBytes += frame.length;
    return frame;
  }

  canTransmit(): bool {
    return !this.queue.full;
  }

  transmit(frame: Frame): bool {
    if (this.queue.full) {
      this.counts.ringFull++;
      this.pool.release(frame);
      return false;
    }
    this.queue.push(frame);
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
