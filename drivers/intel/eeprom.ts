/** The hardware address in the EEPROM (SDM 5.3, 5.6.1), for when firmware left none in RAL0. */
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
/** A start bit and opcode 10: read (93C46 Microwire EEPROM). */
const READ: u32 = 0b110;

/**
 * The address, or 0 when the EEPROM does not answer. `bits`: the controller has no read
 * register (82544), so the bits are clocked by hand.
 */
export function readEepromAddress(registers: Registers, bits: bool): u64 {
  let address: u64 = 0;
  for (let word: u32 = 0; word < 3; word++) {
    const value = bits ? readBits(registers, word) : readRegister(registers, word);
    if (value < 0) return 0;
    // The low byte comes first on the wire.
    address = (address << 16) | (bswap<u16>(value as u16) as u64);
  }
  return address;
}

/** One word by EERD (SDM 13.4.4), or -1. */
function readRegister(registers: Registers, word: u32): i32 {
  registers.write(EERD, EERD_START | (word << EERD_ADDRESS_SHIFT));
  for (let i: u32 = 0; i < TRIES; i++) {
    const value = registers.read(EERD);
    if ((value & EERD_DONE) != 0) return (value >>> EERD_DATA_SHIFT) as i32;
    delay(5);
  }
  return -1;
}

/** One word by EECD (SDM 13.4.3), or -1. */
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

/** One clock pulse; answers the bit that the EEPROM put out during it. */
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
