/** An IO-APIC (Intel 82093AA): inputs that send vectors to the local APIC. */
import type { BusDevice, Line } from "./bus.ts";
import type { Machine } from "./machine.ts";

const [SELECT, WINDOW] = [0x00, 0x10];
const [VERSION, REDIRECTION] = [0x01, 0x10];
const [LOW, REMOTE_IRR, LEVEL, MASKED] = [1 << 13, 1 << 14, 1 << 15, 1 << 16];
const INPUTS = 24;

export class IoApic implements BusDevice {
  readonly entries = Array.from({ length: INPUTS }, () => ({ low: MASKED, high: 0 }));
  /** Inputs that are wired active low; a wrong polarity in the entry hides them. */
  readonly activeLow = new Set<number>();
  private selected = 0;
  private readonly asserted = new Set<number>();

  constructor(private readonly machine: Machine) {}

  /** Returns an input. */
  line(input: number): Line {
    return (level) => {
      const rose = level && !this.asserted.has(input);
      if (level) this.asserted.add(input);
      else this.asserted.delete(input);
      if (rose || this.entries[input].low & LEVEL) this.update(input, rose);
    };
  }

  read(offset: number): number {
    if (offset === SELECT) return this.selected;
    if (this.selected === VERSION) return ((INPUTS - 1) << 16) | 0x20;
    const entry = this.entries[(this.selected - REDIRECTION) >> 1];
    return offset !== WINDOW || !entry ? 0 : this.selected & 1 ? entry.high : entry.low;
  }

  write(offset: number, value: number): void {
    if (offset === SELECT) this.selected = value;
    const input = (this.selected - REDIRECTION) >> 1;
    const entry = this.entries[input];
    if (offset !== WINDOW || !entry) return;
    if (this.selected & 1) entry.high = value;
    else {
      entry.low = (value & ~REMOTE_IRR) | (entry.low & REMOTE_IRR);
      this.update(input, false);
    }
  }

  /** The local APIC ends an interrupt: a level that is still asserted interrupts again. */
  end(vector: number): void {
    this.entries.forEach((entry, input) => {
      if ((entry.low & 0xff) !== vector) return;
      entry.low &= ~REMOTE_IRR;
      this.update(input, false);
    });
  }

  private update(input: number, rose: boolean): void {
    const entry = this.entries[input];
    const level = (entry.low & LEVEL) !== 0;
    if (entry.low & (MASKED | REMOTE_IRR) || !this.asserted.has(input) || !(level || rose)) return;
    if (((entry.low & LOW) !== 0) !== this.activeLow.has(input)) return;
    if (level) entry.low |= REMOTE_IRR;
    this.machine.apic.message(0xfee00000 | ((entry.high >>> 24) << 12), entry.low & 0xff);
  }
}

/** Adds an IO-APIC; its address is what the machine's MADT says. */
export function addIoApic(machine: Machine, address = 0xfec00000): IoApic {
  const added = new IoApic(machine);
  machine.memorySpace.add(address, 0x20, added);
  machine.apic.onEnd.push((vector) => added.end(vector));
  return added;
}
