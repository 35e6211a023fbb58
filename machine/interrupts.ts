/**
 * Who is called when a line interrupts. Handlers note what happened and quiet their device;
 * they allocate nothing and run with interrupts off. Everything else is done in a turn.
 */
import { INTERRUPT_HANDLERS } from "../core/limits";
import { cpuid, mmioRead32, mmioWrite32 } from "./host";
import {
  endOfInterrupt,
  FIRST_VECTOR,
  initPic,
  isSpurious,
  LINES,
  setLevelTriggered,
  setLine,
} from "./pic";

export interface InterruptHandler {
  /** Called with interrupts off, perhaps for another device on the same line. */
  interrupt(): void;
}

/** The local APIC (Intel SDM vol. 3, chapter 11): where, and the registers used here. */
const APIC: u64 = 0xfee00000;
const APIC_SPURIOUS: u64 = APIC + 0xf0;
const APIC_LINT0: u64 = APIC + 0x350;
const APIC_LINT1: u64 = APIC + 0x360;
const APIC_ENABLED: u32 = 0x100;
/** Delivery modes: the 8259 pair's own vector, and NMI. */
const EXTERNAL: u32 = 0x700;
const NON_MASKABLE: u32 = 0x400;
const APIC_MASKED: u32 = 0x10000;
const CPUID_APIC: u32 = 1 << 9;

const handlers: StaticArray<InterruptHandler | null> = new StaticArray<InterruptHandler | null>(
  LINES * INTERRUPT_HANDLERS,
);
const counts: StaticArray<u64> = new StaticArray<u64>(LINES);
let spurious: u64 = 0;
let unclaimed: u64 = 0;

/** Controllers initialised, every line masked. Interrupts of the processor stay as they are. */
export function initInterrupts(): void {
  initPic();
  virtualWire();
}

/**
 * Calls `handler` for `line` from now on; `level` as PCI's lines are. False: the line does not
 * exist (firmware writes 0 or 255 where nothing is connected) or is full.
 */
export function connect(line: u32, handler: InterruptHandler, level: bool): bool {
  if (line >= LINES || (level && line == 0)) return false;
  for (let i: u32 = line * INTERRUPT_HANDLERS; i < (line + 1) * INTERRUPT_HANDLERS; i++) {
    if (handlers[i] != null) continue;
    handlers[i] = handler;
    if (level) setLevelTriggered(line);
    setLine(line, true);
    return true;
  }
  return false;
}

/** What the machine's interrupt entry calls. Vectors that are no line's are ignored. */
export function dispatch(vector: u32): void {
  const line = vector - FIRST_VECTOR;
  if (line >= LINES) return;
  if (isSpurious(line)) {
    spurious++;
    return;
  }
  counts[line]++;
  let called = false;
  for (let i: u32 = line * INTERRUPT_HANDLERS; i < (line + 1) * INTERRUPT_HANDLERS; i++) {
    const handler = handlers[i];
    if (handler == null) break;
    handler.interrupt();
    called = true;
  }
  if (!called) {
    // Nobody can quiet whatever this is, and a level would come back for ever.
    unclaimed++;
    setLine(line, false);
  }
  endOfInterrupt(line);
}

/** Interrupts of a line since boot. */
export function interruptCount(line: u32): u64 {
  return line < LINES ? counts[line] : 0;
}
export function spuriousInterrupts(): u64 {
  return spurious;
}
/** Interrupts of lines without a handler; such a line is masked at its first. */
export function unclaimedInterrupts(): u64 {
  return unclaimed;
}

/**
 * Lets the 8259 pair through the local APIC, which firmware may have left closed ("virtual
 * wire mode": MultiProcessor Specification 1.4, section 3.6.2.2).
 */
function virtualWire(): void {
  if ((cpuid(1, 0, 3) & CPUID_APIC) == 0) return;
  const register = mmioRead32(APIC_SPURIOUS);
  // An APIC switched off in its MSR reads as all ones: then the pair is connected directly.
  if (register == 0xffffffff) return;
  // Its own spurious vector is line 15's, whose handler asks the 8259 and ignores it.
  if ((register & APIC_ENABLED) == 0)
    mmioWrite32(APIC_SPURIOUS, APIC_ENABLED | (FIRST_VECTOR + 15));
  if ((mmioRead32(APIC_LINT0) & (APIC_MASKED | EXTERNAL)) != EXTERNAL) {
    mmioWrite32(APIC_LINT0, EXTERNAL);
  }
  if ((mmioRead32(APIC_LINT1) & (APIC_MASKED | EXTERNAL)) != NON_MASKABLE) {
    mmioWrite32(APIC_LINT1, NON_MASKABLE);
  }
}
