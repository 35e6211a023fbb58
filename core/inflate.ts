/**
 * DEFLATE (RFC 1951), decompressed as it arrives, in pieces of any size. The last 32 KiB of output
 * are both the window that later data refers to and the buffer from which output is taken; when the
 * buffer is full, `run` stops. The error messages are those of zlib.
 */
import {
  buildFixedCodes,
  CODE_LENGTHS,
  DISTANCE_BASE,
  DISTANCES,
  fixedDistances,
  fixedLiterals,
  LENGTH_BASE,
  LENGTH_BITS,
  LITERALS,
  ORDER,
} from "./deflate-codes";
import { HuffmanCode, LONGEST_CODE } from "./huffman";
import { INFLATE_WINDOW_BYTES } from "./limits";

const MASK: u32 = INFLATE_WINDOW_BYTES - 1;
const END_OF_BLOCK: i32 = 256;
/** The work of building the tables of a block; see `run`. */
const TABLE_WORK: u32 = 512;
/** Results of `decode` that are not symbols. */
const NO_INPUT: i32 = -1;
const NO_CODE: i32 = -2;

const enum State {
  BlockHeader = 0,
  StoredHeader = 1,
  Stored = 2,
  TableSizes = 3,
  CodeLengths = 4,
  Lengths = 5,
  Repeat = 6,
  Symbol = 7,
  LengthExtra = 8,
  Distance = 9,
  DistanceExtra = 10,
  Copy = 11,
  Finished = 12,
  Failed = 13,
}

export class Inflate {
  /** Why the data is invalid, in zlib's words; "" while it is valid. */
  error: string = "";
  /** Bytes of output not taken yet. */
  pending: u32 = 0;
  /**
   * Whether the last `run` stopped at a full window or at its limit: it can continue without more
   * input.
   */
  blocked: bool = false;
  /** The work of the last `run`. */
  work: u32 = 0;
  private state: State = State.BlockHeader;
  private readonly window: StaticArray<u8>;
  /** Where the next byte of output goes, and how many bytes before it a distance may reach. */
  private head: u32 = 0;
  private known: u32 = 0;
  private bits: u32 = 0;
  private bitCount: u32 = 0;
  /** The input of the running call. */
  private at: usize = 0;
  private end: usize = 0;
  /** The work of the tables that the running call has built; see TABLE_WORK. */
  private tableWork: u32 = 0;
  private isLast: bool = false;
  private readonly lengths: StaticArray<u8> = new StaticArray<u8>((LITERALS + DISTANCES) as i32);
  private readonly codeLengthCode: HuffmanCode = new HuffmanCode(CODE_LENGTHS);
  /** The codes of dynamic blocks, and those of the current block. */
  private readonly dynamicLiterals: HuffmanCode = new HuffmanCode(LITERALS);
  private readonly dynamicDistances: HuffmanCode = new HuffmanCode(DISTANCES);
  private literals: HuffmanCode = fixedLiterals;
  private distances: HuffmanCode = fixedDistances;
  private literalCount: u32 = 0;
  private distanceCount: u32 = 0;
  private codeLengthCount: u32 = 0;
  /**
   * Code lengths read so far; in a stored block's header, its progress: 1 once aligned, 2 once LEN
   * is read.
   */
  private index: u32 = 0;
  /** The symbol of a length or distance; the bytes left to copy, and how far back they are. */
  private symbol: u32 = 0;
  private left: u32 = 0;
  private distance: u32 = 0;

  constructor() {
    this.window = new StaticArray<u8>(INFLATE_WINDOW_BYTES as i32);
  }

  /** Prepares for another stream; all output must have been taken. */
  reset(): void {
    this.state = State.BlockHeader;
    this.known = 0;
    this.bits = 0;
    this.bitCount = 0;
  }

  get finished(): bool {
    return this.state == State.Finished;
  }

  /** The address of the oldest output, and how many bytes of it are contiguous. */
  outputPointer(): usize {
    return changetype<usize>(this.window) + ((this.head - this.pending) & MASK);
  }
  outputLength(): u32 {
    return min(this.pending, INFLATE_WINDOW_BYTES - ((this.head - this.pending) & MASK));
  }
  /** Drops the oldest `length` bytes of output. */
  take(length: u32): void {
    this.pending -= length;
  }

