/** Message-signaled interrupts of a PCI function: its capabilities, and what it sends by them. */
import type { BusDevice, Line } from "./bus.ts";
import type { LocalApic } from "./local-apic.ts";
import type { PciFunction } from "./pci.ts";

/** An MSI capability with a 64-bit address and a mask, without the link to the next. */
export const MSI = [0x05, 0x80, 0x01, ...new Array(20).fill(0)];
/** An MSI-X capability with a table of `entries` messages at the start of BAR `bar`. */
export function msix(entries: number, bar: number): number[] {
  return [0x11, entries - 1, 0, bar, 0, 0, 0, bar, 0x08, 0, 0];
}

const [MASTER, NO_INTX] = [4, 1 << 10];

/** Reports whether MSI is enabled. */
export function usesMsi(card: PciFunction): boolean {
  const at = card.capability(0x05);
  return at !== 0 && (card.bytes[at + 2] & 1) !== 0;
}

/**
 * Returns a function's interrupt: a message at each rising edge if MSI is enabled, or its line.
 * There may be no function yet while its device is built.
 */
export function interruptOf(
  apic: LocalApic,
  card: () => PciFunction | undefined,
  line: Line,
): Line {
  let asserted = false;
  return (level) => {
    const rose = level && !asserted;
    asserted = level;
    const pci = card();
    if (!pci || !usesMsi(pci)) {
      line(level && ((pci?.command ?? 0) & NO_INTX) === 0);
      return;
    }
    const at = pci.capability(0x05);
    line(false);
    if (!rose || (pci.command & MASTER) === 0) return;
    if (pci.view.getUint32(at + 16, true) & 1) throw new Error("MSI: the message is masked");
    apic.message(pci.view.getUint32(at + 4, true), pci.view.getUint16(at + 12, true));
  };
}

/** The table of an MSI-X capability, in a BAR. */
export class MessageTable implements BusDevice {
  /** Entries that were sent while they were masked. */
  readonly pending = new Set<number>();
  private readonly words: Uint32Array;

  constructor(
    private readonly apic: LocalApic,
    private readonly card: () => PciFunction,
    readonly entries: number,
  ) {
    this.words = new Uint32Array(4 * entries).map((_, i) => (i % 4 === 3 ? 1 : 0));
  }

  get enabled(): boolean {
    const at = this.card().capability(0x11);
    return at !== 0 && (this.card().bytes[at + 3] & 0x80) !== 0;
  }

  read(offset: number): number {
    return this.words[offset >> 2] ?? 0;
  }
  write(offset: number, value: number): void {
    if (offset >> 2 < this.words.length) this.words[offset >> 2] = value;
    for (const entry of [...this.pending]) {
      this.pending.delete(entry);
      this.send(entry);
    }
  }

  send(entry: number): void {
    const [address, , data, control] = this.words.subarray(4 * entry, 4 * entry + 4);
    const masked = (control & 1) !== 0 || (this.card().bytes[this.at + 3] & 0x40) !== 0;
    if (masked) this.pending.add(entry);
    else if (this.card().command & MASTER) this.apic.message(address, data);
  }

  private get at(): number {
    return this.card().capability(0x11);
  }
}
