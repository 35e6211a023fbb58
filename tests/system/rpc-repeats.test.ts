/** `rpc`: what is sent again, to whom and when; answers that several servers must agree on. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

const SECOND = 1_000_000_000;
const url = (index: number) => `http://10.0.2.2:${8000 + index}/`;
const result = (json: string) => `{"jsonrpc":"2.0","id":ID,"result":${json}}`;
const error = (json: string) => `{"jsonrpc":"2.0","id":ID,"error":${json}}`;

/**
 * A response: what follows HTTP/1.1 in the status line, perhaps with header fields, and the body.
 * "reuse" is a result that leaves the connection open, "close" an end of the connection without a
 * response, "silence" nothing at all, "garbage" text that is not HTTP.
 */
type Response = [status: string, body: string] | "reuse" | "close" | "silence" | "garbage";

interface Server {
  /** The times of requests, in seconds. */
  times: number[];
  methods: string[];
}

/** A lab with a server on the gateway for each list of responses; it repeats its last one. */
async function serving(...servers: Response[][]): Promise<[Lab, Server[]]> {
  const lab = await Lab.at("S1");
  const made = servers.map((responses, index) => {
    const server: Server = { times: [], methods: [] };
    lab.gateway.tcp.listeners.set(8000 + index, (connection) => {
      connection.onFinish = () => connection.close();
      connection.onData = (data) => {
        const text = data.toString();
        const response = responses[Math.min(server.times.length, responses.length - 1)];
        server.times.push(lab.world.now / SECOND);
        server.methods.push(/"method":"(\w+)"/.exec(text)?.[1] ?? "");
        if (response === "close") connection.close();
        if (response === "garbage") connection.write(Buffer.from("not HTTP\r\n\r\n"));
        if (response !== "reuse" && typeof response === "string") return;
        const [status, body] = response === "reuse" ? good : response;
        const fate = response === "reuse" ? "keep-alive" : "close";
        const json = body.replace("ID", /"id":(\d+)/.exec(text)?.[1] ?? "");
        const head = `HTTP/1.1 ${status}\r\nConnection: ${fate}\r\nContent-Length: ${json.length}`;
        connection.write(Buffer.from(`${head}\r\n\r\n${json}`));
      };
    });
    return server;
  });
  return [lab, made];
}

const good: Response = ["200 OK", result('"0x144"')];
const busy: Response = ["503 Busy", ""];
const slow: Response = ["429 Slow", ""];
const limited: Response = ["200 OK", error('{"code":-32005,"message":"slow down"}')];
const gaps = (server: Server) =>
  server.times.slice(1).map((time, index) => time - server.times[index]);
const within = (value: number, least: number, most: number) =>
  assert.ok(value >= least && value <= most, `${value} is not from ${least} to ${most}`);

test("RPC-15: retries after 1 s and 2 s with jitter, and prints why", async () => {
  const [lab, [server]] = await serving([busy, limited, good]);
  const text = lab.command(`rpc ${url(0)} eth_chainId; echo $?`);
  assert.match(text, /8000\/: HTTP 503 Busy, trying again in (0\.[5-9]|1\.0) s\r\n/);
  assert.match(text, /error -32005: slow down, trying again in (1\.\d|2\.0) s\r\n/);
  assert.match(text, /\r\n"0x144" \(324\)\r\n0\r\n/);
  const [first, second] = gaps(server);
  within(first, 0.5, 1.2);
  within(second, 1, 2.2);
});

test("RPC-15: waits for Retry-After, but not beyond --retry-max-time", async () => {
  const later = (seconds: number): Response => [`429 Slow\r\nRetry-After: ${seconds}`, ""];
  const [lab, [server]] = await serving([later(5), good, later(60), later(60), good]);
  assert.match(lab.command(`rpc ${url(0)} eth_chainId`), /trying again in 5\.0 s[\s\S]*\(324\)/);
  within(gaps(server)[0], 5, 5.2);
  const late = lab.command(`rpc ${url(0)} eth_chainId; echo $?`);
  assert.match(late, /\r\nrpc: http:\S+: HTTP 429 Slow, retry after 60 s\r\n22\r\n/);
  lab.command(`rpc --retry-max-time 0 ${url(0)} eth_chainId`, 90);
  within(gaps(server).at(-1) ?? 0, 60, 60.2);
});

