/** The HTTP server: split requests, rejections, keep-alive, deadlines, many clients. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { load, readString, writeBytes } from "../../../../lab/scripted/assembly.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";

const wasm = await load("tests/lab/entries/http-server.ts");
const unlimited = 0xffffffff;
let now = 0n;
const poll = (after = 0) => {
  now += BigInt(after);
  while (wasm.poll(now));
};
const connect = (room = unlimited, keeps = true): number => {
  const stream = wasm.connect(room, keeps);
  poll();
  return stream;
};
const push = (stream: number, text: string) => {
  wasm.push(stream, ...writeBytes(wasm, Buffer.from(text, "latin1")));
  poll();
};
const sent = (stream: number) => readString(wasm.memory, wasm.sent(stream));
const ending = (stream: number) => readString(wasm.memory, wasm.ending(stream));
const finish = (stream: number) => {
  wasm.setState(stream, Status.Finished, Failure.None);
  poll();
};
/** Returns the response to `text` on a new connection. */
const ask = (text: string) => {
  const stream = connect();
  push(stream, text);
  return sent(stream);
};
const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
const hello =
  "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/plain; charset=utf-8\r\n" +
  "Content-Length: 6\r\n\r\nhello\n";

beforeEach(() => {
  wasm.reset();
  now = 0n;
});

test("sends a page with one write and keeps the connection", () => {
  const stream = connect();
  push(stream, get("/"));
  assert.equal(sent(stream), hello);
  assert.equal(wasm.writes(stream), 1);
  push(stream, get("/?query"));
  assert.equal(sent(stream), hello);
  assert.equal(ending(stream), "open");
  assert.equal(wasm.requests(), 2n);
});

test("accepts a request in any two pieces, or byte by byte", () => {
  const head = "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const request = `${head}3;e\r\nabc\r\n0\r\nT: u\r\n\r\n`;
  const want = ask(request);
  assert.match(want, /\r\n\r\n3 bytes\n$/);
  for (let cut = 1; cut < request.length; cut++) {
    const stream = connect();
    push(stream, request.slice(0, cut));
    push(stream, request.slice(cut));
    assert.equal(sent(stream), want, `cut at ${cut}`);
  }
  const stream = connect();
  for (const c of request) push(stream, c);
  assert.equal(sent(stream), want);
});

test("answers pipelined requests in order", () => {
  const stream = connect();
  push(stream, get("/") + get("/none") + get("/empty") + get("/"));
  const answers = sent(stream).split(/(?=HTTP\/1\.1)/);
  assert.deepEqual(answers.map(statusOf), [200, 404, 204, 200]);
  assert.doesNotMatch(answers[2], /Content-Length/);
  push(stream, get("/").repeat(100));
  assert.equal(sent(stream), hello.repeat(100));
});

test("HTTP/1.0 and Connection: close end the connection, keep-alive in 1.0 does not", () => {
  const closing = connect();
  push(closing, "GET / HTTP/1.0\r\n\r\n");
  assert.match(sent(closing), /\r\nConnection: close\r\n/);
  assert.equal(ending(closing), "closed");
  finish(closing);
  assert.equal(ending(closing), "released");
  const keeping = connect();
  push(keeping, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  assert.match(sent(keeping), /\r\nConnection: keep-alive\r\n/);
  assert.equal(ending(keeping), "open");
  const asked = connect();
  push(asked, get("/", "Connection: close\r\n") + get("/"));
  assert.equal(statusOf(sent(asked)), 200);
  assert.equal(ending(asked), "closed");
  poll(2_000_000);
  assert.equal(ending(asked), "released");
  assert.equal(wasm.connections(), 1);
});

test("responds to HEAD with the header of GET", () => {
  assert.equal(ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), hello.slice(0, -6));
});

