/** The two 8259A interrupt controllers (Intel 8259A data sheet): lines 0..15 at vectors 32..47. */
import { delay } from "./delay";
import { in8, out8 } from "./host";

/** The vector of line 0. */
export const FIRST_VECTOR: u32 = 32;
export const LINES: u32 = 16;

const MASTER: u32 = 0x20;
const MASTER_MASK: u32 = 0x21;
const SLAVE: u32 = 0xa0;
const SLAVE_MASK: u32 = 0xa1;
/** Edge/level control registers (Intel PIIX3): a set bit makes a line level-triggered. */
const EDGE_LEVEL: u32 = 0x4d0;
/** Lines that must stay edge-triggered: timer, keyboard, cascade, RTC, floating point. */
const ALWAYS_EDGE: u32 = 0x2107;
/** The line that the second controller is connected to. */
const CASCADE: u32 = 2;

const END_OF_INTERRUPT: u32 = 0x20;
const READ_IN_SERVICE: u32 = 0x0b;

/** A set bit masks a line. */
let mask: u32 = 0xffff;

/**
 * Initialises both controllers; masks all but the cascade ("Initialization Command Words"). Returns
 * false if there are none, as on some virtual machines: their mask cannot be read back.
 */
export function initPic(): bool {
  // ICW1: edge-triggered, cascade, ICW4 follows.
  write(MASTER, 0x11);
  write(SLAVE, 0x11);
  // ICW2: the first vector.
  write(MASTER_MASK, FIRST_VECTOR);
  write(SLAVE_MASK, FIRST_VECTOR + 8);
  // ICW3: the cascade.
  write(MASTER_MASK, 1 << CASCADE);
  write(SLAVE_MASK, CASCADE);
  // ICW4: 8086 mode, explicit end of interrupt.
  write(MASTER_MASK, 0x01);
  write(SLAVE_MASK, 0x01);
  mask = 0xffff & ~(1 << CASCADE);
  out8(MASTER_MASK, mask & 255);
  out8(SLAVE_MASK, mask >>> 8);
  return in8(MASTER_MASK) == (mask & 255);
}

function write(port: u32, value: u32): void {
  out8(port, value);
  delay(1);
}

/** Unmasks (`on`) or masks a line. */
export function setLine(line: u32, on: bool): void {
  const bit = (1 as u32) << line;
  mask = on ? mask & ~bit : mask | bit;
  if (line < 8) out8(MASTER_MASK, mask & 255);
  else out8(SLAVE_MASK, mask >>> 8);
}

/** Makes a line level-triggered, as PCI's are, unless it must stay edge-triggered. */
export function setLevelTriggered(line: u32): void {
  if (((ALWAYS_EDGE >> line) & 1) != 0) return;
  const port = EDGE_LEVEL + (line >>> 3);
  const old = in8(port);
  const bit = (1 as u32) << (line & 7);
  if ((old & bit) == 0) out8(port, old | bit);
}

/**
 * Reports whether an interrupt on line 7 or 15 is spurious: the request ended before it was
 * acknowledged ("Edge and Level Triggered Modes"). If line 15's is spurious, ends the cascade
 * interrupt of the first controller.
 */
export function isSpurious(line: u32): bool {
  if (line != 7 && line != 15) return false;
  const port = line == 7 ? MASTER : SLAVE;
  out8(port, READ_IN_SERVICE);
  if ((in8(port) & 0x80) != 0) return false;
  if (line == 15) out8(MASTER, END_OF_INTERRUPT);
  return true;
}

/** Ends the interrupt on a line, so that others can occur. */
export function endOfInterrupt(line: u32): void {
  if (line >= 8) out8(SLAVE, END_OF_INTERRUPT);
  out8(MASTER, END_OF_INTERRUPT);
}
