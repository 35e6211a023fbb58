/** JSON-RPC responses. The input: a byte for the calls and the status, then the HTTP body. */
import { SECOND } from "../../../core/time";
import * as world from "../../lab/entries/json-rpc";
import { checkLines } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const MOST: u32 = 60_000;

function push(text: string): void {
  const bytes = String.UTF8.encode(text);
  world.push(changetype<usize>(bytes), bytes.byteLength);
}

function add(method: string): void {
  const name = String.UTF8.encode(method);
  const params = String.UTF8.encode("[]");
  const pointer = changetype<usize>(params);
  world.add(changetype<usize>(name), name.byteLength, pointer, params.byteLength);
}

export function rpc(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const form = input.byte();
  const batch = (form & 1) != 0;
  const calls: u32 = batch ? (form >>> 6) + 1 : 1;
  world.reset();
  for (let i: u32 = 0; i < calls; i++) add("eth_blockNumber");
  world.send(batch);
  const status = (form & 2) == 0 ? "200 OK" : (form & 4) == 0 ? "429 Slow" : "500 Bad";
  const body = input.take(MOST);
  push(`HTTP/1.1 ${status}\r\nRetry-After: ${form}\r\nContent-Length: ${body.length}\r\n\r\n`);
  if (body.length > 0) world.push(fenced(body.pointer, body.length), body.length);
  world.finish();
  for (let second: i64 = 10; second < 400; second += 10) world.poll(second * SECOND);
  assert(world.done(), "call does not end");
  for (let i: u32 = 0; i < calls; i++) {
    const outcome = world.outcome(i);
    assert(outcome != "pending", "call without an outcome");
    // An error's message is kept as received; the console escapes it.
    if (outcome.startsWith("result")) checkLines(outcome);
  }
  world.quantity(fenced(body.pointer, min(body.length, 200)), min(body.length, 200));
}