/** Requests that the server rejects, with the status that it sends. */
const rejected: [string, number][] = [
  ["hello\r\n\r\n", 400],
  ["GET /\r\n\r\n", 400],
  ["GET  / HTTP/1.1\r\n", 400],
  ["GET / HTTP/1.1 \r\n", 400],
  ["GET / http/1.1\r\n", 400],
  ["GET / HTTP/1.x\r\n", 400],
  ["GET /a b HTTP/1.1\r\n", 400],
  ["G\0T / HTTP/1.1\r\n", 400],
  ["GET /\0 HTTP/1.1\r\n", 400],
  ["GET /\xe9 HTTP/1.1\r\n", 400],
  [" GET / HTTP/1.1\r\n", 400],
  ["(/ / HTTP/1.1\r\n", 400],
  ["GET / HTTP/2.0\r\n", 505],
  ["GET / HTTP/0.9\r\n", 505],
  ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  [`GET ${"/a".repeat(10_000)} HTTP/1.1\r\n`, 431],
  [get("/", `X: ${"a".repeat(20_000)}\r\n`), 431],
  [get("/", "X: a\r\n".repeat(70)), 431],
  ["\r\n".repeat(5), 400],
  ["\x16\x03\x01\x02\0\n", 400],
  ["GET / HTTP/1.1\r\n\r\n", 400],
  [get("/", "Host: a\r\n"), 400],
  ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400],
  ...["a:b", "a:80x", "a:65536", "a:80:90", ":80", "[::1", "[]", "[::1]x", "a?b", "a#b", "a\\b"]
    .concat(["[::1", "::1]", "a%", "a%2", "a%zz", "a,b", "a\xe9", "a|b", "a:-1", '"a"', "http://a"])
    .map((host): [string, number] => [`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 400]),
  [get("a.test:80"), 400],
  [get("*"), 400],
  [get("http://"), 400],
  [get("ftp://a/"), 400],
  [get("http:///x"), 400],
  [get("http://?x"), 400],
  [get("http://a@b/"), 400],
  [get("http://a:x/"), 400],
  [get("http:a"), 400],
  ["CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 400],
  [get("/", "X : a\r\n"), 400],
  [get("/", "X: a\r\n b\r\n"), 400],
  [get("/", " X: a\r\n"), 400],
  [get("/", "X: \0\r\n"), 400],
  [get("/", "X\r\n"), 400],
  [get("/", "X: a\rb\r\n"), 400],
  [get("/", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400],
  [get("/", "Content-Length: -1\r\n"), 400],
  [get("/", "Content-Length: 9223372036854775808\r\n"), 400],
  [get("/", "Content-Length: +1\r\n"), 400],
  [get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400],
  [get("/", "Transfer-Encoding: gzip\r\n"), 501],
  [get("/", "Transfer-Encoding: chunked, chunked\r\n"), 501],
  ["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  [`${get("/", "Transfer-Encoding: chunked\r\n")}x\r\n`, 400],
  [`${get("/", "Transfer-Encoding: chunked\r\n")}1\r\nab\r\n`, 400],
  [get("/", "Expect: something\r\nContent-Length: 1\r\n"), 417],
];

test("rejects bad requests with a status, and closes the connection", () => {
  for (const [request, status] of rejected) {
    const stream = connect();
    push(stream, request);
    const answer = sent(stream);
    assert.equal(statusOf(answer), status, JSON.stringify(request.slice(0, 80)));
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.equal(ending(stream), "closed");
    finish(stream);
    assert.equal(ending(stream), "released");
  }
  assert.equal(wasm.connections(), 0);
});

test("accepts absolute targets, and * for OPTIONS", () => {
  assert.equal(ask(get("http://a.test/")), hello);
  assert.equal(ask(get("http://a.test:8080/?x")), hello);
  for (const target of ["http://a", "http://a?q", "HTTP://a:80", "https://a/", "http://[::1]:8/"]) {
    assert.equal(ask(get(target)), hello, target);
  }
  assert.equal(statusOf(ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")), 404);
  assert.equal(ask("GET / HTTP/1.1\nHost: a\n\n"), hello);
});

test("accepts a Host that is empty, a name or an address, with or without a port", () => {
  for (const host of ["", "a", "a.b:8080", "a:", "10.0.2.2", "[::1]", "[::1]:80", "a%20b_~!"]) {
    assert.equal(ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), hello, host);
  }
});

test("rejects another protocol at its first byte", () => {
  for (const first of ["\x16\x03\x01", "\x80\x2e", "\x05\x01\0", "\0", " GET"]) {
    const stream = connect();
    push(stream, first);
    assert.equal(statusOf(sent(stream)), 400);
    assert.equal(ending(stream), "closed");
  }
});

test("in a request, only named extensions may follow a chunk size", () => {
  const chunked = (size: string) =>
    `POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nab\r\n0\r\n\r\n`;
  for (const size of ["2 ", "2\t", "2;", "2; ", "2 ;a", "2;=b", "2;;a"]) {
    assert.equal(statusOf(ask(chunked(size))), 400, JSON.stringify(size));
  }
  for (const size of ["2", "02", "2;a", "2;a=b", '2;a="b c";d']) {
    assert.equal(statusOf(ask(chunked(size))), 200, JSON.stringify(size));
  }
});

test("counts bodies, and answers Expect: 100-continue unless the body has begun", () => {
  const post = (fields: string) => `POST /discard HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
  assert.match(ask(`${post("Content-Length: 5\r\n")}hello`), /\r\n\r\n5 bytes\n$/);
  assert.match(ask(post("")), /\r\n\r\n0 bytes\n$/);
  const expecting = "Expect: 100-Continue\r\nContent-Length: 5\r\n";
  const stream = connect();
  push(stream, post(expecting));
  assert.equal(sent(stream), "HTTP/1.1 100 Continue\r\n\r\n");
  push(stream, "hello");
  assert.match(sent(stream), /^HTTP\/1.1 200 OK.*\r\n\r\n5 bytes\n$/s);
  assert.match(ask(`${post(expecting)}hello`), /^HTTP\/1.1 200 OK/);
  assert.match(ask(`POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`), / 413 /);
  const large = connect();
  push(large, post("Content-Length: 1000000\r\n"));
  for (let i = 0; i < 10; i++) push(large, "x".repeat(100_000));
  assert.match(sent(large), /\r\n\r\n1000000 bytes\n$/);
});

