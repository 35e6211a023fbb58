/** Reads the hardware address from the EEPROM (SDM 5.3, 5.6.1), for use if RAL0 holds none. */
import { delay } from "../../machine/delay";
import { Chip } from "./chip";
import {
  EECD,
  EECD_CS,
  EECD_DI,
  EECD_DO,
  EECD_GNT,
  EECD_REQ,
  EECD_SK,
  EERD,
  EERD_82574_ADDRESS_SHIFT,
  EERD_82574_DONE,
  EERD_ADDRESS_SHIFT,
  EERD_DATA_SHIFT,
  EERD_DONE,
  EERD_START,
  Registers,
} from "./registers";

/** Reads of a status bit, 5 microseconds apart, before giving up. */
const TRIES: u32 = 1000;
/** The READ command of a 93C46 Microwire EEPROM: a start bit, then opcode 10. */
const READ: u32 = 0b110;

/**
 * Returns the hardware address, as `loadNet48` does, or 0 if the EEPROM does not answer.
 * An 82544, which has no read register, is clocked bit by bit.
 */
export function readEepromAddress(registers: Registers, chip: Chip): u64 {
  let address: u64 = 0;
  for (let word: u32 = 0; word < 3; word++) {
    const bitwise = chip == Chip.I82544;
    const value = bitwise ? readBits(registers, word) : readRegister(registers, word, chip);
    if (value < 0) return 0;
    // The low byte of each word is first on the wire.
    address = (address << 16) | (bswap<u16>(value as u16) as u64);
  }
  return address;
}

/** Returns a word read through EERD (SDM 13.4.4; DS: EERD), or -1 if the read does not finish. */
function readRegister(registers: Registers, word: u32, chip: Chip): i32 {
  const shift = chip == Chip.I82574 ? EERD_82574_ADDRESS_SHIFT : EERD_ADDRESS_SHIFT;
  const done = chip == Chip.I82574 ? EERD_82574_DONE : EERD_DONE;
  registers.write(EERD, EERD_START | (word << shift));
  for (let i: u32 = 0; i < TRIES; i++) {
    const value = registers.read(EERD);
    if ((value & done) != 0) return (value >>> EERD_DATA_SHIFT) as i32;
    delay(5);
  }
  return -1;
}

/** Returns a word clocked through EECD (SDM 13.4.3), or -1 if access is not granted. */
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

/** Pulses the clock once, with `lines` on EECD. Returns the bit that the EEPROM drives on DO. */
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
