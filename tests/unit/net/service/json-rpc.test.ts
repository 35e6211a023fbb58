/** The JSON-RPC 2.0 client: its requests, and the results of responses. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/json-rpc.ts");
const string = (pointer: number) => readString(wasm.memory, pointer);
const push = (text: string) => wasm.push(...writeText(wasm, text));
const outcome = (index = 0) => string(wasm.outcome(index));

/** Starts single calls or a batch, with ids 1, 2, ... */
function send(methods: string[], batch = methods.length > 1, params = ""): void {
  wasm.reset();
  for (const name of methods) wasm.add(...writeText(wasm, name), ...writeText(wasm, params));
  wasm.send(batch);
}

const http = (body: string, status = "200 OK", fields = "") =>
  `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Returns the outcome of a single call with id 1 for this body. */
function single(body: string, status = "200 OK", fields = ""): string {
  send(["m"]);
  push(http(body, status, fields));
  assert.equal(wasm.done(), 1);
  return outcome();
}

/** Returns the outcomes of a batch with ids 1 to `count` for this body. */
function batch(count: number, body: string, status = "200 OK"): string[] {
  send(
    Array.from({ length: count }, () => "m"),
    true,
  );
  push(http(body, status));
  return Array.from({ length: count }, (_, index) => outcome(index));
}

const good = '{"jsonrpc":"2.0","id":1,"result":"0x144"}';
const kind = { request: 1, http: 2, status: 3, notJson: 4, envelope: 5, id: 6, missing: 7 };
const fails = (body: string, failure: number, words = /./) => {
  assert.match(single(body), new RegExp(`^failed ${failure} `), body.slice(0, 100));
  assert.match(outcome(), words);
};

test("sends a call as a POST of one object, and returns its result", () => {
  send(["eth_chainId"]);
  const request = string(wasm.sent());
  assert.match(request, /^POST \/ HTTP\/1\.1\r\nHost: 10\.0\.2\.2:8545\r\n/);
  assert.match(request, /\r\nContent-Type: application\/json\r\n/);
  const body = request.slice(request.indexOf("\r\n\r\n") + 4);
  assert.equal(body, '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}');
  push(http(good));
  assert.equal(outcome(), 'result "0x144"');
  wasm.send(false);
  assert.match(string(wasm.sent()), /"id":2/);
});

test("validates, compacts and sends the params", () => {
  send(['q"'], false, ' [ "a" , {"b" : 1.50 } ] ');
  assert.match(string(wasm.sent()), /"method":"q\\"","params":\["a",\{"b":1\.50\}\]\}$/);
  for (const bad of ["[", "1", '"a"', "null", "{'a':1}"]) {
    send(["m"], false, bad);
    assert.match(outcome(), /^failed 1 params/, bad);
    assert.equal(wasm.done(), 1);
    assert.equal(string(wasm.sent()), "");
  }
});

test("RPC-03: keeps every digit of numbers in a result", () => {
  for (const number of ["9007199254740993", "1e400", "-0", "123456789012345678901234567890"]) {
    assert.equal(single(`{"jsonrpc":"2.0","id":1,"result":${number}}`), `result ${number}`);
  }
  for (const bad of ["01", "+1", ".5", "1.", "NaN", "Infinity", "0x1"]) {
    fails(`{"jsonrpc":"2.0","id":1,"result":${bad}}`, kind.notJson);
  }
});

test("RPC-04: uses the last of duplicate members", () => {
  assert.equal(single('{"jsonrpc":"2.0","id":2,"id":1,"result":1,"result":2}'), "result 2");
  fails('{"jsonrpc":"2.0","id":1,"id":2,"result":1}', kind.id);
});

test("RPC-05: rejects invalid UTF-8 and a byte order mark", () => {
  send(["m"]);
  const bytes = Buffer.concat([
    Buffer.from(good.slice(0, -2)),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  push(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`);
  const pointer = wasm.allocateBytes(bytes.length);
  new Uint8Array(wasm.memory.buffer, pointer, bytes.length).set(bytes);
  wasm.push(pointer, bytes.length);
  assert.match(outcome(), /^failed 4 not JSON: expected UTF-8/);
  fails(`\ufeff${good}`, kind.notJson);
  send(["m"]);
  push("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");
  assert.match(
    outcome(),
    /^failed 4 the response has the content coding gzip, which was not asked for$/,
  );
  fails('{"jsonrpc":"2.0","id":1,"result":"\\ud800"}', kind.notJson);
});

