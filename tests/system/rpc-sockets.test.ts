/** `rpc` over WebSockets: calls, and subscriptions that outlive their connections. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { type Call, WebSocketClientOfPeer, WebSocketPeer } from "../lab/network/websocket-peer.ts";
import { SECOND } from "../lab/network/world.ts";

const URL_ = "ws://10.0.2.2:8546/ws";

type Answer = (client: WebSocketClientOfPeer, call: Call) => void;

async function serving(answer: Answer, port = 8546): Promise<[Lab, WebSocketPeer]> {
  const lab = await Lab.at("S1");
  return [lab, new WebSocketPeer(lab.gateway, port, answer)];
}

/** What the console shows after the last prompt. */
const screen = (lab: Lab) => lab.twin.output.slice(lab.twin.output.lastIndexOf("anonymos> rpc"));

test("a call skips notifications, prints its result and closes the connection", async () => {
  const [lab, peer] = await serving((client, call) => {
    client.notify("0x1", "not a response");
    if (!Array.isArray(call)) client.result(call, "0x144");
    else client.send(call.map(({ id, method }) => ({ jsonrpc: "2.0", id, result: method })));
  });
  const line = `rpc -H 'Authorization: Bearer k' ${URL_} eth_chainId; echo $?`;
  assert.match(lab.command(line), /\r\n"0x144" \(324\)\r\n0\r\n/);
  lab.pass(1);
  assert.equal(peer.clients.length, 1);
  assert.match(peer.clients[0].head, /^GET \/ws HTTP\/1\.1[\s\S]*\r\nAuthorization: Bearer k\r\n/);
  assert.ok(peer.clients[0].closed, "no closing handshake");
  assert.match(lab.command(`rpc -b ${URL_} a b`), /\r\na: "a"\r\nb: "b"\r\n/);
});

test("accepts a response that arrives together with the end of the connection", async () => {
  const [lab, peer] = await serving(() => {});
  peer.answer = (client, call) => {
    // Both have arrived when the processor goes on.
    lab.twin.pause(SECOND, lab.world.now);
    client.result(call, "0x144");
    client.connection.close();
  };
  assert.match(lab.command(`rpc ${URL_} eth_chainId; echo $?`), /\r\n"0x144" \(324\)\r\n0\r\n/);
});

test("a WebSocket uses a tunnel through the proxy, also without TLS", async () => {
  const commandLine = "ip=dhcp http_proxy=u:p@10.0.2.2:3128 no_proxy=10.0.2.2";
  const lab = await Lab.at("S1", { commandLine });
  const peer = new WebSocketPeer(lab.gateway, 8546, (client, call) => client.result(call, "0x144"));
  const heads: string[] = [];
  let refused = false;
  lab.gateway.tcp.listeners.set(3128, (connection) => {
    connection.onData = (data) => {
      heads.push(data.toString());
      peer.clients.push(new WebSocketClientOfPeer(connection, peer));
      const answer = refused ? "403 Forbidden" : "200 Established";
      connection.write(Buffer.from(`HTTP/1.1 ${answer}\r\n\r\n`));
    };
  });
  const line = "rpc --retry 0 ws://node.invalid/ws eth_chainId; echo $?";
  assert.match(lab.command(line), /\r\n"0x144" \(324\)\r\n0\r\n/);
  assert.match(heads[0], /^CONNECT node\.invalid:80 HTTP\/1\.1\r\nHost: node\.invalid:80\r\n/);
  assert.match(heads[0], /\r\nProxy-Authorization: Basic dTpw\r\n/);
  assert.match(peer.clients[0].head, /^GET \/ws HTTP\/1\.1\r\nHost: node\.invalid\r\n/);
  assert.doesNotMatch(peer.clients[0].head, /Proxy/);
  refused = true;
  assert.match(lab.command(line), /\nrpc: CONNECT tunnel failed, response 403\r\n56\r\n/);
});

test("a call reports what is wrong with the server", async () => {
  const [lab, peer] = await serving((client) => client.connection.close());
  const asked = (url = URL_) => lab.command(`rpc --retry 0 ${url} m; echo $?`);
  assert.match(asked(), /\nrpc: the server ended the connection without a close frame\r\n56\r\n/);
  assert.match(asked("ws://10.0.2.2:9/"), /\nrpc: Failed to connect .*: Connection refused\r\n7\r/);
  peer.greeting = () => "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
  assert.match(asked(), /\nrpc: ws:\S+: HTTP 429 Slow, retry after 7 s\r\n22\r\n/);
  peer.greeting = () => "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  assert.match(asked(), /\nrpc: Sec-WebSocket-Accept does not match the key\r\n8\r\n/);
});

