/** The 8254 timer: channel 0 one shot to line 0, channel 2 with gate and output on port 0x61. */
import type { BusDevice, Line } from "./bus.ts";
import type { Timer, VirtualClock } from "./clock.ts";

const FREQUENCY = 1_193_182;

class Channel {
  reload = 0;
  started = 0;
  latched: number | undefined;
  /** Whether the status was latched, which is read before the count. */
  statusLatched = false;
  private low: number | undefined;
  private readHigh = false;

  constructor(private readonly clock: VirtualClock) {}

  /** Writes the low and the high byte in turn; returns true when the count is complete. */
  write(value: number): boolean {
    if (this.low === undefined) {
      this.low = value;
      return false;
    }
    this.reload = (value << 8) | this.low || 0x10000;
    this.low = undefined;
    this.started = this.clock.now;
    return true;
  }

  elapsed(): number {
    return Math.floor(((this.clock.now - this.started) * FREQUENCY) / 1e9);
  }

  count(): number {
    return (((this.reload - this.elapsed()) % 0x10000) + 0x10000) % 0x10000;
  }

  read(): number {
    if (this.statusLatched) {
      this.statusLatched = false;
      return this.elapsed() >= this.reload ? 0x80 : 0;
    }
    const value = this.latched ?? this.count();
    const high = this.readHigh;
    this.readHigh = !high;
    if (!high) return value & 255;
    this.latched = undefined;
    return value >> 8;
  }
}

export class Pit {
  /** The number of one-shots started. */
  shots = 0;
  private readonly channels: Channel[];
  private gate = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private readonly line: Line,
  ) {
    this.channels = [new Channel(clock), new Channel(clock), new Channel(clock)];
  }

  readonly ports: BusDevice = {
    read: (offset) => (offset < 3 ? this.channels[offset].read() : 0xff),
    write: (offset, value) => {
      if (offset === 3) this.control(value);
      else if (this.channels[offset].write(value) && offset === 0) this.startShot();
    },
  };

  /** Port 0x61. */
  readonly portB: BusDevice = {
    read: () => {
      const channel = this.channels[2];
      return this.gate | (channel.elapsed() >= channel.reload ? 0x20 : 0);
    },
    write: (_offset, value) => {
      // The count starts when the gate rises.
      if (value & ~this.gate & 1) this.channels[2].started = this.clock.now;
      this.gate = value & 3;
    },
  };

  private control(value: number): void {
    if (value === 0xe2) {
      this.channels[0].statusLatched = true;
      return;
    }
    const channel = this.channels[value >> 6];
    if (!channel) throw new Error(`8254: read-back ${value.toString(16)} is not modelled`);
    if ((value & 0x30) === 0) channel.latched ??= channel.count();
    else if ((value & 0x3f) !== 0x30) throw new Error(`8254: mode ${value.toString(16)}`);
  }

  private startShot(): void {
    this.shots++;
    this.clock.cancel(this.timer);
    this.line(false);
    const wait = (this.channels[0].reload * 1e9) / FREQUENCY;
    this.timer = this.clock.after(wait, () => this.line(true));
  }
}
