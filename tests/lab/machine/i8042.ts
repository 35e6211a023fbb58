/** An i8042 controller with a keyboard: what one types arrives as scan codes. */
import type { BusDevice, Line } from "./bus.ts";

const [OUTPUT_FULL, INPUT_FULL, FROM_MOUSE] = [1, 2, 0x20];
const ACKNOWLEDGED = 0xfa;

export interface Faults {
  /** Whether the controller never accepts a byte. */
  stuck?: boolean;
  /** Whether it answers no command. */
  mute?: boolean;
}

export class I8042 implements BusDevice {
  /** The command byte, as firmware leaves it: no interrupts, keyboard disabled. */
  settings = 0x14;
  mouseEnabled = true;
  private readonly output: { byte: number; mouse: boolean }[] = [];
  /** The command whose parameter comes next. */
  private command = 0;

  constructor(
    private readonly interrupt: Line,
    private readonly faults: Faults = {},
  ) {}

  /** The keyboard sends bytes, or the mouse does. */
  send(bytes: number[], mouse = false): void {
    this.output.push(...bytes.map((byte) => ({ byte, mouse })));
    this.signal();
  }

  private signal(): void {
    const [next] = this.output;
    const enabled = next !== undefined && (this.settings & (next.mouse ? 2 : 1)) !== 0;
    this.interrupt(false);
    if (enabled) this.interrupt(true);
  }

  /** Offset 0 is port 0x60, offset 4 port 0x64. */
  read(offset: number): number {
    if (offset === 4) {
      const [next] = this.output;
      const full = next === undefined ? 0 : OUTPUT_FULL | (next.mouse ? FROM_MOUSE : 0);
      return full | (this.faults.stuck ? INPUT_FULL : 0);
    }
    const byte = this.output.shift()?.byte ?? 0;
    this.signal();
    return byte;
  }

  write(offset: number, value: number): void {
    if (this.faults.mute) return;
    if (offset === 4) {
      this.command = value === 0x60 ? value : 0;
      if (value === 0x20) this.send([this.settings]);
      if (value === 0xa7) this.mouseEnabled = false;
      if (value === 0xad) this.settings |= 0x10;
      if (value === 0xae) this.settings &= ~0x10;
    } else if (this.command === 0x60) {
      this.command = 0;
      this.settings = value;
    } else {
      this.send([ACKNOWLEDGED]);
    }
  }
}
