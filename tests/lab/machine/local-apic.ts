/** The local APIC of a processor, by its page or by its MSRs (x2APIC). */
import type { BusDevice } from "./bus.ts";

const [ID, VERSION, TPR, EOI, SPURIOUS, IN_SERVICE, REQUEST] = [
  0x20, 0x30, 0x80, 0xb0, 0xf0, 0x100, 0x200,
];
const [LOCAL_TIMER, LINT0, LINT1] = [0x320, 0x350, 0x360];
const [ENABLED, MASKED, EXTERNAL] = [0x100, 0x10000, 0x700];
/** Where messages are written. */
const MESSAGES = 0xfee00000;
const BASE_MSR = 0x1b;
const X2APIC_MSRS = 0x800;

export class LocalApic implements BusDevice {
  /** Vectors that are requested and in service, as an interrupt may be both. */
  readonly requests = new Set<number>();
  readonly inService: number[] = [];
  /** Called with each vector that is ended, as IO-APICs are told of it. */
  readonly onEnd: ((vector: number) => void)[] = [];
  /** Messages that were not for this processor, or malformed. */
  strays = 0;
  private readonly registers = new Map<number, number>([
    [VERSION, 0x50014],
    [SPURIOUS, 0x0f],
    [LOCAL_TIMER, MASKED],
    [LINT0, MASKED],
    [LINT1, MASKED],
  ]);

  constructor(
    private readonly id = 0,
    /** Whether firmware has left it in x2APIC mode. */
    private readonly x2apic = false,
  ) {
    this.registers.set(ID, x2apic ? id : id << 24);
  }

  get(register: number): number {
    return this.registers.get(register) ?? 0;
  }
  set(register: number, value: number): void {
    this.registers.set(register, value);
  }

  read(offset: number): number {
    if (offset >= IN_SERVICE && offset < IN_SERVICE + 0x80) {
      return bits(this.inService, (offset - IN_SERVICE) / 16);
    }
    if (offset >= REQUEST && offset < REQUEST + 0x80) {
      return bits([...this.requests], (offset - REQUEST) / 16);
    }
    return this.get(offset);
  }

  write(offset: number, value: number): void {
    if (offset !== EOI) {
      this.set(offset, value);
      return;
    }
    const vector = this.inService.pop();
    if (vector !== undefined) for (const each of this.onEnd) each(vector);
  }

  readMsr(register: number): bigint {
    if (register === BASE_MSR) return BigInt(0xfee00900 | (this.x2apic ? 0x400 : 0)) & ONES;
    return BigInt(this.read((register - this.msr(register)) * 16));
  }
  writeMsr(register: number, value: bigint): void {
    this.write((register - this.msr(register)) * 16, Number(value & ONES));
  }

  /** A device writes a message (SDM 11.11): fixed delivery, to one processor. */
  message(address: number, data: number): void {
    const vector = data & 0xff;
    const good =
      address >>> 0 === MESSAGES + this.id * 4096 && (data & ~0xff) === 0 && vector >= 16;
    if (good && this.enabled) this.requests.add(vector);
    else this.strays++;
  }

  /** Whether it passes on the vectors of the 8259 pair. */
  get passesPic(): boolean {
    return this.enabled && (this.get(LINT0) & (MASKED | EXTERNAL)) === EXTERNAL;
  }

  asks(): boolean {
    return this.requests.size > 0 && this.pending() >= 0;
  }

  /** Acknowledges the highest vector; returns -1 if there is none that may interrupt now. */
  acknowledge(): number {
    const vector = this.pending();
    if (vector < 0) return -1;
    this.requests.delete(vector);
    this.inService.push(vector);
    return vector;
  }

  private get enabled(): boolean {
    return (this.get(SPURIOUS) & ENABLED) !== 0;
  }

  /** A vector interrupts if its class is above those in service and of the task (SDM 11.8.3). */
  private pending(): number {
    const highest = Math.max(-1, ...this.requests);
    const busy = Math.max(this.get(TPR), ...this.inService) >> 4;
    return this.enabled && highest >> 4 > busy ? highest : -1;
  }

  /** Returns the MSR of register 0. Throws if the APIC has no such MSR in its mode: a trap. */
  private msr(register: number): number {
    if (!this.x2apic || register < X2APIC_MSRS || register > X2APIC_MSRS + 0x3f) {
      throw new Error(`no MSR ${register.toString(16)}`);
    }
    return X2APIC_MSRS;
  }
}

const ONES = 0xffffffffn;

/** Returns the word of a bit map in which vectors are set. */
function bits(vectors: number[], word: number): number {
  return vectors
    .filter((vector) => vector >> 5 === word)
    .reduce((map, vector) => (map | (1 << (vector & 31))) >>> 0, 0);
}
