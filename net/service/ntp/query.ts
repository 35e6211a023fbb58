/**
 * A query to one time server (SNTP, RFC 4330 section 5): resolves the name, sends requests, each to
 * the next of its addresses, and checks the response.
 */
import { NTP_QUEUE_BYTES } from "../../../core/limits";
import { Random } from "../../../core/random";
import { parseDecimalText } from "../../../core/text";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { SOCKET_ERROR_WORDS, SocketError } from "../../socket/error";
import { UdpTable } from "../../socket/udp";
import { UdpSocket } from "../../socket/udp-socket";
import { emitNtp, NTP_LENGTH, NTP_PORT, NtpPacket, ntpMicros, parseNtp } from "../../wire/ntp";
import { DnsQuery } from "../dns/query";
import { DnsResolver } from "../dns/resolver";
import { NtpSample } from "./sample";

/** The number of requests, unless there are more addresses; the wait after each, microseconds. */
const TRIES: u32 = 3;
const RETRY: i64 = 2 * SECOND;
/** The largest error accepted, in microseconds (RFC 5905 appendix A.1.1: MAXDISP). */
const WORST_ERROR: i64 = 16 * SECOND;
/** The leap indicator of an unsynchronised server, and the highest valid stratum (RFC 5905 7.3). */
const NOT_SYNCHRONISED: u32 = 3;
const WORST_STRATUM: u32 = 15;

/** A server as the user writes it: a name or address, then `#PORT` unless the port is 123. */
export class NtpServer {
  readonly host: string;
  /** 1 to 65535; 0 if invalid. */
  readonly port: u32;

  constructor(readonly text: string) {
    const mark = text.indexOf("#");
    const port = mark < 0 ? (NTP_PORT as i64) : parseDecimalText(text.substring(mark + 1));
    this.host = mark < 0 ? text : text.substring(0, mark);
    this.port = port < 1 || port > 65535 ? 0 : (port as u32);
  }

  /** Reports whether it has a host and a valid port. */
  valid(): bool {
    return this.port != 0 && this.host != "";
  }
}

/** Times are in microseconds since boot, unless stated otherwise. */
export class NtpQuery {
  /** Set once the other fields are valid. */
  done: bool = false;
  /** The measurement, or null if the query failed. */
  sample: NtpSample | null = null;
  /** Why the query failed, or "". */
  failure: string = "";
  /** The stratum in the response, 0 to 255. */
  stratum: u32 = 0;
  /** The kiss-o'-death code, such as "RATE" (RFC 5905 section 7.4), or "". */
  kiss: string = "";
  private readonly names: DnsQuery;
  private socket: UdpSocket | null = null;
  /** The transmit timestamp of the latest request, which the response must echo. */
  private transmit: u64 = 0;
  private sentAt: i64 = 0;
  private nextAt: i64 = NEVER;
  /** The number of requests sent. */
  private requests: u32 = 0;

  constructor(
    readonly server: NtpServer,
    private readonly udp: UdpTable,
    private readonly dns: DnsResolver,
    private readonly random: Random,
    /** Microseconds since 1970 (UTC); earlier times are rejected. */
    private readonly floor: i64,
    now: i64,
  ) {
    this.names = dns.resolve(server.host, now);
  }

  /** Sends, receives, or gives up. */
  poll(now: i64): void {
    if (this.done) return;
    if (this.socket == null && !this.begin()) return;
    const socket = this.socket!;
    if (this.receive(socket, now)) return;
    const error = socket.error;
    const addresses = this.names.addresses.length as u32;
    const refused = error != SocketError.None;
    if (!refused && this.requests > 0 && now < this.nextAt) return;
    if (refused && this.requests >= addresses) this.fail(SOCKET_ERROR_WORDS[error]);
    else if (this.requests >= max(TRIES, addresses)) this.fail("no answer");
    else this.send(socket, now);
  }

  /** Returns when to poll next if nothing arrives first. */
  pollAt(): i64 {
    return this.done ? NEVER : this.nextAt;
  }

