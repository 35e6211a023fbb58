/** The two 8259A interrupt controllers of a PC, with the PIIX's edge/level registers. */
import type { BusDevice, Line, Width } from "./bus.ts";

class Controller {
  /** Set by ICW2. */
  vector = 0;
  mask = 0xff;
  request = 0;
  inService = 0;
  /** Level of each input, and which of them are level-triggered. */
  lines = 0;
  levelTriggered = 0;
  private step = 0;
  private readInService = false;

  set(line: number, level: boolean): void {
    const bit = 1 << line;
    const rose = level && (this.lines & bit) === 0;
    this.lines = level ? this.lines | bit : this.lines & ~bit;
    if (this.levelTriggered & bit) return;
    if (rose) this.request |= bit;
    else if (!level) this.request &= ~bit;
  }

  /** Returns the line that would be acknowledged now, or -1. */
  pending(): number {
    if (!this.asks()) return -1;
    const wanted = (this.request | (this.lines & this.levelTriggered)) & ~this.mask;
    for (let line = 0; line < 8; line++) {
      if (this.inService & (1 << line)) return -1;
      if (wanted & (1 << line)) return line;
    }
    return -1;
  }

  /** Reports whether any unmasked line is requested, even if one in service holds it back. */
  asks(): boolean {
    return ((this.request | (this.lines & this.levelTriggered)) & ~this.mask) !== 0;
  }

  acknowledge(line: number): void {
    this.inService |= 1 << line;
    this.request &= ~(1 << line);
  }

  command(value: number): void {
    if (value & 0x10) {
      this.step = 1;
      this.mask = 0;
      this.inService = 0;
      this.request = 0;
    } else if (value & 0x08) this.readInService = (value & 3) === 3;
    else if (value & 0x20) this.inService &= this.inService - 1;
  }

  data(value: number): void {
    if (this.step === 0) this.mask = value;
    else if (this.step === 1) this.vector = value & 0xf8;
    if (this.step > 0) this.step = (this.step + 1) % 4;
  }

  status(): number {
    return this.readInService ? this.inService : this.request;
  }
}

export class Pic {
  readonly first = new Controller();
  readonly second = new Controller();
  readonly firstPorts = ports(this.first);
  readonly secondPorts = ports(this.second);
  readonly edgeLevelPorts: BusDevice = {
    read: (offset) => (offset === 0 ? this.first : this.second).levelTriggered,
    write: (offset, value) => {
      (offset === 0 ? this.first : this.second).levelTriggered = value;
    },
  };

  line(number: number): Line {
    return (level) => {
      if (number < 8) this.first.set(number, level);
      else this.second.set(number - 8, level);
    };
  }

  /** Like `Controller.asks`; an outdated cascade line counts until `acknowledge` updates it. */
  asks(): boolean {
    return this.first.asks() || this.second.asks();
  }

  /** Acknowledges an interrupt: returns its vector, or -1 if there is none. */
  acknowledge(): number {
    if (!this.asks()) return -1;
    this.first.set(2, this.second.pending() >= 0);
    const line = this.first.pending();
    if (line < 0) return -1;
    this.first.acknowledge(line);
    if (line !== 2) return this.first.vector + line;
    const behind = this.second.pending();
    this.second.acknowledge(behind);
    // The cascade line falls now, and rises again for the next interrupt.
    this.first.set(2, false);
    return this.second.vector + behind;
  }
}

function ports(controller: Controller): BusDevice {
  return {
    read: (offset: number) => (offset === 0 ? controller.status() : controller.mask),
    write: (offset: number, value: number, _width: Width) => {
      if (offset === 0) controller.command(value);
      else controller.data(value);
    },
  };
}
