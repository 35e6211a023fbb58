/** The JSON-RPC client, over HTTP over one scripted stream. */
import { HttpClient } from "../../../net/service/http/client/client";
import { NameAnswer, NameLookup } from "../../../net/service/http/client/ports";
import { writeJson } from "../../../net/service/json/writer";
import { RpcCall, RpcOutcome } from "../../../net/service/json-rpc/call";
import { JsonRpcClient, RpcExchange } from "../../../net/service/json-rpc/client";
import { isQuantity, quantityText } from "../../../net/service/json-rpc/quantity";
import { Connector } from "../../../net/service/stream/connector";
import { Stream, StreamStatus } from "../../../net/service/stream/stream";
import { ScriptedStream } from "./scripted-stream";
import { textAt } from "./text";

export { block } from "./text";

class NoNames implements NameLookup {
  lookup(_name: string, _now: i64): NameAnswer {
    throw new Error("an address needs no look-up");
  }
}

class OneStream implements Connector {
  stream: ScriptedStream = new ScriptedStream();
  connect(_address: u32, _port: u32, _now: i64): Stream | null {
    this.stream = new ScriptedStream();
    return this.stream;
  }
  connectSecure(_host: string, _address: u32, _port: u32, _now: i64): Stream | null {
    return null;
  }
  refusal(): string {
    return "";
  }
}

let connector = new OneStream();
let http = new HttpClient(new NoNames(), connector, "test");
let rpc = new JsonRpcClient(http);
let calls: Array<RpcCall> = [];
let exchange: RpcExchange | null = null;

/** A new client, whose first call has id 1. */
export function reset(): void {
  connector = new OneStream();
  http = new HttpClient(new NoNames(), connector, "test");
  rpc = new JsonRpcClient(http);
  calls = [];
}
export function add(method: usize, length: u32, params: usize, paramsLength: u32): void {
  calls.push(new RpcCall(textAt(method, length), textAt(params, paramsLength)));
}
export function send(batch: bool): void {
  const url = "http://10.0.2.2:8545/";
  exchange = batch ? rpc.batch(url, calls, 0, 0) : rpc.call(url, calls[0], 0, 0);
  http.poll(0);
}
export function push(pointer: usize, length: u32): void {
  connector.stream.incoming.add(pointer, length);
  http.poll(0);
  exchange!.poll();
}
export function finish(): void {
  connector.stream.state = StreamStatus.Finished;
  http.poll(0);
  exchange!.poll();
}
export function poll(now: i64): void {
  http.poll(now);
  exchange!.poll();
}
export function sent(): string {
  return connector.stream.takeSent();
}
export function done(): bool {
  return exchange!.done;
}
export function retryAfter(): i64 {
  return exchange!.retryAfter;
}
/** A call's outcome: "pending", "result 1", "error -32000 message data", "failed KIND reason". */
export function outcome(index: u32): string {
  const call = calls[index];
  if (call.outcome == RpcOutcome.Pending) return "pending";
  if (call.outcome == RpcOutcome.Failed) return `failed ${call.failure as i32} ${call.reason}`;
  if (call.outcome == RpcOutcome.Result) return "result " + writeJson(call.result!);
  const data = call.error!.get("data");
  return `error ${call.code} ${call.message}` + (data == null ? "" : " " + writeJson(data));
}
export function quantity(pointer: usize, length: u32): string {
  const text = textAt(pointer, length);
  return isQuantity(text) ? quantityText(text) : "refused";
}
