/** Redirects: their number, targets and methods, and what another origin receives. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { failure, HttpBench } from "../../../../lab/scripted/http.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";

const http = await HttpBench.load();
const { wasm } = http;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const redirect = (status: number, location: string) =>
  `HTTP/1.1 ${status} X\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
const requestLine = (stream: number) => http.text("sent", stream).split("\r\n")[0];
const failed = (kind: number, words = /./) => {
  assert.match(http.outcome(), new RegExp(`^failed ${kind}: `));
  assert.match(http.outcome(), words);
};

beforeEach(() => http.reset());

test("HTP-26: redirects end after fifty, in a loop of two URLs or of one", () => {
  http.start({ url: "http://a.test/a", follow: true });
  for (let i = 0; i < 50; i++) http.push(0, redirect(302, i % 2 === 0 ? "/b" : "/a"));
  assert.equal(http.outcome(), "pending");
  http.push(0, redirect(302, "/b"));
  failed(failure.redirects, /Maximum \(50\) redirects followed/);
  assert.equal(wasm.streamCount(), 1);
  http.reset();
  http.start({ follow: true });
  for (let i = 0; i < 51 && http.outcome() === "pending"; i++) http.push(0, redirect(301, "/"));
  failed(failure.redirects);
});

test("HTP-26: follows redirects only on request, and only with a Location", () => {
  http.start();
  http.push(0, redirect(302, "/b"));
  assert.equal(http.outcome(), "302 ");
  assert.equal(http.field("location"), "/b");
  http.start({ follow: true });
  http.push(0, "HTTP/1.1 302 X\r\nContent-Length: 1\r\n\r\nx");
  assert.equal(http.outcome(), "302 x");
  http.start({ follow: true });
  http.push(0, "HTTP/1.1 302 X\r\nLocation: \r\nContent-Length: 1\r\n\r\nx");
  assert.equal(http.outcome(), "302 x", "an empty Location is ignored");
  http.start({ follow: true });
  http.push(0, "HTTP/1.1 304 X\r\nLocation: /y\r\n\r\n");
  assert.equal(http.outcome(), "304 ");
});

test("HTP-27: follows only http and https, never from https to http, never with a user", () => {
  const bad: [string, string, number][] = [
    ["https://a.test/", "http://a.test/", failure.url],
    ["http://a.test/", "file:///etc/passwd", failure.unsupported],
    ["http://a.test/", "gopher://x/", failure.unsupported],
    ["http://a.test/", "javascript:alert(1)", failure.unsupported],
    ["http://a.test/", "data:,x", failure.unsupported],
    ["http://a.test/", "http://user:pw@b.test/", failure.url],
    ["http://a.test/", "//u@b.test/", failure.url],
    ["http://a.test/", "http://[::1]/", failure.url],
  ];
  for (const [url, location, kind] of bad) {
    http.reset();
    http.start({ url, follow: true });
    http.push(0, redirect(302, location));
    failed(kind, /redirect/);
    assert.equal(wasm.streamCount(), 1);
    assert.equal(http.text("ending", 0), "aborted");
  }
});

test("HTP-27: sends neither credentials nor cookies to another origin", () => {
  const fields = { Authorization: "secret", Cookie: "secret", Host: "a.test", "X-Other": "public" };
  for (const location of ["http://b.test/", "//b.test/", "http://a.test:81/", "https://a.test/"]) {
    http.reset();
    http.start({ url: "http://me:secret@a.test/", follow: true, fields });
    assert.match(http.text("sent", 0), /secret/);
    http.push(0, redirect(302, location));
    const second = http.text("sent", 1);
    assert.doesNotMatch(second, /secret|authorization|cookie|me@/i);
    assert.match(second, /X-Other: public/);
    assert.match(second, location.includes("b.test") ? /Host: b\.test\r\n/ : /Host: a\.test/);
    http.push(1, redirect(302, "http://a.test/back"));
    if (!location.startsWith("https"))
      assert.doesNotMatch(http.text("sent", wasm.streamCount() - 1), /secret/);
  }
  http.reset();
  http.start({ url: "http://me:pw@a.test/", follow: true, fields: { Cookie: "c" } });
  http.text("sent", 0);
  http.push(0, redirect(302, "/same"));
  assert.match(
    http.text("sent", 0),
    /GET \/same HTTP\/1.1\r\n.*Authorization: Basic bWU6cHc=\r\nCookie: c/s,
  );
});

test("HTP-28: rejects a Location that could split a request", () => {
  for (const location of [`/${"a".repeat(9000)}`, "http://a.test:99999/", "http://a b/", "//é/"]) {
    http.reset();
    http.start({ follow: true });
    http.push(0, redirect(302, location));
    failed(failure.url, /redirect to an invalid URL: expected/);
  }
  for (const location of ["/a\0", "/a\rb", `/${"a".repeat(1 << 20)}`]) {
    http.reset();
    http.start({ follow: true });
    http.push(0, redirect(302, location));
    assert.match(http.outcome(), /^failed (8|100)/);
  }
  http.reset();
  http.start({ follow: true });
  http.push(0, redirect(302, "/a\r\nLocation: /b"));
  failed(failure.url, /conflicting Location headers/);
  assert.equal(wasm.streamCount(), 1);
});

test("follows a malformed Location as browsers do", () => {
  const cases: [string, string, string][] = [
    ["/a b", "/a%20b", "a.test"],
    ["/caf\xc3\xa9?q=\xc3\xa9 x", "/caf%C3%A9?q=%C3%A9%20x", "a.test"],
    ["/\xe9", "/%E9", "a.test"],
    ["/a|b?c|d", "/a|b?c|d", "a.test"],
    ["/{a}?{b}", "/%7Ba%7D?{b}", "a.test"],
    ['/"a"?"b"', "/%22a%22?%22b%22", "a.test"],
    ["/a^b`c?a^b`c", "/a%5Eb%60c?a^b`c", "a.test"],
    ["/<a>?<b>'", "/%3Ca%3E?%3Cb%3E%27", "a.test"],
    ["/100%", "/100%", "a.test"],
    ["/%zz?%", "/%zz?%", "a.test"],
    ["\\a\\b?c\\d", "/a/b?c\\d", "a.test"],
    ["/a\tb", "/ab", "a.test"],
    ["/a b#c d", "/a%20b", "a.test"],
    ["http://a.test:/x", "/x", "a.test"],
    ["http://b.test:/x y", "/x%20y", "b.test"],
    ["http:///b.test/x", "/x", "b.test"],
    ["http:/x", "/x", "a.test"],
    ["HTTP://B.TEST", "/", "b.test"],
    ["?a b", "/?a%20b", "a.test"],
  ];
  for (const [location, target, host] of cases) {
    http.reset();
    http.start({ url: "http://a.test/", follow: true });
    http.text("sent", 0);
    http.push(0, redirect(302, location));
    const sent = http.text("sent", wasm.streamCount() - 1);
    assert.ok(sent.startsWith(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n`), location + sent);
  }
});

test("HTP-29: keeps or drops the method and the body as the redirect status says", () => {
  const cases: [number, string, string, boolean][] = [
    [301, "POST", "GET", false],
    [302, "POST", "GET", false],
    [303, "POST", "GET", false],
    [307, "POST", "POST", true],
    [308, "POST", "POST", true],
    [301, "PUT", "PUT", true],
    [302, "DELETE", "DELETE", true],
    [303, "PUT", "GET", false],
    [303, "HEAD", "HEAD", false],
    [302, "HEAD", "HEAD", true],
    [307, "GET", "GET", true],
  ];
  for (const [status, method, want, body] of cases) {
    http.reset();
    const hasBody = method === "POST" || method === "PUT";
    const fields = { "Content-Type": "text/x" };
    http.start({ method, follow: true, body: hasBody ? "data" : undefined, fields });
    http.text("sent", 0);
    http.push(0, redirect(status, "/next"));
    const second = http.text("sent", 0);
    assert.match(second, new RegExp(`^${want} /next HTTP/1.1\r\n`), `${status} ${method}`);
    assert.equal(second.endsWith("\r\n\r\ndata"), body && hasBody, `${status} ${method}`);
    assert.equal(/content-type/i.test(second), body, `${status} ${method}`);
  }
});

test("reads a redirect's short body, and closes the connection on a long one", () => {
  http.start({ follow: true });
  http.push(0, "HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 5\r\n\r\nhello");
  assert.equal(wasm.streamCount(), 1);
  http.push(0, ok);
  assert.equal(http.outcome(), "200 ok");
  assert.equal(wasm.redirects(), 1);
  assert.equal(wasm.bodyBytes(), 2n);
  const long = [
    "Content-Length: 100000\r\n\r\n",
    "\r\n",
    `Transfer-Encoding: chunked\r\n\r\n20000\r\n${"x".repeat(70_000)}`,
  ];
  for (const rest of long) {
    http.reset();
    http.start({ follow: true });
    http.push(0, `HTTP/1.1 302 X\r\nLocation: /b\r\n${rest}`);
    assert.equal(wasm.streamCount(), 2);
    assert.equal(http.text("ending", 0), "aborted");
    assert.equal(requestLine(1), "GET /b HTTP/1.1");
    http.push(1, ok);
    assert.equal(http.outcome(), "200 ok");
    assert.equal(http.text("url"), "http://a.test/b");
  }
});

test("after a redirect, retries a failed handshake without the session", () => {
  wasm.streamsAre(Status.Connecting, Failure.None, false);
  http.start({ url: "https://a.test/", follow: true });
  http.fail(0, Failure.Session);
  wasm.setState(1, Status.Open, Failure.None);
  http.push(1, redirect(302, "https://b.test/"));
  http.fail(2, Failure.Session);
  wasm.setState(3, Status.Open, Failure.None);
  http.push(3, ok);
  assert.equal(http.outcome(), "200 ok");
});
