/** The JSON-RPC client, over HTTP over one scripted stream. */
import { WEBSOCKETS } from "../../../core/limits";
import { HttpClient } from "../../../net/service/http/client/client";
import { DigestKey, JsonDigest } from "../../../net/service/json/digest";
import { parseJson } from "../../../net/service/json/parser";
import { writeJson } from "../../../net/service/json/writer";
import { RpcCall, RpcOutcome } from "../../../net/service/json-rpc/call";
import { JsonRpcClient } from "../../../net/service/json-rpc/client";
import { RpcExchange } from "../../../net/service/json-rpc/exchange";
import { isQuantity, quantityText } from "../../../net/service/json-rpc/quantity";
import { isReading } from "../../../net/service/json-rpc/repeat";
import { RpcSubscription } from "../../../net/service/json-rpc/subscription";
import { StreamStatus } from "../../../net/service/stream/stream";
import { WebSocketClient } from "../../../net/service/websocket/client";
import { WebSocket } from "../../../net/service/websocket/socket";
import { NoNames, OneStream } from "./one-stream";
import { SequenceRandom } from "./sequence-random";
import { textAt } from "./text";

export { allocateBytes } from "./text";

let connector = new OneStream();
let http = new HttpClient(new NoNames(), connector, "test");
const random = new SequenceRandom();
const key = new DigestKey(random);
let sockets = new WebSocketClient(http, "test", random);
let rpc = new JsonRpcClient(http, sockets, random);
let calls: Array<RpcCall> = [];
let exchange: RpcExchange | null = null;
let subscription: RpcSubscription | null = null;
/** Connections that the subscription does not use. */
const others: Array<WebSocket> = [];

/** The most turns that may parse one response. */
const TURNS: i32 = 1000;
/** One turn, and more while a response is being parsed. */
function advance(now: i64): void {
  http.poll(now);
  sockets.poll(now);
  for (let turn = 0; turn < TURNS && rpc.poll(now); turn++) {}
}

/** A new client, whose first call has id 1. */
export function reset(): void {
  connector = new OneStream();
  http = new HttpClient(new NoNames(), connector, "test");
  sockets = new WebSocketClient(http, "test", random);
  rpc = new JsonRpcClient(http, sockets, random);
  calls = [];
}
export function add(method: usize, length: u32, params: usize, paramsLength: u32): void {
  calls.push(new RpcCall(textAt(method, length), textAt(params, paramsLength)));
}
export function send(batch: bool): void {
  const url = "http://10.0.2.2:8545/";
  exchange = batch ? rpc.batch(url, calls, 0, 0) : rpc.call(url, calls[0], 0, 0);
  advance(0);
}
export function push(pointer: usize, length: u32): void {
  connector.stream.incoming.add(pointer, length);
  advance(0);
}
export function finish(): void {
  connector.stream.state = StreamStatus.Finished;
  advance(0);
}
export function poll(now: i64): void {
  advance(now);
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
/** Subscribes at ws://10.0.2.2/. */
export function subscribe(): void {
  subscription = rpc.subscribe(["ws://10.0.2.2/"], new RpcCall("eth_subscribe"));
  advance(0);
}
/** Opens connections until there are as many as allowed. */
export function takeAllSockets(): void {
  for (let i: u32 = 0; i < WEBSOCKETS; i++) {
    const socket = sockets.connect("ws://10.0.2.3/", 0);
    if (socket != null) others.push(socket);
  }
}
export function closeSockets(): void {
  while (others.length > 0) others.pop().close();
}
/** The news of the subscription; "over" once it has ended. */
export function news(): string {
  const text = subscription!.news;
  subscription!.news = "";
  return subscription!.over ? "over" : text;
}
export function reading(method: usize, length: u32): bool {
  return isReading(textAt(method, length));
}
/** Whether two JSON texts have the same digest. */
export function alike(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  const first = new JsonDigest(parseJson(a, aLength).value!, key);
  const second = new JsonDigest(parseJson(b, bLength).value!, key);
  // The digests are computed in steps of different lengths.
  while (!first.step(3)) {}
  while (!second.step(1000)) {}
  return first.value == second.value;
}
export function quantity(pointer: usize, length: u32): string {
  const text = textAt(pointer, length);
  return isQuantity(text) ? quantityText(text) : "refused";
}
