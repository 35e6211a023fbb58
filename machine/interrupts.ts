/**
 * Dispatches interrupts to handlers. A handler records the event and silences its device. It runs
 * with interrupts disabled and must not allocate. All other work is done in a turn.
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

/** Handles the interrupts of a device. */
export interface InterruptHandler {
  /** Called with interrupts disabled, even if another device on the line raised the interrupt. */
  interrupt(): void;
}

/** The local APIC (Intel SDM vol. 3, chapter 11) and the registers used here. */
const APIC: u64 = 0xfee00000;
const APIC_SPURIOUS: u64 = APIC + 0xf0;
const APIC_LINT0: u64 = APIC + 0x350;
const APIC_LINT1: u64 = APIC + 0x360;
const APIC_ENABLED: u32 = 0x100;
/** Delivery modes: ExtINT (the vector comes from the 8259 pair) and NMI. */
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

/** Initialises the controllers with every line masked. Does not change the processor's IF. */
export function initInterrupts(): void {
  initPic();
  virtualWire();
}

/**
 * Adds a handler for a line and unmasks it. `level` makes the line level-triggered, as PCI lines
 * are. Returns false if the line has too many handlers or is invalid: above 15, or 0 if `level`.
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

/** Handles an interrupt. Vectors that belong to no line are ignored. */
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
    // With no handler to silence it, the device would hold a level-triggered line active forever.
    unclaimed++;
    setLine(line, false);
  }
  endOfInterrupt(line);
}

/** Returns the number of interrupts on a line since boot. */
export function interruptCount(line: u32): u64 {
  return line < LINES ? counts[line] : 0;
}
/** Returns the number of spurious interrupts since boot. */
export function spuriousInterrupts(): u64 {
  return spurious;
}
/** Returns the number of interrupts on lines without a handler; the first one masks the line. */
export function unclaimedInterrupts(): u64 {
  return unclaimed;
}

/**
 * Lets interrupts of the 8259 pair through the local APIC, where firmware may have masked them
 * ("virtual wire mode": MultiProcessor Specification 1.4, section 3.6.2.2).
 */
function virtualWire(): void {
  if ((cpuid(1, 0, 3) & CPUID_APIC) == 0) return;
  const register = mmioRead32(APIC_SPURIOUS);
  // An APIC disabled in its MSR reads as all ones; the pair is then connected directly.
  if (register == 0xffffffff) return;
  // Spurious interrupts of the APIC get the vector of line 15, where `isSpurious` detects them.
  if ((register & APIC_ENABLED) == 0)
    mmioWrite32(APIC_SPURIOUS, APIC_ENABLED | (FIRST_VECTOR + 15));
  if ((mmioRead32(APIC_LINT0) & (APIC_MASKED | EXTERNAL)) != EXTERNAL) {
    mmioWrite32(APIC_LINT0, EXTERNAL);
  }
  if ((mmioRead32(APIC_LINT1) & (APIC_MASKED | EXTERNAL)) != NON_MASKABLE) {
    mmioWrite32(APIC_LINT1, NON_MASKABLE);
  }
}