test("retries as often as --retry says, and tries all URLs before it waits", async () => {
  const [lab, [first, second]] = await serving([busy], [busy]);
  assert.match(lab.command(`rpc --retry 0 ${url(0)} eth_chainId; echo $?`), /\r\n22\r\n/);
  assert.equal(first.times.length, 1);
  lab.command(`rpc --retry 3 --retry-max-time 0 ${url(0)} ${url(1)} eth_chainId`);
  assert.deepEqual([first.times.length, second.times.length], [1 + 4, 4]);
  within(second.times[0] - first.times[1], 0, 0.2);
});

test("other faults are not retried: they are not transient", async () => {
  const [lab, [server]] = await serving([["404 Not Found", ""], limited]);
  assert.match(
    lab.command(`rpc ${url(0)} eth_chainId; echo $?`),
    /\nrpc: http:\S+: HTTP 404 Not Found\r\n22\r\n/,
  );
  assert.match(lab.command(`rpc ${url(9)} eth_chainId; echo $?`), /refused\r\n7\r\n/);
  assert.equal(server.times.length, 1);
});

test("RPC-14: a call that may have run is repeated only if its method only reads", async () => {
  const [lab, [first, second]] = await serving(["close", "close", "close", slow, good], [good]);
  const sent = lab.command(`rpc ${url(0)} ${url(1)} eth_sendRawTransaction '["0x"]'; echo $?`);
  assert.match(sent, /not sent again, as it may have been carried out\r\n.*\r\n52\r\n/);
  const unknown = lab.command(`rpc ${url(0)} my_method; echo $?`);
  assert.match(unknown, /my_method; echo \$\?\r\nrpc: Empty reply from server\r\n52\r\n/);
  assert.deepEqual([first.times.length, second.times.length], [2, 0]);
  assert.match(lab.command(`rpc ${url(0)} ${url(1)} eth_chainId`), /trying http[\s\S]*\(324\)/);
  // A refused call has not been carried out.
  const refused = lab.command(`rpc ${url(0)} eth_sendRawTransaction '["0x"]'`);
  assert.match(refused, /HTTP 429 Slow, trying again[\s\S]*\(324\)/);
  const unsent = lab.command(`rpc ${url(9)} ${url(1)} eth_sendRawTransaction '["0x"]'`);
  assert.match(unsent, /Connection refused, trying http[\s\S]*\(324\)/);
});

test("RPC-14: a server that fails or speaks no HTTP may have begun a call", async () => {
  const faults: Response[] = [
    busy,
    ["500 Oops", ""],
    ["502 Bad Gateway", ""],
    ["504 Gateway Timeout", ""],
    ["408 Request Timeout", ""],
    "garbage",
  ];
  const [lab, [first, second]] = await serving(
    faults.flatMap((fault) => [fault, fault]),
    [good],
  );
  for (const [index] of faults.entries()) {
    for (const method of ["eth_sendRawTransaction", "my_method"]) {
      lab.command(`rpc ${url(0)} ${url(1)} ${method} '["0x"]'`);
    }
    assert.equal(first.times.length, 2 * (index + 1), JSON.stringify(faults[index]));
  }
  assert.equal(second.times.length, 0);
});

test("RPC-14: a call that may change something does not use an idle connection", async () => {
  const [lab, [server]] = await serving(["reuse", "close", good]);
  const asked = (method: string) => lab.command(`rpc --retry 0 ${url(0)} ${method}; echo $?`);
  assert.match(asked("eth_chainId"), /\(324\)\r\n0\r\n/);
  assert.match(asked("my_method"), /Empty reply from server\r\n52\r\n/);
  assert.deepEqual(server.methods, ["eth_chainId", "my_method"]);
});

