/** Subscriptions of JSON-RPC over scripted connections. */
import assert from "node:assert/strict";
import test from "node:test";
import { frame, opcodes, switching } from "../../../lab/packets/websocket.ts";
import { load, readString, writeBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/json-rpc.ts");
const text = (name: string) => readString(wasm.memory, wasm[name]());
const push = (bytes: Uint8Array | string) =>
  wasm.push(...writeBytes(wasm, typeof bytes === "string" ? Buffer.from(bytes) : bytes));

/** Completes the handshake on the newest connection and confirms the subscription. */
function confirm(now: bigint): void {
  wasm.poll(now);
  push(switching(text("sent")));
  push(frame(opcodes.text, '{"jsonrpc":"2.0","id":1,"result":"0x7"}'));
  assert.match(text("news"), /subscribed, "0x7"/);
}

test("a confirmed subscription outlasts a lack of connections", () => {
  wasm.reset();
  wasm.subscribe();
  confirm(0n);
  wasm.finish();
  assert.match(text("news"), /connecting again in/);
  wasm.takeAllSockets();
  wasm.poll(2_000_000n);
  assert.match(text("news"), /too many WebSocket connections .* connecting again in/);
  wasm.closeSockets();
  wasm.poll(10_000_000n);
  confirm(10_000_000n);
});
