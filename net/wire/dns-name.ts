/**
 * Domain names in messages (RFC 1035 sections 3.1 and 4.1.4), parsed as RFC 9267 recommends.
 *
 *     ├ length 1..63 ├ bytes ┤ ... ├ 0 ┤           labels to the root
 *     ├ 11 ├ offset, 14 bits ┤                     or, at the end: a pointer to the rest
 *
 * Pointers divide a name into pieces. A pointer must point before the start of the piece that it
 * ends, so loops are impossible; the numbers of pieces, labels and bytes are bounded too. Names are
 * returned in a canonical form: lower case (RFC 4343), a dot between labels and none at the end,
 * with spaces, unprintable bytes, and dots and backslashes within labels escaped. Equal names are
 * equal strings.
 */

/** The longest name, with its length bytes and the root (RFC 1035 section 2.3.4). */
const DNS_NAME_BYTES: u32 = 255;
/** The longest label. */
export const DNS_LABEL_BYTES: u32 = 63;
/** The most pointers in a name: as many as it can have labels. */
const LONGEST_CHAIN: u32 = 127;
/** The longest name as text: each byte may be escaped to four characters. */
const TEXT_BYTES: u32 = DNS_NAME_BYTES * 4;

/** Returned by `DnsName.read` for a malformed name. */
export const BAD_NAME: i32 = -1;

/** Reads names, one at a time, into its own buffer. */
export class DnsName {
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(TEXT_BYTES as i32);
  private length: u32 = 0;

  /** With `keepCase`, names keep the case of their letters and are not in canonical form. */
  constructor(private readonly keepCase: bool = false) {}

  /**
   * Reads the name at `offset` of a message of `size` bytes. A pointer to below `floor` is an
   * error. Returns the offset after the name, or BAD_NAME.
   */
  read(message: usize, size: u32, offset: u32, floor: u32): i32 {
    let at = offset;
    let piece = offset;
    let after: i32 = BAD_NAME;
    let bytes: u32 = 1;
    let jumps: u32 = 0;
    this.length = 0;
    while (at < size) {
      const first = load<u8>(message + at) as u32;
      if (first == 0) return after == BAD_NAME ? ((at + 1) as i32) : after;
      if (first <= DNS_LABEL_BYTES) {
        bytes += first + 1;
        if (bytes > DNS_NAME_BYTES || at + 1 + first > size) return BAD_NAME;
        this.addLabel(message + at + 1, first);
        at += first + 1;
      } else {
        if (first >> 6 != 3 || at + 2 > size || ++jumps > LONGEST_CHAIN) return BAD_NAME;
        const target = ((first & 0x3f) << 8) | (load<u8>(message + at + 1) as u32);
        if (target >= piece || target < floor) return BAD_NAME;
        if (after == BAD_NAME) after = (at + 2) as i32;
        at = target;
        piece = target;
      }
    }
    return BAD_NAME;
  }

  /** Returns the name that was read last; "." for the root. */
  text(): string {
    if (this.length == 0) return ".";
    return String.UTF8.decodeUnsafe(changetype<usize>(this.buffer), this.length as usize);
  }

  private addLabel(pointer: usize, length: u32): void {
    if (this.length > 0) this.add(0x2e);
    for (let i: u32 = 0; i < length; i++) {
      const byte = load<u8>(pointer + i) as u32;
      if (!this.keepCase && byte >= 0x41 && byte <= 0x5a) {
        this.add(byte + 0x20);
      } else if (byte == 0x2e || byte == 0x5c) {
        this.add(0x5c);
        this.add(byte);
      } else if (byte > 0x20 && byte < 0x7f) {
        this.add(byte);
      } else {
        this.add(0x5c);
        this.add(0x30 + byte / 100);
        this.add(0x30 + ((byte / 10) % 10));
        this.add(0x30 + (byte % 10));
      }
    }
  }

  private add(character: u32): void {
    this.buffer[this.length++] = character as u8;
  }
}

/** Reports whether `name` is `zone` or below it, both in canonical form. */
export function isWithin(name: string, zone: string): bool {
  if (zone == "." || name == zone) return true;
  if (!name.endsWith("." + zone)) return false;
  // An odd number of backslashes escapes the dot, which is then part of a label.
  const dot = name.length - zone.length - 1;
  let at = dot;
  while (at > 0 && name.charCodeAt(at - 1) == 0x5c) at--;
  return ((dot - at) & 1) == 0;
}

/**
 * Writes a name whose labels consist of letters, digits, '-' and '_', without a dot at its end, to
 * `pointer`, which has room for its length + 2 bytes; "" is the root. Returns the number of bytes
 * written.
 */
export function emitDnsName(pointer: usize, name: string): u32 {
  let lengthAt: u32 = 0;
  let at: u32 = 1;
  if (name.length == 0) {
    store<u8>(pointer, 0);
    return 1;
  }
  for (let i = 0; i <= name.length; i++) {
    const code = i < name.length ? name.charCodeAt(i) : 0x2e;
    if (code == 0x2e) {
      store<u8>(pointer + lengthAt, (at - lengthAt - 1) as u8);
      lengthAt = at++;
    } else {
      store<u8>(pointer + at++, code as u8);
    }
  }
  store<u8>(pointer + lengthAt, 0);
  return at;
}