test("a subscription prints a line for each notification; Ctrl-C ends it cleanly", async () => {
  const [lab, peer] = await serving((client, call) => {
    client.result(call, call.method === "eth_subscribe" ? "0xabc" : true);
    if (call.method !== "eth_subscribe") return;
    client.notify("0xother", { skipped: true });
    for (let number = 0; number < 300; number++) client.notify("0xabc", { number, x: [1, "a b"] });
  });
  lab.type(`rpc -S ${URL_} eth_subscribe '["newHeads"]'\r`);
  lab.pass(10);
  const lines = screen(lab).split("\r\n").slice(1);
  assert.equal(lines[0], `rpc: ${URL_}: subscribed, "0xabc"`);
  for (let number = 0; number < 300; number++) {
    assert.equal(lines[number + 1], `{"number":${number},"x":[1,"a b"]}`);
  }
  lab.type("\x03");
  lab.pass(1);
  assert.match(screen(lab), /\^C\r\nanonymos> $/);
  assert.deepEqual(
    peer.calls.map(({ method, params }) => [method, params]),
    [
      ["eth_subscribe", ["newHeads"]],
      ["eth_unsubscribe", ["0xabc"]],
    ],
  );
  assert.ok(peer.clients[0].closed, "no closing handshake");
  const counted = lab.command(`rpc -S -c 2 ${URL_} eth_subscribe '["newHeads"]'; echo $?`);
  assert.match(counted, /"number":0.*\r\n.*"number":1.*\r\n0\r\n/);
});

test("a lost subscription is renewed, with delays that grow", async () => {
  const [lab, peer] = await serving((client, call) => {
    const id = `0x${peer.clients.length}`;
    client.result(call, id);
    client.notify(id, `from ${id}`);
  });
  lab.type(`rpc -S ${URL_} eth_subscribe '["newHeads"]'\r`);
  lab.pass(1);
  peer.clients[0].connection.abort();
  lab.pass(3);
  assert.match(screen(lab), /reset by peer, connecting again in (0\.[5-9]|1\.0) s\r\n/);
  assert.match(screen(lab), /"from 0x1"\r\n[\s\S]*"from 0x2"\r\n/);
  peer.greeting = () => "HTTP/1.1 503 Busy\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n";
  peer.clients[1].connection.close();
  lab.pass(3);
  assert.match(screen(lab), /without a close frame, connecting again in/);
  assert.match(screen(lab), /HTTP 503 Busy, retry after 20 s, connecting again in 20\.0 s\r\n/);
  assert.equal(peer.clients.length, 3);
  lab.pass(19);
  assert.equal(peer.clients.length, 4);
  lab.type("\x03");
  lab.pass(2);
  assert.match(screen(lab), /\^C\r\nanonymos> $/);
});

test("a refused subscription is an error; other URLs are tried first", async () => {
  const [lab] = await serving((client, call) => {
    client.send({ jsonrpc: "2.0", id: call.id, error: { code: -32601, message: "no" } });
  });
  const refused = lab.command(`rpc -S ${URL_} eth_subscribe '["x"]'; echo $?`);
  assert.match(refused, /"code": -32601,[\s\S]*\r\n1\r\n/);
  const other = "ws://10.0.2.2:8547/";
  new WebSocketPeer(lab.gateway, 8547, (client, call) => {
    client.result(call, "0x1");
    client.notify("0x1", 7);
  });
  const closed = "ws://10.0.2.2:9/";
  const both = lab.command(`rpc -S -c 1 ${closed} ${other} eth_subscribe '["x"]'; echo $?`);
  assert.match(both, /Connection refused, trying ws:.*\r\n.*subscribed, "0x1"\r\n7\r\n0\r\n/);
  const none = lab.command(`rpc -S ${closed} eth_subscribe '["x"]'; echo $?`);
  assert.match(none, /\nrpc: Failed to connect .* refused\r\n7\r\n/);
});

test("a result that is not an id of a subscription is an error", async () => {
  const [lab] = await serving((client, call) => client.result(call, { a: 1 }));
  const text = lab.command(`rpc -S ${URL_} my_subscribe; echo $?`);
  assert.doesNotMatch(text, /subscribed/);
  assert.match(text, /\nrpc: the result is not the id of a subscription: \{"a":1\}\r\n1\r\n/);
});

test("Ctrl-C ends a subscription for good, even if the connection is lost then", async () => {
  for (const ending of ["close", "abort", "silence", "late"]) {
    const [lab, peer] = await serving((client, call) => {
      if (call.method === "eth_subscribe") client.result(call, "0x1");
      else if (ending === "close") client.connection.close();
      else if (ending === "abort") client.connection.abort();
      else if (ending === "late") {
        lab.twin.pause(2 * SECOND, lab.world.now);
        client.result(call, true);
      }
    });
    lab.type(`rpc -S ${URL_} eth_subscribe '["x"]'\r`);
    lab.pass(1);
    lab.type("\x03");
    lab.pass(100);
    assert.equal(peer.clients.length, 1, ending);
  }
});

test("a stalled console holds the server back, and nothing is lost", async () => {
  let sent = 0;
  const [lab, peer] = await serving((client, call) => {
    client.result(call, "0x1");
    for (; sent < 3000; sent++) client.notify("0x1", `${sent} ${"x".repeat(1000)}`);
  });
  lab.type(`rpc -S ${URL_} eth_subscribe '["x"]'\r`);
  lab.pass(2);
  assert.ok(peer.clients[0].connection.received > 0);
  // 3 MB take minutes on the serial line.
  lab.pass(400);
  const shown = screen(lab).match(/"\d+ x{1000}"/g) ?? [];
  for (const [index, text] of shown.entries()) assert.ok(text.startsWith(`"${index} `));
  assert.equal(shown.length, 3000);
  assert.equal(peer.clients.length, 1, "connected again");
  lab.type("\x03");
  lab.pass(2);
});
