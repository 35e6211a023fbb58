/** One request and its calls, over HTTP or a WebSocket, until all calls are settled. */
import { NEVER } from "../../../core/time";
import { HttpFailure } from "../http/client/failure";
import { JsonParser } from "../json/parser";
import { JsonValue } from "../json/value";
import { RpcCall, RpcFailure } from "./call";
import { failAll, settleBatch, settleCall } from "./settle";

/** Made and advanced by JsonRpcClient. */
export abstract class RpcExchange {
  /** Whether every call is settled. */
  done: bool = false;
  /** The server's Retry-After in seconds, 0 to 3,600; -1 if absent or not a number. */
  retryAfter: i64 = -1;
  /** Why there is no complete response, as curl's exit code; None if there is one. */
  failure: HttpFailure = HttpFailure.None;
  /** The response, while it is parsed. */
  protected parser: JsonParser | null = null;

  constructor(
    readonly calls: Array<RpcCall>,
    protected readonly isBatch: bool,
    /** The maximum length of the response, in bytes. */
    readonly maximum: u32,
  ) {}

  /** Returns true once every call is settled. */
  poll(): bool {
    return this.done;
  }

  /** Returns the HTTP status of the response, or of a refused WebSocket handshake; else 0. */
  abstract status(): u32;

  /** Reports whether a part of the request may have reached the server. */
  abstract wasSent(): bool;

  /** Continues without waiting; parses at most `most` bytes. JsonRpcClient calls it every turn. */
  abstract advance(now: i64, most: u32): void;

  /** Cancels the request, which fails the calls. */
  abstract cancel(now: i64): void;

  /** Returns when to call `advance` next if nothing arrives first, in microseconds since boot. */
  advanceAt(): i64 {
    return this.parser == null ? NEVER : 0;
  }

  /** Settles the calls with a response; `refused` is as for `settleCall`. */
  protected settle(value: JsonValue, refused: bool): void {
    if (this.isBatch) settleBatch(this.calls, value, refused);
    else settleCall(this.calls[0], value, refused);
    this.finish();
  }

  /** Fails the calls that are not settled. */
  protected fail(failure: RpcFailure, reason: string): void {
    failAll(this.calls, failure, reason);
    this.finish();
  }

  private finish(): void {
    this.parser = null;
    this.done = true;
  }
}
