/**
 * Dispatches interrupts to handlers. A handler records the event and silences its device. It runs
 * with interrupts disabled and must not allocate. All other work is done in a turn.
 *
 *     32 ... 47   the lines of the 8259 pair
 *     48 ...      what the local APIC delivers: messages of devices
 *     255         spurious interrupts of the local APIC
 */
import { APIC_VECTORS, INTERRUPT_HANDLERS } from "../core/limits";
import { acceptsMessages, endOfMessage, initLocalApic, SPURIOUS_VECTOR } from "./local-apic";
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

/** How an interrupt reaches the processor. */
export const enum InterruptKind {
  None,
  /** A line of the 8259 pair. */
  Pic,
  /** A message of a PCI function, by either of its capabilities. */
  Msi,
  MsiX,
}

/** Returns the name of a kind, as Linux prints it. */
export function interruptKindName(kind: InterruptKind): string {
  if (kind == InterruptKind.Msi) return "PCI-MSI";
  if (kind == InterruptKind.MsiX) return "PCI-MSIX";
  return kind == InterruptKind.Pic ? "XT-PIC" : "none";
}

/** One slot for each vector from FIRST_VECTOR on: lines, then vectors of the local APIC. */
const SLOTS: u32 = LINES + APIC_VECTORS;

const handlers: StaticArray<InterruptHandler | null> = new StaticArray<InterruptHandler | null>(
  SLOTS * INTERRUPT_HANDLERS,
);
const counts: StaticArray<u64> = new StaticArray<u64>(SLOTS);
let spurious: u64 = 0;
let unclaimed: u64 = 0;

/** Initialises the controllers with every line masked. Does not change the processor's IF. */
export function initInterrupts(): void {
  initPic();
  initLocalApic();
}

/**
 * Adds a handler for a line and unmasks it. `level` makes the line level-triggered, as PCI lines
 * are. Returns false if the line has too many handlers or is invalid: above 15, or 0 if `level`.
 */
export function connect(line: u32, handler: InterruptHandler, level: bool): bool {
  if (line >= LINES || (level && line == 0) || !addHandler(line, handler)) return false;
  if (level) setLevelTriggered(line);
  setLine(line, true);
  return true;
}

/**
 * Reserves a vector for messages of a device, to be sent to `messageAddress()`. Returns 0 if no
 * vector is left, or if the processor does not accept messages.
 */
export function connectMessage(handler: InterruptHandler): u32 {
  if (!acceptsMessages()) return 0;
  for (let slot = LINES; slot < SLOTS; slot++) {
    if (handlers[slot * INTERRUPT_HANDLERS] != null) continue;
    addHandler(slot, handler);
    return FIRST_VECTOR + slot;
  }
  return 0;
}

/** Releases a vector that `connectMessage` has returned, which no device uses. */
export function disconnectMessage(vector: u32): void {
  handlers[(vector - FIRST_VECTOR) * INTERRUPT_HANDLERS] = null;
}

function addHandler(slot: u32, handler: InterruptHandler): bool {
  for (let i: u32 = slot * INTERRUPT_HANDLERS; i < (slot + 1) * INTERRUPT_HANDLERS; i++) {
    if (handlers[i] != null) continue;
    handlers[i] = handler;
    return true;
  }
  return false;
}

/** Handles an interrupt. */
export function dispatch(vector: u32): void {
  if (vector < FIRST_VECTOR) return;
  const slot = vector - FIRST_VECTOR;
  if (slot < LINES) dispatchLine(slot);
  else if (vector == SPURIOUS_VECTOR) spurious++;
  else {
    if (slot >= SLOTS || !callHandlers(slot)) unclaimed++;
    endOfMessage();
  }
}

function dispatchLine(line: u32): void {
  if (isSpurious(line)) {
    spurious++;
    return;
  }
  if (!callHandlers(line)) {
    // With no handler to silence it, the device would hold a level-triggered line active forever.
    unclaimed++;
    setLine(line, false);
  }
  endOfInterrupt(line);
}

/** Counts an interrupt and calls its handlers. Returns false if it has none. */
function callHandlers(slot: u32): bool {
  counts[slot]++;
  let called = false;
  for (let i: u32 = slot * INTERRUPT_HANDLERS; i < (slot + 1) * INTERRUPT_HANDLERS; i++) {
    const handler = handlers[i];
    if (handler == null) break;
    handler.interrupt();
    called = true;
  }
  return called;
}

/** Returns the number of interrupts on a line since boot. */
export function interruptCount(line: u32): u64 {
  return line < LINES ? counts[line] : 0;
}
/** Returns the number of spurious interrupts since boot. */
export function spuriousInterrupts(): u64 {
  return spurious;
}
/** Returns the number of interrupts without a handler; the first one masks a line. */
export function unclaimedInterrupts(): u64 {
  return unclaimed;
}