test("RPC-16: -q answers once enough servers agree, and names the others", async () => {
  const value = '{"a":[1,2.50,"\\u0061"],"b":null}';
  const same = '{ "b": null, "a": [1.0, 25e-1, "a"] }';
  const [lab] = await serving(
    [["200 OK", result('{"a":[1,2.5,"b"],"b":null}')]],
    [["200 OK", result(value)]],
    ["silence"],
    [["200 OK", result(same)]],
    [busy],
  );
  const all = [0, 1, 2, 3, 4].map(url).join(" ");
  const before = lab.world.now;
  const text = lab.command(`rpc -q 2 ${all} eth_call '[]'; echo $?`);
  assert.match(text, /8000\/: disagrees: \{"a":\[1,2\.5,"b"\],"b":null\}\r\n/);
  assert.match(text, /8004\/: HTTP 503 Busy\r\n[\s\S]*\r\n0\r\n/);
  assert.match(text, /"b": null\r\n\}\r\nrpc: /);
  assert.ok(lab.world.now - before < 2 * SECOND, "waited for the silent server");
  const none = lab.command(`rpc -q 3 -t 2 ${all} eth_call '[]'; echo $?`);
  for (const line of [
    /8000\/: \{"a":\[1,2\.5,"b"\]/,
    /8002\/: Operation timed out/,
    /8004\/: HTTP 503 Busy/,
    /\r\nrpc: no answer that 3 of 5 servers agree on\r\n4\r\n/,
  ]) {
    assert.match(none, line);
  }
});

test("-q compares errors by code and data, not by their words", async () => {
  const reverted = (message: string, data: string): Response => [
    "200 OK",
    error(`{"code":3,"message":"${message}","data":"${data}"}`),
  ];
  const [lab] = await serving(
    [reverted("a", "0x1")],
    [reverted("b", "0x1")],
    [reverted("a", "0x2")],
  );
  const asked = (...servers: number[]) =>
    lab.command(`rpc -q 2 ${servers.map(url).join(" ")} eth_call '[]'; echo $?`);
  assert.match(asked(0, 1), /"code": 3,[\s\S]*\r\n1\r\n/);
  assert.match(asked(0, 2), /no answer that 2 of 2 servers agree on\r\n4\r\n/);
});

test("common mistakes are reported in one line, without waiting for the network", async () => {
  const lab = await Lab.at("S0");
  const mistakes: [string, RegExp][] = [
    ["rpc eth_chainId", /^rpc: missing URL before eth_chainId \(usage/],
    ["rpc http://a/", /^rpc: missing method/],
    ["rpc", /^rpc: missing URL/],
    ["rpc http://a/ eth_chainId http://b/", /http:\/\/b\/: URLs come before the method/],
    ["rpc http://a/ eth_getBalance 0x0 latest", /params: .*params are one JSON array in quotes/],
    ["rpc http://a/ m '[]' '[]'", /extra operand '\[\]': params are one JSON array/],
    ["rpc http://a/ m [1", /params: not JSON: .*in quotes/],
    ["rpc -S http://a/ eth_subscribe", /-S requires a URL with ws:\/\/ or wss:\/\//],
    ["rpc ws://a/ eth_subscribe", /eth_subscribe requires -S/],
    ["rpc -q 2 http://a/ m", /-q 2 requires at least 2 URLs/],
    ["rpc -q 2 http://a/x http://b/ HTTP://A:80/x/ m", /HTTP:\/\/A:80\/x\/ is given twice/],
    ["rpc -S ws://a/ eth_chainId", /-S requires a method that subscribes, .* not eth_chainId/],
    ["rpc -c 2 ws://a/ m", /-c requires -S/],
    ["rpc -b -q 1 http://a/ m", /-b cannot be combined with/],
    ["rpc -X POST http://a/ m", /invalid option -- 'X'/],
    ["check -c x", /^check: -c x: expected a chain id such as 324 or 0x144/],
    ["check -c 0x", /^check: -c 0x: expected a chain id/],
    ["check foo://x", /^check: foo:\/\/x: Protocol "foo" not supported/],
  ];
  for (const [line, words] of mistakes) {
    const started = lab.world.now;
    const shown = lab.command(`${line}; echo $?`).split("\r\n").slice(1);
    assert.match(shown[0], words);
    assert.equal(shown[1], "2", shown.join("\n"));
    assert.ok(shown[0].length < 200, shown[0]);
    assert.ok(lab.world.now - started < SECOND, line);
  }
  assert.match(lab.command("rpc -h"), /usage: rpc [\s\S]* -q N /);
  assert.match(lab.command("check -h; echo $?"), /usage: check [\s\S]*\r\n0\r\n/);
});