test("RPC-06: rejects an id of another value or type", () => {
  for (const id of ["2", '"1"', "null", "1.0", "1e0", "true", "[1]", "4294967297", "-1", "01"]) {
    const body = `{"jsonrpc":"2.0","id":${id},"result":1}`;
    fails(body, id === "01" ? kind.notJson : kind.id);
  }
  fails('{"jsonrpc":"2.0","result":1}', kind.id);
  const unread = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}';
  fails(unread, kind.id, /could not parse the request: error -32700: Parse error/);
});

test("RPC-07: requires the version, and exactly one of result and error", () => {
  const error = '"error":{"code":1,"message":"m"}';
  fails(`{"jsonrpc":"2.0","id":1,"result":1,${error}}`, kind.envelope, /both/);
  fails('{"jsonrpc":"2.0","id":1}', kind.envelope, /neither/);
  fails('{"jsonrpc":"1.0","id":1,"result":1}', kind.envelope, /JSON-RPC 2\.0/);
  fails('{"id":1,"result":1}', kind.envelope, /JSON-RPC 2\.0/);
  fails('{"jsonrpc":2.0,"id":1,"result":1}', kind.envelope, /JSON-RPC 2\.0/);
  fails('{"jsonrpc":"1.1","id":1,"result":1,"error":null}', kind.envelope, /JSON-RPC 2\.0/);
  assert.equal(single('{"jsonrpc":"2.0","id":1,"result":null}'), "result null");
  for (const value of ["1", '"x"', "null", "true"]) fails(value, kind.envelope, /not an object/);
});

test("accepts result and error together if one is null, also in JSON-RPC 1.0", () => {
  for (const version of ['"jsonrpc":"2.0",', '"jsonrpc":"1.0",', ""]) {
    assert.equal(single(`{${version}"id":1,"result":1,"error":null}`), "result 1");
    assert.equal(single(`{${version}"id":1,"result":null,"error":null}`), "result null");
    const error = '"error":{"code":-8,"message":"m"}';
    assert.equal(single(`{${version}"id":1,"result":null,${error}}`), "error -8 m");
    fails(`{${version}"id":1,"result":1,${error}}`, kind.envelope, /both/);
  }
});

test("RPC-08: shows errors even if they are malformed, and bounds the message", () => {
  const error = (object: string) => `{"jsonrpc":"2.0","id":1,"error":${object}}`;
  assert.equal(single(error('{"code":-32601,"message":"no"}')), "error -32601 no");
  assert.equal(
    single(error('{"code":1099511627776,"message":"x","data":[1]}')),
    "error 1099511627776 x [1]",
  );
  for (const [object, shown] of [
    ['{"code":"1","message":"m"}', "0 m"],
    ['{"code":1.5,"message":"m"}', "0 m"],
    ['{"code":1e30,"message":"m"}', "0 m"],
    ['{"message":"m"}', "0 m"],
    ['{"code":1}', '1 {"code":1}'],
    ['{"code":1,"message":5}', '1 {"code":1,"message":5}'],
    ["1", "0 1"],
    ['"over quota"', "0 over quota"],
    ["[]", "0 []"],
  ]) {
    assert.equal(single(error(object)), `error ${shown}`);
  }
  fails(error("null"), kind.envelope, /neither/);
  const long = single(error(`{"code":1,"message":"${"a".repeat(100_000)}"}`));
  assert.equal(long, `error 1 ${"a".repeat(1024)}...`);
  const data = `"${"d".repeat(1_000_000)}"`;
  assert.equal(single(error(`{"code":1,"message":"m","data":${data}}`)), `error 1 m ${data}`);
});

