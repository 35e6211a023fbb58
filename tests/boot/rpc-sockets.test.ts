/** `rpc` over WebSocket with real servers: anvil, aria2, and the npm package ws, also over TLS. */
import assert from "node:assert/strict";
import { createServer } from "node:https";
import { after, before, suite, test } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import { Aria2 } from "../lab/host/aria2.ts";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured, tcpLines, until } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { Anvil, listening } from "../lab/host/servers.ts";

const root = makeRoot("Test Root");
const certificate = makeServer(["10.0.2.2"], root);

suite("WebSockets", () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot({ memory: "128", modules: { "ca.pem": root.pem } });
    await configured(machine);
  });
  after(() => machine?.stop());

  test("anvil: a call, a subscription, and the end of both", async (t) => {
    const anvil = await Anvil.start();
    t.after(() => anvil.stop());
    const url = `ws://10.0.2.2:${anvil.port}/`;
    assert.equal(await machine.ok(`rpc ${url} eth_chainId`), '"0x144" (324)');
    const batch = await machine.ok(`rpc -b ${url} eth_chainId net_version`);
    assert.match(batch, /^eth_chainId: "0x144" \(324\)\nnet_version: "324"$/m);
    const mined = mineWhile(anvil.port);
    const output = await machine.ok(`rpc -S -c 3 ${url} eth_subscribe '["newHeads"]'`, 60_000);
    await mined.stop();
    const [news, ...heads] = output.split("\n");
    assert.match(news, /^rpc: ws:.*: subscribed, "0x[0-9a-f]+"$/);
    const numbers = heads.map((line) => Number(JSON.parse(line).number));
    assert.equal(numbers.length, 3);
    assert.deepEqual(
      numbers,
      [0, 1, 2].map((more) => numbers[0] + more),
    );
    await until(
      "connections are closed",
      30_000,
      async () => (await tcpLines(machine)).length === 0,
    );
    const agreed = await machine.ok(`rpc -q 2 ${url} http://10.0.2.2:${anvil.port}/ eth_chainId`);
    assert.equal(agreed, '"0x144" (324)');
  });

  test("aria2: over HTTP and WebSocket, with and without TLS", async (t) => {
    const plain = await Aria2.start();
    t.after(() => plain.stop());
    const secure = await Aria2.start(certificate);
    t.after(() => secure.stop());
    for (const start of [
      `http://10.0.2.2:${plain.port}`,
      `ws://10.0.2.2:${plain.port}`,
      `https://10.0.2.2:${secure.port}`,
      `wss://10.0.2.2:${secure.port}`,
    ]) {
      const url = `${start}/jsonrpc`;
      assert.match(await machine.ok(`rpc ${url} aria2.getVersion`, 60_000), /"version": "1\./);
      const batch = await machine.ok(`rpc -b ${url} system.listMethods aria2.getSessionInfo`);
      assert.match(batch, /"aria2\.addUri"[\s\S]*^aria2\.getSessionInfo: \{$/m);
      const missing = await machine.command(`rpc ${url} no.such`);
      assert.equal(missing.code, 1);
      assert.match(missing.output, /"code": (1|-32601)/);
    }
  });

  test("ws over TLS: large messages, fragments, pings, closing", async (t) => {
    const https = createServer({ cert: certificate.chain, key: certificate.key });
    const server = new WebSocketServer({ server: https });
    const port = await listening(https);
    const closes: number[] = [];
    let pongs = 0;
    t.after(() => https.close());
    t.after(() => server.close());
    server.on("connection", (socket) => {
      socket.on("close", (code) => closes.push(code));
      socket.on("pong", () => pongs++);
      socket.on("message", (data) => answer(socket, JSON.parse(data.toString())));
    });
    const url = `wss://10.0.2.2:${port}/`;
    const large = await machine.ok(`rpc ${url} large`, 60_000);
    assert.equal(large, JSON.stringify("x".repeat(500_000)));
    // The console's bytes are read as Latin-1.
    const joined = await machine.ok(`rpc ${url} fragments`, 60_000);
    assert.equal(Buffer.from(joined, "latin1").toString(), '"caf\u00e9 in 20 pieces"');
    assert.equal(pongs, 1);
    const closed = await machine.command(`rpc ${url} close`, 60_000);
    assert.equal(closed.code, 56);
    assert.equal(closed.output, "rpc: closed by the server (4000): go away");
    const lines = await machine.ok(`rpc -S -c 50 ${url} test_subscribe '["x"]'`, 60_000);
    assert.deepEqual(
      lines.split("\n").slice(1),
      Array.from({ length: 50 }, (_, number) => JSON.stringify({ number })),
    );
    await until("connections are closed", 30_000, async () => closes.length === 4);
    assert.deepEqual(closes, [1000, 1000, 4000, 1000]);
  });
});

/** Mines a block every 100 ms until `stop` is called. */
function mineWhile(port: number): { stop(): Promise<void> } {
  let wanted = true;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "evm_mine", params: [] });
  const headers = { "content-type": "application/json" };
  const done = (async () => {
    while (wanted) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body });
      await response.text();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      wanted = false;
      await done;
    },
  };
}

/** The server's part of the test with ws. */
function answer(socket: WebSocket, call: { id: number; method: string }): void {
  const result = (value: unknown) => JSON.stringify({ jsonrpc: "2.0", id: call.id, result: value });
  if (call.method === "large") socket.send(result("x".repeat(500_000)));
  else if (call.method === "close") socket.close(4000, "go away");
  else if (call.method === "fragments") {
    const bytes = Buffer.from(result("caf\u00e9 in 20 pieces"));
    const size = Math.ceil(bytes.length / 20);
    socket.ping("?");
    for (let at = 0; at < bytes.length; at += size) {
      const fin = at + size >= bytes.length;
      socket.send(bytes.subarray(at, at + size), { fin, binary: false });
    }
  } else if (call.method === "test_subscribe") {
    socket.send(result("0x1"));
    for (let number = 0; number < 50; number++) {
      const params = { subscription: "0x1", result: { number } };
      socket.send(JSON.stringify({ jsonrpc: "2.0", method: "test_subscription", params }));
    }
  } else socket.send(result(true));
}