test("sends no content after 304, whatever the handler gives", () => {
  assert.match(
    ask(get("/unchanged")),
    /^HTTP\/1\.1 304 [^\n]*\n(?!.*Content-Length)[\s\S]*\r\n\r\n$/,
  );
});

test("sends the fields that a handler adds", () => {
  assert.match(ask(get("/field")), /\r\nX-Test: yes\r\n\r\nx$/);
});

test("sends a long body as the client accepts it, without copying all of it", () => {
  const stream = connect(70_000);
  push(stream, get("/bytes/200000"));
  let all = sent(stream);
  assert.match(all, /\r\nContent-Length: 200000\r\n/);
  for (let i = 0; i < 10 && all.length < 200_000; i++) {
    wasm.giveRoom(stream, 33_333);
    poll();
    all += sent(stream);
  }
  const body = Buffer.from(all.slice(all.indexOf("\r\n\r\n") + 4), "latin1");
  assert.equal(body.length, 200_000);
  assert.ok(body.every((byte, n) => byte === (((n % 65536) * 131 + ((n % 65536) >> 8) * 7) & 255)));
  wasm.giveRoom(stream, unlimited);
  push(stream, get("/"));
  assert.equal(sent(stream), hello);
  const huge = connect(unlimited, false);
  push(huge, get("/bytes/68719476736"));
  assert.ok(wasm.total(huge) > 65_000n);
});