  /**
   * Decompresses until the input or the window is used up, or the work reaches `limit`. A byte of
   * input or output is one unit of work, a dynamic block TABLE_WORK more; work can exceed `limit`
   * by a window of output and its input. Returns how much input it consumed, and sets `work`.
   */
  run(pointer: usize, length: u32, limit: u32): u32 {
    const pending = this.pending;
    this.at = pointer;
    this.end = pointer + length;
    this.tableWork = 0;
    this.work = 0;
    let more: bool = true;
    while (more && this.state < State.Finished && this.work < limit) {
      more = this.step();
      this.work = this.tableWork + ((this.at - pointer) as u32) + (this.pending - pending);
    }
    this.blocked = this.state < State.Finished && (this.pending > MASK || this.work >= limit);
    return (this.at - pointer) as u32;
  }

  /** Returns false if it needs input or room, or has failed. */
  private step(): bool {
    switch (this.state) {
      case State.BlockHeader:
        return this.blockHeader();
      case State.StoredHeader:
        return this.storedHeader();
      case State.Stored:
        return this.stored();
      case State.TableSizes:
        return this.tableSizes();
      case State.CodeLengths:
        return this.codeLengths();
      case State.Lengths:
        return this.symbolLengths();
      case State.Repeat:
        return this.repeat();
      case State.Symbol:
        return this.nextSymbol();
      case State.LengthExtra:
        return this.lengthExtra();
      case State.Distance:
        return this.distanceSymbol();
      case State.DistanceExtra:
        return this.distanceExtra();
      default:
        return this.copy();
    }
  }

  private fail(error: string): bool {
    this.error = error;
    this.state = State.Failed;
    return false;
  }

  /** Reads input until `count` bits (at most 25) are buffered. Returns false if it runs out. */
  private need(count: u32): bool {
    while (this.bitCount < count) {
      if (this.at == this.end) return false;
      this.bits |= (load<u8>(this.at++) as u32) << this.bitCount;
      this.bitCount += 8;
    }
    return true;
  }

  private drop(count: u32): void {
    this.bits >>>= count;
    this.bitCount -= count;
  }

  /** Returns `count` bits after `need` has returned true. */
  private takeBits(count: u32): u32 {
    const value = this.bits & ((1 << count) - 1);
    this.drop(count);
    return value;
  }