test("RPC-09: matches a batch by id in any order, and reports failures per call", () => {
  const answer = (id: number | string, value = `"${id}"`) =>
    `{"jsonrpc":"2.0","id":${id},"result":${value}}`;
  const refusal = '{"jsonrpc":"2.0","id":2,"error":{"code":5,"message":"no"}}';
  assert.deepEqual(batch(3, `[${answer(3)},${answer(1)},${refusal}]`), [
    'result "1"',
    "error 5 no",
    'result "3"',
  ]);
  assert.deepEqual(batch(2, `[${answer(2)}]`), [
    "failed 7 the batch response lacks id 1",
    'result "2"',
  ]);
  assert.deepEqual(batch(2, `[${answer(1)},${answer(2)},${answer(1)}]`), [
    "failed 5 two responses for id 1",
    'result "2"',
  ]);
  assert.deepEqual(batch(1, `[1,null,${answer('"1"', "0")},${answer(9)},${answer(1)}]`), [
    'result "1"',
  ]);
  assert.deepEqual(batch(2, "[]"), [
    "failed 5 the batch response is empty",
    "failed 5 the batch response is empty",
  ]);
  assert.match(batch(1, answer(1))[0], /^failed 5 the response id does not match/);
  const unread = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid"}}';
  for (const text of batch(2, unread))
    assert.match(text, /could not parse the request: error -32600: Invalid/);
  for (const text of batch(2, "{}"))
    assert.match(text, /^failed 5 the response is not JSON-RPC 2\.0/);
  assert.match(batch(1, '[{"jsonrpc":"1.0","id":1,"result":1}]')[0], /^failed 5/);
  fails(`[${good}]`, kind.envelope, /not an object/);
  send(["a", "b"]);
  assert.match(
    string(wasm.sent()),
    /\[\{"jsonrpc":"2.0","id":1,.*\},\{"jsonrpc":"2.0","id":2,.*\}\]$/,
  );
  send([], true);
  assert.equal(wasm.done(), 1);
  send(Array.from({ length: 101 }, () => "m"));
  assert.match(outcome(0), /^failed 1 a batch has 1 to 100 calls/);
});

test("RPC-10: distinguishes HTTP failures, statuses, other content and server errors", () => {
  const html = "Content-Type: text/html\r\n";
  assert.match(
    single("<html>", "200 OK", html),
    /^failed 4 text\/html is not JSON: expected a value at byte 0/,
  );
  assert.equal(single("", "200 OK"), "failed 4 the response is empty");
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"down"}}';
  assert.equal(single(error, "500 Internal Server Error"), "error -32000 down");
  assert.equal(single("<html>", "502 Bad Gateway", html), "failed 3 HTTP 502 Bad Gateway");
  assert.equal(single("{}", "500"), "failed 3 HTTP 500");
  assert.equal(single(good, "500 X"), "failed 3 HTTP 500 X");
  assert.equal(
    single("", "429 Slow", "Retry-After: 7\r\n"),
    "failed 3 HTTP 429 Slow, retry after 7 s",
  );
  assert.equal(wasm.retryAfter(), 7n);
  single("", "429 Slow", "Retry-After: 99999999999\r\n");
  assert.equal(wasm.retryAfter(), 3600n);
  for (const bad of ["-1", "7.5", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999999999999999"]) {
    assert.equal(single("", "429 Slow", `Retry-After: ${bad}\r\n`), "failed 3 HTTP 429 Slow");
    assert.equal(wasm.retryAfter(), -1n);
  }
  // Proxies send JSON that is not JSON-RPC, or an error without an id.
  for (const [body, shown] of [
    ['{"message":"no such key"}', ": no such key"],
    ['{"error":"over quota"}', ": over quota"],
    ['{"error":{"message":"over quota"}}', ": over quota"],
    ['{"error":{"code":1}}', ""],
    ['["over quota"]', ""],
    [`{"message":"${"a".repeat(300)}"}`, `: ${"a".repeat(200)}`],
  ]) {
    const text = single(body, "401 Unauthorized", "Retry-After: 2\r\n");
    assert.equal(text, `failed 3 HTTP 401 Unauthorized${shown}, retry after 2 s`);
  }
  const limited = '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"slow down"}}';
  assert.equal(single(limited, "429 Too Many Requests"), "error -32005 slow down");
  fails(limited, kind.id, /could not parse the request/);
  const moved = "failed 3 HTTP 301 Moved, redirects to http://b/";
  assert.equal(single("", "301 Moved", "Location: http://b/\r\n"), moved);
  send(["m"]);
  wasm.finish();
  assert.equal(outcome(), "failed 2 Empty reply from server");
  send(["m"]);
  wasm.poll(30_000_000n);
  assert.equal(
    outcome(),
    "failed 2 Operation timed out after 30000 milliseconds with 0 bytes received",
  );
});

