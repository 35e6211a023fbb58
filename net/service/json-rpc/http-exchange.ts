/** A request over HTTP: a POST whose response has the results. */
import { HttpExchange } from "../http/client/exchange";
import { HttpFailure } from "../http/client/failure";
import { CollectingSink } from "../http/message/body";
import { JsonParser } from "../json/parser";
import { RpcCall, RpcFailure } from "./call";
import { RpcExchange } from "./exchange";
import { refusalText, retryAfterOf } from "./refusal";
import { isErrorResponse } from "./settle";

export const JSON_TYPE: string = "application/json";

/** Made by JsonRpcClient. */
export class HttpRpcExchange extends RpcExchange {
  constructor(
    calls: Array<RpcCall>,
    isBatch: bool,
    maximum: u32,
    private readonly http: HttpExchange,
    private readonly sink: CollectingSink,
  ) {
    super(calls, isBatch, maximum);
  }

  status(): u32 {
    return this.http.status();
  }

  wasSent(): bool {
    return this.http.sent;
  }

  advance(_now: i64, most: u32): void {
    if (this.done || !this.http.done) return;
    if (this.parser == null) this.begin();
    if (!this.done && this.parser!.step(most)) this.judge();
  }

  cancel(now: i64): void {
    this.http.cancel(now);
    if (this.done) return;
    this.failure = HttpFailure.Cancelled;
    this.fail(RpcFailure.Http, "cancelled");
  }

  /** Starts to parse the response, if there is one. */
  private begin(): void {
    const http = this.http;
    this.failure = http.failure;
    if (http.failure != HttpFailure.None) {
      const bad = http.failure == HttpFailure.Request;
      this.fail(bad ? RpcFailure.Request : RpcFailure.Http, http.message);
      return;
    }
    this.retryAfter = retryAfterOf(http.head!);
    this.parser = new JsonParser(this.sink.block(), this.sink.length);
  }

  private judge(): void {
    const result = this.parser!.result();
    const value = result.value;
    const head = this.http.head!;
    const good = head.status / 100 == 2;
    if (value != null && (good || isErrorResponse(value))) {
      this.settle(value, !good);
    } else if (!good) {
      this.fail(RpcFailure.Status, refusalText(head, value));
    } else if (this.sink.length == 0) {
      this.fail(RpcFailure.NotJson, "the response is empty");
    } else {
      this.fail(RpcFailure.NotJson, this.notJsonText(result.error));
    }
  }

  private notJsonText(fault: string): string {
    const type = this.http.head!.get("content-type");
    const coding = this.http.head!.get("content-encoding");
    if (coding != null && coding != "identity") {
      return `the response has the content coding ${coding}, which was not asked for`;
    }
    return (type == null || type == JSON_TYPE ? "not JSON: " : `${type} is not JSON: `) + fault;
  }
}
