/**
 * What Fast Open (RFC 7413) means for one connection: the option and the data of its first SYN, on
 * either side, and whether data flows before the handshake is over.
 */
import { COOKIE_MAXIMUM } from "../../../wire/tcp-options";

@unmanaged
export class FastOpen {
  /** The cookie, with room for COOKIE_MAXIMUM bytes. */
  cookieHigh: u64;
  cookieLow: u64;
  cookieBytes: u32;
  /** Whether the first SYN or SYN,ACK has the option: with a cookie, or as a request for one. */
  offered: bool;
  experimental: bool;
  /**
   * Whether a peer's SYN with a valid cookie has opened the connection: in SYN-RECEIVED, it is
   * already at its user, and carries data both ways.
   */
  early: bool;
  /** Whether it counts as pending at its listener. */
  pending: bool;
  /** Whether the first SYN can carry data, for which it waits. */
  deferred: bool;
  /** The most bytes of data that the first SYN can carry. */
  room: u32;
  /** The bytes of data that the first SYN carried. */
  sentBytes: u32;
  /** Whether the first SYN carried the option or data. */
  tried: bool;
  /** Whether the peer has acknowledged all data of the SYN, or data of its SYN was accepted. */
  accepted: bool;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): FastOpen {
    assert(COOKIE_MAXIMUM == 16, "a cookie must fit two words");
    return changetype<FastOpen>(memory);
  }

  /** The address of the cookie. */
  get cookie(): usize {
    return changetype<usize>(this);
  }

  /** Whether data may be written and read, although the handshake is not over. */
  get usable(): bool {
    return this.early || this.deferred;
  }

  /** Makes the first SYN request a cookie. */
  request(experimental: bool): void {
    this.offered = true;
    this.experimental = experimental;
  }

  /** Puts the `bytes` bytes at `cookie` into the first SYN or SYN,ACK. */
  offer(cookie: usize, bytes: u32, experimental: bool): void {
    memory.copy(this.cookie, cookie, bytes);
    this.cookieBytes = bytes;
    this.offered = true;
    this.experimental = experimental;
  }

  /** Makes the first SYN wait for data, of which it can carry `room` bytes. */
  defer(room: u32): void {
    this.deferred = true;
    this.room = room;
  }

  /** Lets the first SYN be sent without data. */
  release(): void {
    this.room = 0;
  }

  /** The first SYN of a connection that this host opens was sent, with `bytes` bytes of data. */
  sentSyn(bytes: u32): void {
    this.sentBytes = bytes;
    this.tried = this.offered || bytes > 0;
  }

  /** The peer has acknowledged all data of the SYN. */
  dataAcknowledged(): void {
    this.accepted = true;
  }

  /** The peer's SYN, with data if `data`, has opened the connection. */
  begin(data: bool): void {
    this.early = true;
    this.pending = true;
    this.accepted = data;
    this.offered = false;
  }

  /** The handshake is over. */
  settle(): void {
    this.pending = false;
  }
}
