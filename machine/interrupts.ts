/**
 * Dispatches interrupts to handlers. A handler records the event and silences its device. It runs
 * with interrupts disabled and must not allocate. All other work is done in a turn.
 *
 *     32 ... 47   the lines of the 8259 pair
 *     48 ...      what the local APIC delivers: messages of devices, inputs of IO-APICs
 *     255         spurious interrupts of the local APIC
 */
import { APIC_VECTORS, INTERRUPT_HANDLERS } from "../core/limits";
import { IoApics } from "./io-apic";
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
import { TRIGGER_LEVEL, Trigger } from "./trigger";

/** Handles the interrupts of a device. */
export interface InterruptHandler {
  /** Called with interrupts disabled, even if another device on the line raised the interrupt. */
  interrupt(): void;
  /** The name of the device, for the list of interrupts. */
  interruptName(): string;
}

/** How an interrupt reaches the processor. */
export const enum InterruptKind {
  None,
  /** A line of the 8259 pair. */
  Pic,
  /** An input of an IO-APIC. */
  IoApic,
  /** A message of a PCI function, by either of its capabilities. */
  Msi,
  MsiX,
}

/** Returns the name of a kind, as Linux prints it. */
export function interruptKindName(kind: InterruptKind): string {
  if (kind == InterruptKind.Msi) return "PCI-MSI";
  if (kind == InterruptKind.MsiX) return "PCI-MSIX";
  if (kind == InterruptKind.IoApic) return "IO-APIC";
  return kind == InterruptKind.Pic ? "XT-PIC" : "none";
}

/** One slot for each vector from FIRST_VECTOR on: lines, then vectors of the local APIC. */
const SLOTS: u32 = LINES + APIC_VECTORS;
/** The input of an IO-APIC that usually has ISA's line 0. */
const TIMER_INPUT: u32 = 2;

const handlers: StaticArray<InterruptHandler | null> = new StaticArray<InterruptHandler | null>(
  SLOTS * INTERRUPT_HANDLERS,
);
const counts: StaticArray<u64> = new StaticArray<u64>(SLOTS);
const kinds: StaticArray<InterruptKind> = new StaticArray<InterruptKind>(SLOTS);
/** The line, the global number of an IO-APIC's input, or the vector of a message. */
const numbers: StaticArray<u32> = new StaticArray<u32>(SLOTS);
let spurious: u64 = 0;
let unclaimed: u64 = 0;
let hasPic: bool = true;
/** Found when first needed. */
let ioApics: IoApics | null = null;

/** Initialises the controllers with every line masked. Does not change the processor's IF. */
export function initInterrupts(): void {
  hasPic = initPic();
  initLocalApic();
  ioApics = null;
}

/**
 * Adds a handler for a line and unmasks it. Lines up to 15 are those of ISA, at the 8259 pair if
 * there is one; others are global numbers of inputs of IO-APICs. Returns how the line is connected:
 * `None` if it does not exist or has too many handlers. Firmware sets a device's line to 255 or 0
 * if there is none, so these are not connected either, except for an edge on line 0, the timer's.
 */
export function connect(line: u32, handler: InterruptHandler, trigger: Trigger): InterruptKind {
  const level = (trigger & TRIGGER_LEVEL) != 0;
  if (line == 255 || (level && line == 0)) return InterruptKind.None;
  if (line >= LINES || !hasPic) return connectInput(line, handler, trigger);
  if (!addHandler(line, handler)) return InterruptKind.None;
  kinds[line] = InterruptKind.Pic;
  numbers[line] = line;
  if (level) setLevelTriggered(line);
  setLine(line, true);
  return InterruptKind.Pic;
}

/** Connects an input of an IO-APIC, which devices may share. */
function connectInput(line: u32, handler: InterruptHandler, usual: Trigger): InterruptKind {
  if (ioApics == null) ioApics = new IoApics();
  const found = ioApics!;
  const global = line < LINES ? found.globalOf(line) : line;
  const trigger = line < LINES ? found.triggerOf(line, usual) : usual;
  for (let slot = LINES; slot < SLOTS; slot++) {
    if (kinds[slot] != InterruptKind.IoApic || numbers[slot] != global) continue;
    return addHandler(slot, handler) ? InterruptKind.IoApic : InterruptKind.None;
  }
  const slot = freeSlot();
  if (slot == 0 || !found.route(global, FIRST_VECTOR + slot, trigger)) return InterruptKind.None;
  // QEMU's microvm wires the timer to input 2, as is usual, but its MADT does not say so.
  if (line == 0 && global == 0) found.route(TIMER_INPUT, FIRST_VECTOR + slot, trigger);
  addHandler(slot, handler);
  kinds[slot] = InterruptKind.IoApic;
  numbers[slot] = global;
  return InterruptKind.IoApic;
}

/**
 * Reserves a vector for messages of a device, to be sent to `messageAddress()`. Returns 0 if no
 * vector is left, or if the processor does not accept messages.
 */
export function connectMessage(handler: InterruptHandler, kind: InterruptKind): u32 {
  const slot = acceptsMessages() ? freeSlot() : 0;
  if (slot == 0) return 0;
  addHandler(slot, handler);
  kinds[slot] = kind;
  numbers[slot] = FIRST_VECTOR + slot;
  return FIRST_VECTOR + slot;
}

/** Releases a vector that `connectMessage` has returned, which no device uses. */
export function disconnectMessage(vector: u32): void {
  handlers[(vector - FIRST_VECTOR) * INTERRUPT_HANDLERS] = null;
  kinds[vector - FIRST_VECTOR] = InterruptKind.None;
}

/** Returns an unused slot of the local APIC, or 0. */
function freeSlot(): u32 {
  for (let slot = LINES; slot < SLOTS; slot++) {
    if (kinds[slot] == InterruptKind.None) return slot;
  }
  return 0;
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

/** An interrupt that is in use, for the user. */
class ConnectedInterrupt {
  /** The names of its handlers. */
  readonly names: Array<string> = [];

  constructor(
    readonly number: u32,
    readonly kind: InterruptKind,
    /** Interrupts since boot. */
    readonly count: u64,
  ) {}
}

/** Returns the interrupts in use, by vector. */
export function connectedInterrupts(): Array<ConnectedInterrupt> {
  const found: Array<ConnectedInterrupt> = [];
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (kinds[slot] == InterruptKind.None) continue;
    const one = new ConnectedInterrupt(numbers[slot], kinds[slot], counts[slot]);
    for (let i: u32 = slot * INTERRUPT_HANDLERS; i < (slot + 1) * INTERRUPT_HANDLERS; i++) {
      const handler = handlers[i];
      if (handler != null) one.names.push(handler.interruptName());
    }
    found.push(one);
  }
  return found;
}

/** Returns the number of interrupts on a line since boot. */
export function interruptCount(line: u32): u64 {
  return line < LINES ? counts[line] : 0;
}
/** Returns the number of spurious interrupts since boot. */
export function spuriousInterrupts(): u64 {
  return spurious;
}
/** Returns the number of interrupts without a handler; the first one on a line masks the line. */
export function unclaimedInterrupts(): u64 {
  return unclaimed;
}