  /** Ends the query and closes its socket. */
  close(): void {
    if (!this.names.done) this.dns.cancel(this.names);
    const socket = this.socket;
    if (socket != null) socket.close();
    this.done = true;
  }

  /** Opens the socket once the name is resolved. Returns false until then, and on failure. */
  private begin(): bool {
    if (!this.names.done) return false;
    if (this.names.addresses.length == 0) return this.fail(this.names.failure());
    const socket = this.udp.open(0, NTP_QUEUE_BYTES, NTP_QUEUE_BYTES);
    if (socket == null) return this.fail(SOCKET_ERROR_WORDS[SocketError.NoResources]);
    this.socket = socket;
    return true;
  }

  /**
   * Sends a request to the next address. Its random transmit timestamp protects against off-path
   * forgeries.
   */
  private send(socket: UdpSocket, now: i64): void {
    const packet = new StaticArray<u8>(NTP_LENGTH as i32);
    const pointer = changetype<usize>(packet);
    this.transmit = ((this.random.next32() as u64) << 32) | (this.random.next32() as u64);
    emitNtp(pointer, this.transmit);
    const addresses = this.names.addresses;
    socket.connect(addresses[this.requests % addresses.length], this.server.port);
    socket.error = SocketError.None;
    socket.send(pointer, NTP_LENGTH, socket.remoteAddress, socket.remotePort);
    this.sentAt = now;
    this.nextAt = now + RETRY;
    this.requests++;
  }

  /** Handles responses. Returns true if the query is done, successful or not. */
  private receive(socket: UdpSocket, now: i64): bool {
    const packet = new StaticArray<u8>(NTP_LENGTH as i32);
    const pointer = changetype<usize>(packet);
    while (socket.readable()) {
      const length = socket.receive(pointer, NTP_LENGTH);
      if (this.requests == 0 || !parseNtp(pointer, length as u32)) continue;
      const answer = NtpPacket.at(pointer);
      if (answer.origin == this.transmit) return this.conclude(answer, now);
    }
    return false;
  }

  private conclude(answer: NtpPacket, now: i64): bool {
    this.stratum = answer.stratum;
    if (answer.stratum == 0) {
      this.kiss = kissCode(answer.reference);
      return !this.fail(`kiss-o'-death received (${this.kiss})`);
    }
    const error = answer.rootDelay / 2 + answer.rootDispersion;
    const unset = answer.received == 0 || answer.transmitted == 0;
    if (answer.leap == NOT_SYNCHRONISED || answer.stratum > WORST_STRATUM || unset) {
      return !this.fail("server clock is not synchronised");
    }
    const received = ntpMicros(answer.received, this.floor);
    const sent = ntpMicros(answer.transmitted, this.floor);
    if (received < this.floor || sent < this.floor) {
      return !this.fail("server time is before this kernel was built");
    }
    const sample = new NtpSample(this.sentAt, received, sent, now, error);
    const sane = sent >= received && sent - received <= now - this.sentAt + SECOND;
    if (!sane) return !this.fail("timestamps in the response are inconsistent");
    if (sample.error > WORST_ERROR) {
      return !this.fail(`root distance exceeds ${WORST_ERROR / SECOND} s`);
    }
    this.sample = sample;
    this.close();
    return true;
  }

  /** Ends the query with a failure. Returns false. */
  private fail(reason: string): bool {
    this.failure = reason;
    this.close();
    return false;
  }
}

/** Returns the earliest `pollAt` of several queries. */
export function queriesPollAt(queries: Array<NtpQuery>): i64 {
  let at = NEVER;
  for (let i = 0; i < queries.length; i++) at = earlier(at, queries[i].pollAt());
  return at;
}

/** Returns the four bytes of a kiss code as text, without those that are not visible ASCII. */
function kissCode(code: u32): string {
  let text = "";
  for (let shift = 24; shift >= 0; shift -= 8) {
    const letter = (code >>> (shift as u32)) & 255;
    if (letter > 0x20 && letter < 0x7f) text += String.fromCharCode(letter as i32);
  }
  return text;
}
