/**
 * Opens a WebSocket connection: resolves the name, connects (over TLS for wss) and completes the
 * handshake (RFC 6455 section 4.1). Redirects are not followed.
 */
import {
  HTTP_HEADER_BYTES,
  HTTP_HEADER_FIELDS,
  HTTP_INTERIM_RESPONSES,
} from "../../../core/limits";
import { earlier, SECOND } from "../../../core/time";
import { ConnectionRace } from "../http/client/connection-race";
import { HttpFailure, transferFailure } from "../http/client/failure";
import { NameAnswer, NameLookup } from "../http/client/ports";
import { HttpHead } from "../http/message/head";
import { HeadFailure, HeadParser, HeadState } from "../http/message/head-parser";
import { Url } from "../http/url";
import { Connector } from "../stream/connector";
import { Stream, StreamStatus } from "../stream/stream";
import { responseFault } from "./handshake";

/** How long opening may take. */
const OPEN_TIME: i64 = 30 * SECOND;
const SWITCHING_PROTOCOLS: u32 = 101;

/** The services that an attempt uses. */
export class OpeningServices {
  constructor(
    readonly lookup: NameLookup,
    readonly connector: Connector,
  ) {}
}

/** One attempt to open a connection. */
export class Opening {
  /** Why it failed; None if it has not, or if the server refused with an HTTP status. */
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  /** The head of a response other than 101; null otherwise. */
  refusal: HttpHead | null = null;
  private answer: NameAnswer | null = null;
  private race: ConnectionRace | null = null;
  private stream: Stream | null = null;
  private readonly deadline: i64;
  /** The request, and how much of it was sent. */
  private readonly request: ArrayBuffer;
  private sent: u32 = 0;
  private readonly parser: HeadParser = new HeadParser(
    new HttpHead(HTTP_HEADER_BYTES, HTTP_HEADER_FIELDS),
    false,
  );
  private interim: u32 = 0;

  constructor(
    private readonly url: Url,
    /** The head of the request. */
    head: string,
    private readonly key: string,
    private readonly services: OpeningServices,
    now: i64,
  ) {
    this.request = String.UTF8.encode(head);
    this.deadline = now + OPEN_TIME;
  }

  /** Whether the attempt has failed. */
  get failed(): bool {
    return this.message != "";
  }

  /**
   * Continues without waiting. Returns the stream once the handshake is complete; the first frame
   * may already be in it. Returns null before that, and if the attempt has failed.
   */
  poll(now: i64): Stream | null {
    if (this.failed) return null;
    const stream = this.stream;
    if (stream == null) this.connect(now);
    else if (this.exchange(stream, now)) {
      this.stream = null;
      return stream;
    }
    if (!this.failed && now >= this.deadline) {
      this.fail(HttpFailure.TimedOut, "Connection timed out");
    }
    return null;
  }

  /** Returns when to call `poll` next if nothing arrives first. */
  pollAt(): i64 {
    const race = this.race;
    return race == null ? this.deadline : earlier(this.deadline, race.pollAt());
  }

  /** Gives up. */
  cancel(): void {
    const answer = this.answer;
    if (answer != null && !answer.finished()) answer.cancel();
    this.answer = null;
    const race = this.race;
    if (race != null) race.cancel();
    this.race = null;
    const stream = this.stream;
    if (stream != null) stream.abort();
    this.stream = null;
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.failure = failure;
    this.message = message;
    this.cancel();
    return false;
  }

  private connect(now: i64): void {
    let race = this.race;
    if (race == null) {
      const addresses = this.resolve(now);
      if (addresses.length == 0) return;
      const url = this.url;
      const secureHost = url.secure ? url.host : "";
      const connector = this.services.connector;
      race = new ConnectionRace(connector, url.host, url.port, secureHost, addresses);
      this.race = race;
    }
    const stream = race.poll(now);
    if (stream != null) {
      this.race = null;
      this.stream = stream;
      this.exchange(stream, now);
    } else if (race.failure != HttpFailure.None) this.fail(race.failure, race.message);
  }

  /** Returns the addresses of the host; none until they are known. */
  private resolve(now: i64): Array<u32> {
    const url = this.url;
    if (url.address >= 0) return [url.address as u32];
    let answer = this.answer;
    if (answer == null) answer = this.services.lookup.lookup(url.host, now);
    this.answer = answer;
    const addresses: Array<u32> = [];
    if (!answer.finished()) return addresses;
    for (let i: u32 = 0; i < answer.addressCount(); i++) addresses.push(answer.address(i));
    if (addresses.length == 0) {
      const message = `Could not resolve host: ${url.host}: ${answer.failure()}`;
      this.fail(HttpFailure.Resolve, message);
    }
    return addresses;
  }

  /** Sends the request and reads the response. Returns true once the connection is open. */
  private exchange(stream: Stream, now: i64): bool {
    stream.poll(now);
    const left = (this.request.byteLength as u32) - this.sent;
    if (left > 0) this.sent += stream.write(changetype<usize>(this.request) + this.sent, left);
    if (this.readHead(stream)) return true;
    if (this.failed || stream.readable() > 0) return false;
    const status = stream.status();
    if (status == StreamStatus.Finished) {
      const started = this.parser.state != HeadState.StartLine;
      if (started) {
        return this.fail(HttpFailure.Incomplete, "connection closed within the response header");
      }
      return this.fail(HttpFailure.Empty, "Empty reply from server");
    }
    if (status != StreamStatus.Failed) return false;
    return this.fail(transferFailure(stream.failureKind()), stream.failure());
  }

  private readHead(stream: Stream): bool {
    const parser = this.parser;
    for (let length = stream.peekLength(); length > 0; length = stream.peekLength()) {
      stream.consume(parser.feed(stream.peekPointer(), length));
      if (parser.state == HeadState.Failed) return this.badHead();
      if (parser.state != HeadState.Done) continue;
      const head = parser.head;
      if (head.status == SWITCHING_PROTOCOLS) return this.switched(head);
      if (head.status >= 200) {
        this.refusal = head;
        return this.fail(HttpFailure.None, `HTTP ${head.status} ${head.reason()}`.trimEnd());
      }
      this.interim++;
      if (this.interim > HTTP_INTERIM_RESPONSES) {
        return this.fail(HttpFailure.Malformed, "too many interim responses");
      }
      parser.reset();
    }
    return false;
  }

  private switched(head: HttpHead): bool {
    const fault = responseFault(head, this.key);
    return fault == "" || this.fail(HttpFailure.Malformed, fault);
  }

  private badHead(): bool {
    let kind = HttpFailure.Malformed;
    if (this.parser.failure == HeadFailure.NotHttp) kind = HttpFailure.Unsupported;
    if (this.parser.failure == HeadFailure.TooLarge) kind = HttpFailure.HeadTooLarge;
    return this.fail(kind, this.parser.message);
  }
}