test("ends slow requests, idle connections and slow readers at their deadlines", () => {
  const silent = connect();
  assert.equal(wasm.pollAt(), 10_000_000n);
  poll(10_000_000);
  assert.equal(ending(silent), "released");
  const dripping = connect();
  for (let i = 0; i < 9; i++) {
    push(dripping, "GET / HTTP/1.1\r\n"[i]);
    poll(1_000_000);
  }
  poll(1_000_000);
  assert.equal(statusOf(sent(dripping)), 408);
  const body = connect();
  push(body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  for (let i = 0; i < 4; i++) {
    poll(7_500_000);
    if (i < 3) push(body, "x");
  }
  assert.equal(sent(body), "", "three bytes extend the deadline by three milliseconds");
  poll(2931);
  assert.equal(statusOf(sent(body)), 408);
  const idle = connect();
  push(idle, get("/"));
  poll(59_999_999);
  assert.equal(ending(idle), "open");
  poll(1);
  assert.equal(ending(idle), "released");
  const reader = connect(10_000);
  push(reader, get("/bytes/1000000"));
  poll(39_000_000);
  assert.equal(ending(reader), "open", "ten kilobytes extended the deadline by nine seconds");
  poll(2_000_000);
  assert.equal(ending(reader), "aborted");
  assert.equal(wasm.connections(), 0);
});

test("drops a client that disappears at any point", () => {
  const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (let cut = 0; cut <= request.length; cut++) {
    for (const state of [Status.Finished, Status.Failed]) {
      const stream = connect();
      push(stream, request.slice(0, cut));
      wasm.setState(stream, state, Failure.Reset);
      poll();
      assert.match(ending(stream), /released|aborted/, `cut at ${cut}`);
      assert.equal(wasm.connections(), 0);
    }
  }
  const stream = connect(100);
  push(stream, get("/"));
  wasm.setState(stream, Status.Failed, Failure.Reset);
  poll();
  assert.equal(ending(stream), "aborted");
});

test("responds after the client's half-close", () => {
  const stream = connect();
  wasm.push(stream, ...writeBytes(wasm, Buffer.from(get("/", "Connection: close\r\n"))));
  finish(stream);
  assert.equal(statusOf(sent(stream)), 200);
  assert.equal(ending(stream), "released");
});

test("closes 64 idle connections in a second while peers wait for memory or slots", () => {
  const streams = Array.from({ length: 100 }, () => {
    const stream = connect();
    push(stream, get("/"));
    return stream;
  });
  const aborted = () => streams.filter((stream) => ending(stream) === "aborted").length;
  wasm.reportShortage();
  assert.equal(wasm.pollAt(), 0n);
  assert.ok(wasm.poll(now), "there may be work to do now");
  assert.equal(aborted(), 64);
  assert.equal(ending(streams[64]), "open", "the oldest go first");
  wasm.reportShortage();
  poll();
  assert.equal(aborted(), 64);
  assert.equal(wasm.pollAt(), now + 1_000_000n, "sees then whether one still waits");
  poll(1_000_000);
  assert.equal(aborted(), 64);
  wasm.reportShortage();
  poll();
  assert.equal(aborted(), 100);
  poll(1_000_000);
  wasm.reportShortage();
  poll();
  assert.ok(wasm.pollAt() > now + 1_000_000n, "there is nothing left to close");
});

test("bounds connections: a new one replaces an idle one, or waits if there is none", () => {
  const bound: number = wasm.bound();
  const streams = Array.from({ length: bound }, () => connect());
  connect();
  assert.equal(wasm.connections(), bound);
  assert.equal(wasm.waiting(), 1, "all are busy with their first request");
  for (const stream of streams) push(stream, get("/"));
  assert.equal(wasm.connections(), bound);
  assert.equal(wasm.waiting(), 0);
  assert.equal(ending(streams[0]), "aborted", "the longest idle one");
  assert.equal(streams.filter((stream) => ending(stream) === "open").length, bound - 1);
  wasm.close();
  assert.ok(streams.every((stream) => ending(stream) === "aborted"));
  assert.equal(wasm.pollAt(), (1n << 63n) - 1n);
});
