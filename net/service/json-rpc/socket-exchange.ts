/**
 * A request over its own WebSocket: one message each way. Other messages from the server, such as
 * notifications, are skipped.
 */
import { earlier } from "../../../core/time";
import { HttpFailure } from "../http/client/failure";
import { JsonParser } from "../json/parser";
import { JsonValue } from "../json/value";
import { SocketState, WebSocket } from "../websocket/socket";
import { RpcCall, RpcFailure } from "./call";
import { RpcExchange } from "./exchange";
import { refusalText, retryAfterOf } from "./refusal";
import { isNotification } from "./settle";

/** Made by JsonRpcClient. */
export class SocketRpcExchange extends RpcExchange {
  private sent: bool = false;

  constructor(
    calls: Array<RpcCall>,
    isBatch: bool,
    maximum: u32,
    private readonly socket: WebSocket,
    /** The request as JSON text. */
    private readonly text: string,
    private readonly deadline: i64,
  ) {
    super(calls, isBatch, maximum);
  }

  /** Returns the status of a refused handshake, 0 otherwise. */
  status(): u32 {
    const refusal = this.socket.refusal;
    return refusal == null ? 0 : refusal.status;
  }

  wasSent(): bool {
    return this.sent;
  }

  advanceAt(): i64 {
    return earlier(super.advanceAt(), this.deadline);
  }

  advance(now: i64, most: u32): void {
    if (this.done) return;
    const socket = this.socket;
    if (this.parser != null) this.parseMessage(most);
    else if (this.sent || socket.state == SocketState.Open) this.transfer(socket);
    // The response may have arrived together with the end of the connection.
    if (!this.done && this.parser == null && socket.message != "") this.lost();
    if (!this.done && now >= this.deadline) {
      this.end(HttpFailure.TimedOut, "Operation timed out");
    }
  }

  cancel(_now: i64): void {
    if (!this.done) this.end(HttpFailure.Cancelled, "cancelled");
  }

  private end(failure: HttpFailure, reason: string): void {
    this.failure = failure;
    this.fail(RpcFailure.Http, reason);
    this.socket.close();
  }

  private transfer(socket: WebSocket): void {
    if (!this.sent) {
      const bytes = String.UTF8.encode(this.text);
      this.sent = socket.send(changetype<usize>(bytes), bytes.byteLength, true);
      if (!this.sent) this.end(HttpFailure.Request, "the request is too long for a WebSocket");
      return;
    }
    const message = socket.take();
    if (message == null) return;
    if (message.isText) this.parser = new JsonParser(message.bytes, message.length);
    else this.refuse("a binary message");
  }

  private parseMessage(most: u32): void {
    if (!this.parser!.step(most)) return;
    const result = this.parser!.result();
    const value = result.value;
    this.parser = null;
    if (value == null) this.refuse(`not JSON: ${result.error}`);
    else if (!isNotification(value)) this.conclude(value);
  }

  private conclude(value: JsonValue): void {
    this.settle(value, false);
    this.socket.close();
  }

  private refuse(reason: string): void {
    this.fail(RpcFailure.NotJson, reason);
    this.socket.close();
  }

  /** The connection could not be opened, or ended before the response. */
  private lost(): void {
    const socket = this.socket;
    const refusal = socket.refusal;
    if (refusal != null) {
      this.retryAfter = retryAfterOf(refusal);
      this.fail(RpcFailure.Status, refusalText(refusal, null));
    } else this.end(socket.failure, socket.message);
  }
}
