/** The HTTP client: connections, redirects, deadlines, failures. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { crc32, gzipSync } from "node:zlib";
import { writeText } from "../../../../lab/scripted/assembly.ts";
import { failure, HttpBench } from "../../../../lab/scripted/http.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";

const http = await HttpBench.load();
const { wasm } = http;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const failed = (kind: number, words?: RegExp) => http.assertFailed(kind, words);

beforeEach(() => http.reset());

test("reports failures before the response with curl's codes and the host", () => {
  http.start({ url: "http://none.test/" });
  failed(failure.resolve, /Could not resolve host: none.test: no such name/);
  wasm.streamsAre(Status.Failed, Failure.Refused, false);
  http.start();
  failed(failure.connect, /Failed to connect to a.test port 80: scripted failure/);
  wasm.streamsAre(Status.Failed, Failure.TimedOut, false);
  http.start();
  failed(failure.timedOut);
  wasm.streamsAre(Status.Failed, Failure.Certificate, false);
  http.start({ url: "https://a.test/" });
  failed(failure.certificate);
  wasm.streamsAre(Status.Open, Failure.None, true);
  http.start();
  failed(failure.connect, /no free connection/);
});

test("tries the next address if one fails or does not respond", () => {
  wasm.streamsAre(Status.Failed, Failure.Refused, false);
  http.start({ url: "http://two.test/" });
  assert.equal(wasm.streamCount(), 2);
  assert.equal(http.text("label", 1), "10.0.2.2:80");
  failed(failure.connect);
  http.reset();
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ url: "http://two.test/" });
  http.poll(249_999);
  assert.equal(wasm.streamCount(), 1);
  assert.ok(wasm.pollAt() <= http.now + 1n);
  http.poll(1);
  assert.equal(wasm.streamCount(), 2, "RFC 8305: 250 ms later");
  http.poll(29_000_000);
  assert.equal(http.outcome(), "pending", "each attempt has 30 s");
  http.poll(1_000_000);
  failed(failure.timedOut, /Failed to connect to two.test port 80: Connection timed out/);
  assert.deepEqual([http.text("ending", 0), http.text("ending", 1)], ["aborted", "aborted"]);
});

test("uses the address that connects first, and aborts the other attempts", () => {
  for (const winner of [0, 1]) {
    http.reset();
    wasm.streamsAre(Status.Connecting, Failure.None, false);
    http.start({ url: "https://two.test/" });
    http.poll(250_000);
    assert.equal(wasm.streamCount(), 2);
    assert.equal(http.text("label", 1), "tls two.test 10.0.2.2:443");
    wasm.setState(winner, Status.Open, Failure.None);
    http.poll();
    assert.match(http.text("sent", winner), /^GET \/ HTTP\/1.1/);
    assert.equal(http.text("ending", 1 - winner), "aborted");
    http.push(winner, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert.equal(http.outcome(), "200 ok");
  }
  http.reset();
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ url: "http://two.test/" });
  http.fail(0, Failure.Refused);
  assert.equal(wasm.streamCount(), 2, "a refusal does not wait for 250 ms");
  wasm.cancel(http.now);
  assert.equal(http.text("ending", 1), "aborted");
});

test("retries a failed handshake once without the old session", () => {
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ url: "https://a.test/" });
  http.fail(0, Failure.Session);
  http.fail(1, Failure.Session);
  failed(failure.handshake, /scripted failure/);
  http.start({ url: "https://a.test/" });
  http.fail(2, Failure.Session);
  wasm.setState(3, Status.Open, Failure.None);
  http.push(3, ok);
  assert.equal(http.outcome(), "200 ok");
});

test("ends a stream once if a repeated handshake cannot begin", () => {
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ url: "https://a.test/" });
  wasm.streamsAre(Status.Connecting, Failure.None, true);
  http.fail(0, Failure.Session);
  failed(failure.connect, /no free connection/);
  assert.equal(http.text("ending", 0), "aborted");
});

test("distinguishes an empty reply, a reset and a truncated header", () => {
  http.start();
  http.finish(0);
  failed(failure.empty);
  http.start();
  http.fail(1, Failure.Reset);
  failed(failure.receive, /scripted failure/);
  http.start();
  http.push(2, "HTTP/1.1 200 OK\r\nX: ");
  http.finish(2);
  failed(failure.incomplete, /connection closed within the response header/);
  for (const start of ["HTTP/1.1 2", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 X\r\n\r\nHT"]) {
    http.reset();
    http.start();
    http.push(0, start);
    http.finish(0);
    failed(failure.empty, /Empty reply from server/);
  }
  http.reset();
  http.start();
  http.push(0, "HTTP/1.1 200 OK\r\n\r\nabc");
  http.fail(0, Failure.Reset);
  failed(failure.receive);
});

test("adds up the times of all hops as curl does", () => {
  http.now = 1_000_000n;
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start();
  http.poll(500);
  wasm.setState(0, Status.Open, Failure.None);
  http.poll(100);
  http.poll(50);
  http.push(0, ok.slice(0, 10));
  http.poll(7);
  http.push(0, ok.slice(10));
  const times = () => [0, 1, 2, 3, 4, 5, 6].map((which) => Number(wasm.time(which)));
  assert.deepEqual(times(), [1, 600, 0, 600, 650, 0, 657]);
  http.reset();
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ follow: true });
  http.poll(10);
  wasm.setState(0, Status.Open, Failure.None);
  http.poll(10);
  http.push(0, "HTTP/1.1 302 X\r\nLocation: https://b.test/\r\nContent-Length: 0\r\n\r\n");
  http.poll(100);
  wasm.setState(1, Status.Open, Failure.None);
  http.poll(1);
  http.poll(5);
  http.push(1, ok);
  // The second connection continues after the redirect, 20 us after the start.
  assert.deepEqual(times(), [2, 121, 101, 121, 126, 20, 126]);
});

test("HTP-22: ends endless transfers by deadline, by silence or by size", () => {
  http.start({ timeout: 5_000_000 });
  http.push(0, "HTTP/1.1 200 OK\r\n\r\n");
  for (let i = 0; i < 4; i++) {
    http.poll(1_000_000);
    http.push(0, "x");
  }
  assert.equal(http.outcome(), "pending");
  assert.equal(wasm.pollAt(), http.now + 1_000_000n);
  http.poll(1_000_000);
  failed(failure.timedOut, /timed out/);
  assert.equal(http.text("ending", 0), "aborted");
  http.reset();
  http.start();
  http.push(0, "HTTP/1.1 200 OK\r\n\r\nx");
  http.poll(119_999_999);
  assert.equal(http.outcome(), "pending");
  http.poll(1);
  failed(failure.timedOut, /Operation too slow/);
  http.reset();
  http.start({ maximum: 1000 });
  http.push(0, "HTTP/1.1 200 OK\r\n\r\n");
  for (let i = 0; i < 11; i++) http.push(0, "x".repeat(99));
  failed(failure.tooLarge, /longer than 1000 bytes/);
  http.reset();
  http.start({ maximum: 1000 });
  http.push(0, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
  failed(failure.tooLarge);
  http.reset();
  http.start({ url: "http://slow.test/", timeout: 1000 });
  http.poll(1000);
  failed(failure.timedOut);
});

test("gives a sink no more than it has room for, and fails if the sink refuses", () => {
  wasm.prepare(...writeText(wasm, "GET"), ...writeText(wasm, "http://a.test/"));
  wasm.useSlowSink();
  wasm.options(false, 0n, 0);
  wasm.start(http.now);
  http.poll();
  http.push(0, `HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n${"x".repeat(2000)}`);
  assert.equal(wasm.unread(0), 2000);
  assert.equal(wasm.pollAt(), http.now + 5000n);
  assert.equal(wasm.allowSink(300), 0);
  http.poll(5000);
  assert.equal(wasm.allowSink(0), 300);
  assert.equal(wasm.unread(0), 1700);
  http.poll(500_000_000);
  assert.equal(http.outcome(), "pending", "waiting for the sink does not count as silence");
  wasm.allowSink(1700);
  http.poll();
  failed(failure.sink);
});

test("decodes a bounded amount in one turn, however the body is divided", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
  const body = gzipSync(Buffer.alloc(1 << 20));
  const chunks = [...body].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join("");
  const whole = body.toString("latin1");
  for (const [window, text] of [
    [0xffffffff, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`],
    [1, `${head}Content-Length: ${body.length}\r\n\r\n${whole}`],
  ] as const) {
    http.reset();
    wasm.limits(window, 0xffffffff);
    http.start({ compressed: true });
    http.push(0, text);
    for (let turns = 1; http.outcome() === "pending"; turns++) {
      const length = http.text("body").length;
      assert.ok(length <= turns * (256 + 32) * 1024, `${length} bytes in ${turns} turns`);
      assert.equal(wasm.poll(http.now) || wasm.done(), 1, "must be polled again at once");
    }
    assert.equal(http.outcome(), `200 ${"\0".repeat(1 << 20)}`);
  }
});

test("reuses idle connections for the same server only", () => {
  http.start();
  http.push(0, ok);
  assert.equal(wasm.idle(), 1);
  http.start({ url: "http://a.test:81/" });
  http.push(1, ok);
  http.start({ url: "https://a.test/" });
  http.push(2, ok);
  http.start({ url: "http://b.test/" });
  assert.equal(wasm.streamCount(), 4);
  http.start({ url: "http://a.test/again" });
  assert.equal(wasm.streamCount(), 4);
  assert.equal(wasm.reused(), 1);
  assert.match(http.text("sent", 0), /GET \/again /);
  http.push(0, ok);
  assert.equal(http.outcome(), "200 ok");
});

test("bounds idle connections; closes them after 30 s, or if the server closes or sends", () => {
  for (let i = 0; i < 10; i++) {
    http.start({ url: `http://a.test:${1000 + i}/` });
    http.push(i, ok);
  }
  assert.equal(wasm.idle(), 8);
  assert.equal(http.text("ending", 0), "released");
  assert.equal(wasm.pollAt(), http.now + 30_000_000n);
  http.finish(5);
  assert.equal(wasm.idle(), 7);
  http.push(6, "HTTP/1.1 200 OK\r\n\r\n");
  assert.equal(wasm.idle(), 6);
  http.start({ url: "http://a.test:1006/" });
  assert.equal(wasm.streamCount(), 11);
  http.poll(30_000_000);
  assert.equal(wasm.idle(), 0);
});

test("HTP-33: resends a request once if a kept connection closes without an answer", () => {
  for (const method of ["GET", "PUT", "DELETE", "POST"]) {
    http.reset();
    http.start();
    http.push(0, ok);
    http.start({ method, body: "data" });
    assert.equal(wasm.streamCount(), 1);
    method === "GET" ? http.finish(0) : http.fail(0, Failure.Reset);
    assert.equal(wasm.streamCount(), 2, method);
    assert.match(http.text("sent", 1), new RegExp(`^${method} .*data$`, "s"));
    assert.equal(wasm.reused(), 0);
    http.finish(1);
    failed(failure.empty);
    assert.equal(wasm.streamCount(), 2, "sent again only once");
  }
  http.reset();
  http.start();
  http.push(0, ok);
  http.start();
  http.push(0, "HTTP/1.1 200 OK\r\n");
  http.finish(0);
  failed(failure.incomplete);
  assert.equal(wasm.streamCount(), 1, "part of an answer had arrived");
  http.reset();
  http.start();
  http.finish(0);
  failed(failure.empty);
  assert.equal(wasm.streamCount(), 1, "a new connection is not retried");
});

test("HTP-31: delivers a response that arrives before the whole request is sent", () => {
  for (const ending of ["finish", "reset", "open"]) {
    http.reset();
    wasm.limits(0xffffffff, 1000);
    http.start({ method: "POST", pattern: 1 << 20 });
    http.push(0, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!");
    if (ending === "finish" && http.outcome() === "pending") http.finish(0);
    if (ending === "reset" && http.outcome() === "pending") http.fail(0, Failure.Reset);
    assert.equal(http.outcome(), "413 no!", ending);
    const head = http.text("sent", 0).indexOf("\r\n\r\n") + 4;
    assert.equal(wasm.bodySent(), BigInt(1000 - head), "only bytes sent are counted");
    assert.equal(http.text("ending", 0), "aborted");
  }
  http.reset();
  wasm.limits(0xffffffff, 1000);
  http.start({ method: "POST", pattern: 1 << 20 });
  wasm.push(0, ...writeText(wasm, "HTTP/1.1 413 X\r\nContent-Length: 3\r\n\r\nno!"));
  http.fail(0, Failure.Reset);
  assert.equal(http.outcome(), "413 no!", "followed by a reset");
});

test("HTP-31: continues to send the request after an early response that is not an error", () => {
  wasm.limits(0xffffffff, 1000);
  http.start({ method: "POST", pattern: 2000 });
  http.push(0, ok);
  assert.equal(http.outcome(), "pending");
  wasm.giveRoom(0, 10_000);
  http.poll();
  assert.equal(http.outcome(), "200 ok");
  assert.equal(wasm.idle(), 1);
  http.reset();
  wasm.limits(0xffffffff, 1000);
  http.start({ method: "POST", pattern: 2000, timeout: 1000 });
  http.push(0, ok);
  http.poll(1000);
  assert.equal(http.outcome(), "200 ok", "the deadline does not discard the response");
});

test("sends a whole body, as fast as the stream accepts it", () => {
  wasm.limits(0xffffffff, 70_000);
  http.start({ method: "PUT", pattern: 200_000 });
  let sent = http.text("sent", 0);
  while (!sent.endsWith("\r\n\r\n") && sent.length < 200_100) {
    wasm.giveRoom(0, 50_001);
    http.poll();
    const more = http.text("sent", 0);
    if (more === "") break;
    sent += more;
  }
  const body = Buffer.from(sent.slice(sent.indexOf("\r\n\r\n") + 4), "latin1");
  const want = Buffer.from(
    Array.from({ length: 200_000 }, (_, n) => {
      const i = n % 65536;
      return (i * 131 + (i >> 8) * 7) & 255;
    }),
  );
  assert.ok(body.equals(want));
  assert.equal(wasm.patternCrc(200_000, 777) >>> 0, crc32(want));
  assert.equal(wasm.patternCrc(0, 10), 0);
});

test("computes the same CRC-32 as zlib for lengths up to 64 at every alignment", () => {
  const bytes = Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) ^ 0x5a));
  const pointer = wasm.allocateBytes(64);
  new Uint8Array(wasm.memory.buffer, pointer, 64).set(bytes);
  for (let from = 0; from < 9; from++) {
    for (let to = from; to <= 64; to++) {
      assert.equal(wasm.crc32(0, pointer + from, to - from) >>> 0, crc32(bytes.subarray(from, to)));
    }
  }
  const half = wasm.crc32(0, pointer, 13);
  assert.equal(wasm.crc32(half, pointer + 13, 51) >>> 0, crc32(bytes));
});

test("cancelling and closing free all resources", () => {
  http.start();
  wasm.cancel(http.now);
  failed(failure.cancelled);
  assert.equal(http.text("ending", 0), "aborted");
  http.start();
  http.push(1, ok);
  http.start({ url: "http://b.test/" });
  wasm.close(http.now);
  assert.equal(wasm.idle(), 0);
  assert.equal(http.text("ending", 1), "released");
  assert.equal(http.text("ending", 2), "aborted");
  http.poll();
  assert.equal(wasm.pollAt(), (1n << 63n) - 1n);
});

test("bounds concurrent requests", () => {
  for (let i = 0; i < 32; i++) http.start({ url: `http://a.test:${i + 1}/` });
  assert.equal(http.outcome(), "pending");
  http.start();
  failed(failure.request, /at most 32/);
});