  /** Returns the next symbol; on NO_INPUT, nothing is consumed. */
  private decode(code: HuffmanCode): i32 {
    let value: i32 = 0;
    let first: i32 = 0;
    let index: i32 = 0;
    for (let length: u32 = 1; length <= LONGEST_CODE; length++) {
      if (!this.need(length)) return NO_INPUT;
      value |= ((this.bits >>> (length - 1)) & 1) as i32;
      const count = code.counts[length] as i32;
      if (value - count < first) {
        this.drop(length);
        return code.symbols[index + (value - first)];
      }
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    return NO_CODE;
  }

  private put(byte: u8): void {
    this.window[this.head] = byte;
    this.head = (this.head + 1) & MASK;
    this.pending++;
    if (this.known <= MASK) this.known++;
  }

  private blockHeader(): bool {
    if (!this.need(3)) return false;
    this.isLast = this.takeBits(1) == 1;
    const type = this.takeBits(2);
    if (type == 3) return this.fail("invalid block type");
    if (type == 1) {
      buildFixedCodes();
      this.literals = fixedLiterals;
      this.distances = fixedDistances;
    }
    this.state = type == 0 ? State.StoredHeader : type == 1 ? State.Symbol : State.TableSizes;
    return true;
  }

  /** Ends a block. */
  private endBlock(): bool {
    this.state = this.isLast ? State.Finished : State.BlockHeader;
    return true;
  }

  private storedHeader(): bool {
    // Skip to a byte boundary, then read LEN and NLEN (section 3.2.4).
    if (this.index == 0) {
      this.drop(this.bitCount & 7);
      this.index = 1;
    }
    if (!this.need(16)) return false;
    const value = this.takeBits(16);
    if (this.index == 1) {
      this.left = value;
      this.index = 2;
      return true;
    }
    this.index = 0;
    if ((this.left ^ 0xffff) != value) return this.fail("invalid stored block lengths");
    this.state = State.Stored;
    return true;
  }

  private stored(): bool {
    while (this.left > 0) {
      if (this.pending > MASK || this.at == this.end) return false;
      this.put(load<u8>(this.at++));
      this.left--;
    }
    return this.endBlock();
  }

  private tableSizes(): bool {
    if (!this.need(14)) return false;
    this.literalCount = this.takeBits(5) + 257;
    this.distanceCount = this.takeBits(5) + 1;
    this.codeLengthCount = this.takeBits(4) + 4;
    if (this.literalCount > 286 || this.distanceCount > 30) {
      return this.fail("too many length or distance symbols");
    }
    this.tableWork += TABLE_WORK;
    this.lengths.fill(0);
    this.state = State.CodeLengths;
    return true;
  }

  private codeLengths(): bool {
    while (this.index < this.codeLengthCount) {
      if (!this.need(3)) return false;
      this.lengths[ORDER[this.index++]] = this.takeBits(3) as u8;
    }
    this.index = 0;
    if (!this.codeLengthCode.build(this.lengths, 0, CODE_LENGTHS, false)) {
      return this.fail("invalid code lengths set");
    }
    this.lengths.fill(0);
    this.state = State.Lengths;
    return true;
  }

  private symbolLengths(): bool {
    while (this.index < this.literalCount + this.distanceCount) {
      const symbol = this.decode(this.codeLengthCode);
      if (symbol == NO_INPUT) return false;
      if (symbol == NO_CODE) return this.fail("invalid bit length repeat");
      if (symbol >= 16) {
        this.symbol = symbol;
        this.state = State.Repeat;
        return true;
      }
      this.lengths[this.index++] = symbol as u8;
    }
    this.index = 0;
    return this.buildDynamic();
  }

  /** Repeats the last length (16), or zero (17 and 18). */
  private repeat(): bool {
    const symbol = this.symbol;
    const extra: u32 = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    if (!this.need(extra)) return false;
    const count = this.takeBits(extra) + (symbol == 18 ? 11 : 3);
    const total = this.literalCount + this.distanceCount;
    if ((symbol == 16 && this.index == 0) || this.index + count > total) {
      return this.fail("invalid bit length repeat");
    }
    const length: u8 = symbol == 16 ? this.lengths[this.index - 1] : 0;
    for (let i: u32 = 0; i < count; i++) this.lengths[this.index++] = length;
    this.state = State.Lengths;
    return true;
  }

  private buildDynamic(): bool {
    const lengths = this.lengths;
    if (lengths[END_OF_BLOCK] == 0) return this.fail("invalid code -- missing end-of-block");
    this.literals = this.dynamicLiterals;
    this.distances = this.dynamicDistances;
    if (!this.literals.build(lengths, 0, this.literalCount, true)) {
      return this.fail("invalid literal/lengths set");
    }
    if (!this.distances.build(lengths, this.literalCount, this.distanceCount, true)) {
      return this.fail("invalid distances set");
    }
    this.state = State.Symbol;
    return true;
  }

  /** Decodes literals until a length, the end of the block, a full window or lack of input. */
  private nextSymbol(): bool {
    while (this.pending <= MASK) {
      const symbol = this.decode(this.literals);
      if (symbol == NO_INPUT) return false;
      if (symbol < 0 || symbol > 285) return this.fail("invalid literal/length code");
      if (symbol == END_OF_BLOCK) return this.endBlock();
      if (symbol > END_OF_BLOCK) {
        this.symbol = symbol - 257;
        this.state = State.LengthExtra;
        return true;
      }
      this.put(symbol as u8);
    }
    return false;
  }

  private lengthExtra(): bool {
    const extra = LENGTH_BITS[this.symbol] as u32;
    if (!this.need(extra)) return false;
    this.left = (LENGTH_BASE[this.symbol] as u32) + this.takeBits(extra);
    this.state = State.Distance;
    return true;
  }

  private distanceSymbol(): bool {
    const symbol = this.decode(this.distances);
    if (symbol == NO_INPUT) return false;
    if (symbol < 0 || symbol > 29) return this.fail("invalid distance code");
    this.symbol = symbol;
    this.state = State.DistanceExtra;
    return true;
  }

  private distanceExtra(): bool {
    const symbol = this.symbol;
    const extra: u32 = symbol < 4 ? 0 : (symbol >> 1) - 1;
    if (!this.need(extra)) return false;
    this.distance = (DISTANCE_BASE[symbol] as u32) + this.takeBits(extra);
    if (this.distance > this.known) return this.fail("invalid distance too far back");
    this.state = State.Copy;
    return true;
  }

  private copy(): bool {
    while (this.left > 0) {
      if (this.pending > MASK) return false;
      this.put(this.window[(this.head - this.distance) & MASK]);
      this.left--;
    }
    this.state = State.Symbol;
    return true;
  }
}