test("RPC-11: rejects a response that is truncated anywhere or followed by other text", () => {
  for (let length = 0; length < good.length; length++) {
    assert.match(single(good.slice(0, length)), /^failed 4 /, `first ${length} bytes`);
  }
  fails(good + good, kind.notJson);
  fails(`${good}x`, kind.notJson);
  assert.equal(single(` ${good}\r\n`), 'result "0x144"');
});

test("RPC-12: accepts only 0x and 1 to 64 lower-case hex digits without leading zeros", () => {
  const quantity = (text: string) => string(wasm.quantity(...writeText(wasm, text)));
  const bad = [
    "0x",
    "0x00",
    "0X1",
    "1",
    "0x01",
    "-0x1",
    "",
    "x",
    "0xg",
    "0xA",
    "0x1 ",
    " 0x1",
    "0x 1",
  ];
  for (const text of [...bad, `0x1${"0".repeat(64)}`, `0x${"f".repeat(1 << 20)}`]) {
    assert.equal(quantity(text), "refused", text.slice(0, 70));
  }
  for (const value of [0n, 1n, 324n, 1n << 32n, (1n << 64n) - 1n, 10n ** 27n, (1n << 256n) - 1n]) {
    assert.equal(quantity(`0x${value.toString(16)}`), value.toString());
  }
});

test("knows which methods change nothing", () => {
  const reads = (name: string) => wasm.reading(...writeText(wasm, name)) === 1;
  for (const name of [
    "eth_call",
    "eth_chainId",
    "eth_getBlockByNumber",
    "eth_getTransactionReceipt",
    "eth_getLogs",
    "eth_estimateGas",
    "net_version",
    "web3_clientVersion",
    "zks_getBridgeContracts",
    "debug_traceTransaction",
  ]) {
    assert.ok(reads(name), name);
  }
  for (const name of [
    "eth_sendRawTransaction",
    "eth_sendTransaction",
    "eth_sign",
    "eth_signTypedData_v4",
    "eth_submitWork",
    "eth_resend",
    "eth_cancelPrivateTransaction",
    "eth_newFilter",
    "eth_newBlockFilter",
    "eth_newPendingTransactionFilter",
    "eth_getFilterChanges",
    "eth_uninstallFilter",
    "eth_subscribe",
    "debug_setHead",
    "personal_unlockAccount",
    "anvil_mine",
    "sendtoaddress",
    "eth",
    "",
    "m",
  ]) {
    assert.ok(!reads(name), name);
  }
});

test("RPC-13: rejects a response of megabytes while it arrives", () => {
  send(["eth_getLogs"]);
  push("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n");
  assert.match(outcome(), /^failed 2 the response is longer than 1048576 bytes/);
  send(["eth_getLogs"]);
  push("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (let i = 0; i < 17; i++) push(`10000\r\n${"x".repeat(65536)}\r\n`);
  assert.match(outcome(), /^failed 2 the response is longer than 1048576 bytes/);
});
