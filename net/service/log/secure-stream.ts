/** Sends syslog messages over TLS (RFC 5425): each after its length in bytes and a space. */
import { log } from "../../../core/log";
import { earlier, MINUTE, NEVER, SECOND } from "../../../core/time";
import { DnsResolver } from "../dns/resolver";
import { ConnectionRace } from "../stream/connection-race";
import { Connector } from "../stream/connector";
import { discard } from "../stream/discard";
import { PortOpener } from "../stream/opener";
import { Stream, StreamStatus } from "../stream/stream";
import { LogTarget, LogTransport } from "./target";
import { TargetAddress } from "./target-address";

/** The wait after a failure, which doubles up to a minute. */
const FIRST_RETRY: i64 = 5 * SECOND;
/** Silence after which TCP probes the server, so that a dead one is noticed. */
const KEEP_ALIVE: i64 = MINUTE;

export class SecureTransport implements LogTransport {
  private stream: Stream | null = null;
  /** Opens `stream`. */
  private race: ConnectionRace | null = null;
  private retry: i64 = FIRST_RETRY;
  private retryAt: i64 = 0;
  /** Failures so far: after each, the next of the host's addresses is tried first. */
  private failures: u32 = 0;
  /** The failure that was logged last, so that one that persists is logged once. */
  private reported: string = "";
  private readonly lookup: TargetAddress;

  constructor(
    private readonly target: LogTarget,
    dns: DnsResolver,
    private readonly connector: Connector,
  ) {
    this.lookup = new TargetAddress(dns, target.host);
  }

  poll(now: i64): u32 {
    const stream = this.stream;
    if (stream == null) {
      const race = this.race;
      if (race != null) this.connect(race, now);
      else if (now >= this.retryAt) this.open(now);
      return 0;
    }
    stream.poll(now);
    // Nothing that the server sends has a meaning.
    discard(stream);
    const status = stream.status();
    if (status == StreamStatus.Open) {
      this.retry = FIRST_RETRY;
      this.reported = "";
    } else {
      const finished = status == StreamStatus.Finished;
      this.failed(finished ? "the server closed the connection" : stream.failure(), now);
      stream.release();
      this.stream = null;
    }
    return 0;
  }

  pollAt(): i64 {
    const race = this.race;
    if (race != null) return race.pollAt();
    return this.stream == null && !this.lookup.running ? this.retryAt : NEVER;
  }

  ready(_now: i64): bool {
    const stream = this.stream;
    return stream != null && stream.status() == StreamStatus.Open;
  }

  send(message: ArrayBuffer): bool {
    const stream = this.stream!;
    const length = message.byteLength;
    const head = String.UTF8.encode(`${length} `);
    if (stream.writable() < ((head.byteLength + length) as u32)) return false;
    stream.write(changetype<usize>(head), head.byteLength);
    stream.write(changetype<usize>(message), length);
    return true;
  }

  /** Looks the host up, then starts to connect to it. */
  private open(now: i64): void {
    const addresses = this.lookup.poll(now);
    if (addresses == null) {
      if (!this.lookup.running) this.failed(this.lookup.failure, now);
      return;
    }
    const target = this.target;
    const opener = new PortOpener(this.connector, target.port, target.host);
    const first = this.failures % (addresses.length as u32);
    const ordered = addresses.slice(first).concat(addresses.slice(0, first));
    const race = new ConnectionRace(opener, ordered, NEVER);
    this.race = race;
    this.connect(race, now);
  }

  private connect(race: ConnectionRace, now: i64): void {
    const stream = race.poll(now);
    if (stream == null && !race.lost) return;
    this.race = null;
    race.cancel();
    this.stream = stream;
    if (stream == null) this.failed(race.reason, now);
    else stream.setKeepAlive(KEEP_ALIVE);
  }

  private failed(reason: string, now: i64): void {
    this.failures++;
    this.retryAt = now + this.retry;
    this.retry = earlier(2 * this.retry, MINUTE);
    if (reason != this.reported) log(`syslog: ${this.target}: ${reason}`);
    this.reported = reason;
  }
}
