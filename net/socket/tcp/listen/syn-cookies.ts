/**
 * SYN cookies (RFC 4987 section 3.6): an initial sequence number that a listener recognizes in the
 * last ACK of a handshake, so that nothing need be remembered about the SYN. Options are carried in
 * the lowest bits of the timestamp that the peer echoes; without timestamps there are none.
 *
 *      31     27 26   24 23                               0
 *     ┌─────────┬───────┬──────────────────────────────────┐
 *     │ period  │ size  │ hash of all this, ends and IRS   │
 *     └─────────┴───────┴──────────────────────────────────┘
 */
import { Random } from "../../../../core/random";
import { siphash } from "../../../../core/siphash";
import { SECOND } from "../../../../core/time";
import { TcpOptions } from "../../../wire/tcp-options";
import { ENDPOINTS_BYTES, Endpoints } from "../../endpoints";
import { before } from "../sequence";
import { SEGMENT_SIZE_DEFAULT, SEGMENT_SIZE_MINIMUM } from "../timing";

/** A cookie is valid in its period and in the next one. */
const PERIOD: i64 = 64 * SECOND;
/** The age in microseconds at which no cookie is valid any more. */
export const COOKIE_LIFETIME: i64 = 2 * PERIOD;
const PERIOD_SHIFT: u32 = 27;
const SIZE_SHIFT: u32 = 24;
const HASH_MASK: u32 = 0x00ff_ffff;
/** The segment sizes that a cookie's three bits can express. */
const SIZES: StaticArray<u32> = [
  SEGMENT_SIZE_MINIMUM,
  SEGMENT_SIZE_DEFAULT,
  1220,
  1300,
  1400,
  1440,
  1452,
  1460,
];

// The options in a timestamp: the peer's window shift or NO_SHIFT, SACK, and ECN.
const SHIFT_BITS: u32 = 15;
export const NO_SHIFT: u32 = 15;
const SELECTIVE: u32 = 16;
const ECN: u32 = 32;
const OPTION_BITS: u32 = 63;

/** The ends, IRS, and the upper eight bits of the cookie with the number of the period. */
const INPUT_BYTES: u32 = ENDPOINTS_BYTES + 12;

export class SynCookies {
  private readonly key0: u64;
  private readonly key1: u64;
  private readonly input: StaticArray<u8> = new StaticArray<u8>(INPUT_BYTES as i32);

  /** Draws the secret: a new one each time the kernel starts. */
  constructor(random: Random) {
    this.key0 = ((random.next32() as u64) << 32) | (random.next32() as u64);
    this.key1 = ((random.next32() as u64) << 32) | (random.next32() as u64);
  }

  /**
   * Returns the cookie for a SYN numbered `initial` that announced `segmentSize` (0 if it announced
   * none).
   */
  make(ends: Endpoints, initial: u32, segmentSize: u32, now: i64): u32 {
    const wanted = segmentSize == 0 ? SEGMENT_SIZE_DEFAULT : segmentSize;
    let index = SIZES.length - 1;
    while (index > 0 && SIZES[index] > wanted) index--;
    return this.cookie(ends, initial, index, now / PERIOD);
  }

  /**
   * Returns the segment size of the SYN numbered `initial` that was answered with `cookie`, or 0 if
   * none was, or too long ago.
   */
  check(ends: Endpoints, initial: u32, cookie: u32, now: i64): u32 {
    const current = now / PERIOD;
    const age = ((current as u32) - (cookie >>> PERIOD_SHIFT)) & 31;
    if (age > 1) return 0;
    const index = (cookie >>> SIZE_SHIFT) & 7;
    const valid = this.cookie(ends, initial, index, current - age) == cookie;
    return valid ? SIZES[index] : 0;
  }

  private cookie(ends: Endpoints, initial: u32, index: u32, period: i64): u32 {
    const input = changetype<usize>(this.input);
    const upper = ((period as u32) << PERIOD_SHIFT) | (index << SIZE_SHIFT);
    memory.copy(input, ends.pointer, ENDPOINTS_BYTES);
    store<u32>(input + ENDPOINTS_BYTES, initial);
    store<u32>(input + ENDPOINTS_BYTES, upper, 4);
    store<u32>(input + ENDPOINTS_BYTES, period as u32, 8);
    const hash = siphash(this.key0, this.key1, input, INPUT_BYTES) as u32;
    return upper | (hash & HASH_MASK);
  }
}

/**
 * Returns the bits of the options that a SYN offered and this host accepts: `shift` of the peer's
 * windows, or NO_SHIFT without window scaling; `selective` for SACK, `withEcn` for ECN.
 */
export function optionBits(shift: u32, selective: bool, withEcn: bool): u32 {
  return shift | (selective ? SELECTIVE : 0) | (withEcn ? ECN : 0);
}

/** Returns the latest timestamp with these bits that is not after `clock`. */
export function timestampWith(clock: u32, bits: u32): u32 {
  const timestamp = (clock & ~OPTION_BITS) | bits;
  return before(clock, timestamp) ? timestamp - OPTION_BITS - 1 : timestamp;
}

/** Sets `options` to those in the lowest bits of an echoed timestamp, and the segment size. */
export function takeOptions(options: TcpOptions, segmentSize: u32, echo: u32): void {
  const shift = echo & SHIFT_BITS;
  const scaled = shift != NO_SHIFT;
  options.restore(segmentSize, scaled, scaled ? shift : 0, (echo & SELECTIVE) != 0);
}

/** Reports whether the lowest bits of an echoed timestamp stand for ECN. */
export function carriesEcn(echo: u32): bool {
  return (echo & ECN) != 0;
}
