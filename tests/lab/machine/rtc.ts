/** The MC146818 real-time clock and its CMOS memory, in every format that firmware may choose. */
import type { BusDevice } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";

export interface RtcOptions {
  /** Seconds since 1970 at power-on; may be fractional. */
  time: number;
  binary?: boolean;
  hours24?: boolean;
  /** The register of the century; 0: none. */
  centuryRegister?: number;
  /** False: never reports an update in progress, so readings may be torn. */
  showsUpdate?: boolean;
}

export class Rtc implements BusDevice {
  /** Register contents in place of the time. */
  readonly overrides = new Map<number, number>();
  /** Seconds by which the clock is ahead of the right time. */
  shift = 0;
  private index = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly options: RtcOptions,
  ) {}

  /** Nanoseconds since 1970. */
  private nanoseconds(): bigint {
    return BigInt(Math.round((this.options.time + this.shift) * 1e9)) + BigInt(this.clock.now);
  }

  read(offset: number): number {
    return offset === 0 ? 0xff : (this.overrides.get(this.index) ?? this.register(this.index));
  }

  write(offset: number, value: number): void {
    if (offset === 0) this.index = value & 0x7f;
    else this.overrides.set(this.index, value);
  }

  private register(index: number): number {
    const date = new Date(Number(this.nanoseconds() / 1_000_000n));
    const { binary, hours24 = true, centuryRegister = 0, showsUpdate = true } = this.options;
    if (index === centuryRegister && centuryRegister !== 0) {
      return this.number(Math.floor(date.getUTCFullYear() / 100));
    }
    if (index === 0x00) return this.number(date.getUTCSeconds());
    if (index === 0x02) return this.number(date.getUTCMinutes());
    if (index === 0x04) return this.hour(date.getUTCHours());
    if (index === 0x07) return this.number(date.getUTCDate());
    if (index === 0x08) return this.number(date.getUTCMonth() + 1);
    if (index === 0x09) return this.number(date.getUTCFullYear() % 100);
    if (index === 0x0a) {
      const untilNext = 1_000_000_000n - (this.nanoseconds() % 1_000_000_000n);
      return showsUpdate && untilNext <= 244_000n ? 0xa6 : 0x26;
    }
    if (index === 0x0b) return (binary ? 4 : 0) | (hours24 ? 2 : 0);
    return index === 0x0d ? 0x80 : 0;
  }

  private number(value: number): number {
    return this.options.binary ? value : (Math.floor(value / 10) << 4) | (value % 10);
  }

  private hour(hour: number): number {
    if (this.options.hours24 ?? true) return this.number(hour);
    return this.number(hour % 12 || 12) | (hour >= 12 ? 0x80 : 0);
  }
}
