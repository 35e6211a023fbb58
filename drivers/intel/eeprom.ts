/** Reads the hardware address from the EEPROM (SDM 5.3, 5.6.1), for when RAL0 has none. */
import { delay } from "../../machine/delay";
import {
  EECD,
  EECD_CS,
  EECD_DI,
  EECD_DO,
  EECD_GNT,
  EECD_REQ,
  EECD_SK,
  EERD,
  EERD_ADDRESS_SHIFT,
  EERD_DATA_SHIFT,
  EERD_DONE,
  EERD_START,
  Registers,
} from "./registers";

const TRIES: u32 = 1000;
/** A start bit and opcode 10, read (93C46 Microwire EEPROM). */
const READ: u32 = 0b110;

/**
 * The hardware address, or 0 if the EEPROM does not answer. With `bits` the EEPROM is clocked bit
 * by bit, for controllers without a read register (82544).
 */
export function readEepromAddress(registers: Registers, bits: bool): u64 {
  let address: u64 = 0;
  for (let word: u32 = 0; word < 3; word++) {
    const value = bits ? readBits(registers, word) : readRegister(registers, word);
    if (value < 0) return 0;
    // The low byte of each word is first on the wire.
    address = (address << 16) | (bswap<u16>(value as u16) as u64);
  }
  return address;
}

/** Reads a word through EERD (SDM 13.4.4), or returns -1. */
function readRegister(registers: Registers, word: u32): i32 {
  registers.write(EERD, EERD_START | (word << EERD_ADDRESS_SHIFT));
  for (let i: u32 = 0; i < TRIES; i++) {
    const value = registers.read(EERD);
    if ((value & EERD_DONE) != 0) return (value >>> EERD_DATA_SHIFT) as i32;
    delay(5);
  }
  return -1;
}

/** Reads a word through EECD (SDM 13.4.3), or returns -1. */
function readBits(registers: Registers, word: u32): i32 {
  const idle = registers.read(EECD) & ~(EECD_SK | EECD_CS | EECD_DI | EECD_REQ);
  registers.write(EECD, idle | EECD_REQ);
  for (let i: u32 = 0; (registers.read(EECD) & EECD_GNT) == 0; i++) {
    if (i == TRIES) {
      registers.write(EECD, idle);
      return -1;
    }
    delay(5);
  }
  const selected = idle | EECD_REQ | EECD_CS;
  registers.write(EECD, selected);
  const command = (READ << 6) | word;
  for (let bit = 8; bit >= 0; bit--) {
    clockBit(registers, selected | (((command >> bit) & 1) != 0 ? EECD_DI : 0));
  }
  let value: i32 = 0;
  for (let bit = 0; bit < 16; bit++) value = (value << 1) | clockBit(registers, selected);
  registers.write(EECD, idle);
  return value;
}

/** Makes one clock pulse. Returns the bit that the EEPROM put out. */
function clockBit(registers: Registers, lines: u32): i32 {
  registers.write(EECD, lines);
  delay(2);
  registers.write(EECD, lines | EECD_SK);
  delay(2);
  const bit = (registers.read(EECD) & EECD_DO) != 0 ? 1 : 0;
  registers.write(EECD, lines);
  delay(2);
  return bit;
}
