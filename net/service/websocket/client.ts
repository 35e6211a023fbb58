/** The WebSocket client (RFC 6455): opens connections and polls them until they are closed. */
import { JSON_BYTES, WEBSOCKETS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { earlier, NEVER } from "../../../core/time";
import { HttpClient } from "../http/client/client";
import { HttpField } from "../http/client/request";
import { Url } from "../http/url";
import { fieldFault, makeKey, parseWebSocketUrl, requestHead } from "./handshake";
import { WebSocketOpening } from "./opening";
import { WebSocket } from "./socket";

/** Manages up to WEBSOCKETS connections. */
export class WebSocketClient extends Pollable {
  /** Why `connect` returned null. */
  refusal: string = "";
  private readonly sockets: Array<WebSocket> = [];

  constructor(
    /** Opens the connections, through its proxies. */
    private readonly http: HttpClient,
    private readonly userAgent: string,
    private readonly random: Random,
  ) {
    super();
    this.dormant = true;
  }

  /**
   * Starts to connect to a ws or wss URL. `fields` are sent with the request; a received message
   * has at most `maximum` bytes. Returns null if the URL or a field is invalid, or there are too
   * many connections; `refusal` says which.
   */
  connect(
    text: string,
    now: i64,
    fields: Array<HttpField> = [],
    maximum: u32 = JSON_BYTES,
  ): WebSocket | null {
    const url = parseWebSocketUrl(text);
    this.refusal = this.obstacle(url, fields);
    if (this.refusal != "") return null;
    const key = makeKey(this.random);
    const head = requestHead(url, key, this.userAgent, fields);
    const opening = new WebSocketOpening(this.http.open(url, now), head, key, now);
    const socket = new WebSocket(opening, this.random, maximum);
    this.sockets.push(socket);
    this.dormant = false;
    return socket;
  }

  private obstacle(url: Url, fields: Array<HttpField>): string {
    if (url.error != "") return "URL using bad/illegal format: " + url.error;
    if ((this.sockets.length as u32) >= WEBSOCKETS) {
      return `too many WebSocket connections (at most ${WEBSOCKETS})`;
    }
    return fieldFault(fields);
  }

  /** Polls all connections. Returns true if one moved bytes: TCP may then have work to do. */
  poll(now: i64): bool {
    let moved = false;
    for (let i = this.sockets.length - 1; i >= 0; i--) {
      const socket = this.sockets[i];
      if (socket.poll(now)) moved = true;
      if (socket.isOver()) this.sockets.splice(i, 1);
    }
    this.dormant = this.sockets.length == 0;
    return moved;
  }

  /** Returns when to call `poll` next, in microseconds since boot. */
  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.sockets.length; i++) at = earlier(at, this.sockets[i].pollAt());
    return at;
  }
}
