/** The EEPROM of an 8254x: 64 words, read through EERD or bit by bit (93C46 Microwire). */

const [CLOCK, SELECT, DATA_IN, DATA_OUT, REQUEST, GRANT] = [1, 2, 4, 8, 0x40, 0x80];
/** Start bit, opcode 10, six bits of address. */
const COMMAND_BITS = 9;

export class Eeprom {
  readonly words = new Uint16Array(64);
  private lines = 0;
  private command = 0;
  private bits = 0;
  private output = 0;

  constructor(mac: number[]) {
    for (let i = 0; i < 3; i++) this.words[i] = mac[2 * i] | (mac[2 * i + 1] << 8);
    // The words add up to 0xbaba (SDM 5.6.35).
    this.words[63] = 0xbaba - this.words.reduce((sum, word) => sum + word, 0);
  }

  /** Returns what EERD holds after `value` was written to it; an 82574 has its own format. */
  read(value: number, is82574 = false): number {
    if ((value & 1) === 0) return value;
    const [shift, done] = is82574 ? [2, 0x02] : [8, 0x10];
    const address = (value >> shift) & 0xff;
    return (this.words[address & 63] << 16) | (address << shift) | done;
  }

  readLines(): number {
    const grant = this.lines & REQUEST ? GRANT : 0;
    return this.lines | grant | (this.output ? DATA_OUT : 0);
  }

  writeLines(value: number): void {
    const rose = value & ~this.lines;
    this.lines = value & (CLOCK | SELECT | DATA_IN | REQUEST);
    if ((value & SELECT) === 0 || rose & SELECT) {
      this.command = 0;
      this.bits = 0;
      return;
    }
    if ((rose & CLOCK) === 0 || (value & REQUEST) === 0) return;
    if (this.bits < COMMAND_BITS) {
      this.command = (this.command << 1) | (value & DATA_IN ? 1 : 0);
      this.bits++;
      return;
    }
    if (this.command >> 6 !== 0b110) throw new Error("93C46: not a read");
    const bit = this.bits++ - COMMAND_BITS;
    this.output = (this.words[this.command & 63] >> (15 - (bit & 15))) & 1;
  }
}
