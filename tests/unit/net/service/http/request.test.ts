/** Requests that the HTTP client sends, and those it refuses to send. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { failure, HttpBench } from "../../../../lab/scripted/http.ts";

const http = await HttpBench.load();
const { wasm } = http;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const failed = (kind: number, words?: RegExp) => http.assertFailed(kind, words);

beforeEach(() => http.reset());

test("sends the required fields in a fixed order", () => {
  http.start({ url: "http://A.test:8080/x?y#z", fields: { "X-One": "1", accept: "text/html" } });
  assert.equal(
    http.text("sent", 0),
    "GET /x?y HTTP/1.1\r\nHost: a.test:8080\r\nUser-Agent: anonymos/test\r\n" +
      "X-One: 1\r\naccept: text/html\r\n\r\n",
  );
  assert.equal(http.text("label", 0), "10.0.2.1:8080");
  http.push(0, ok);
  assert.equal(http.outcome(), "200 ok");
});

test("sends a body with its length, and a POST without a body with a length of 0", () => {
  http.start({ method: "POST", body: "a=é" });
  assert.match(http.text("sent", 0), /\r\nContent-Length: 4\r\n\r\na=\xc3\xa9$/);
  http.push(0, ok);
  http.start({ method: "POST" });
  assert.match(http.text("sent", 0), /\r\nContent-Length: 0\r\n\r\n$/);
});

test("omits the fields it is told to; sends the first of two Host fields", () => {
  http.start({ omitted: ["HOST", "User-Agent"], fields: { "X-Empty": "" } });
  assert.equal(http.text("sent", 0), "GET / HTTP/1.1\r\nAccept: */*\r\nX-Empty: \r\n\r\n");
  http.push(0, ok);
  http.start({ omitted: ["content-length"] });
  failed(failure.request, /header content-length cannot be omitted/);
  http.start({ fields: { Host: "a", host: "b" } });
  assert.match(http.text("sent", 0), /^GET \/ HTTP\/1\.1\r\nUser-Agent: .*\r\nHost: a\r\n\r\n$/s);
  http.push(0, ok);
});

test("sends the fields that manage a connection as curl does, and checks a length", () => {
  const names = ["Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "Proxy-Connection"];
  http.start({ fields: Object.fromEntries(names.map((name) => [name, "x"])) });
  const sent = http.text("sent", 0);
  for (const name of names) assert.ok(sent.includes(`\r\n${name}: x\r\n`), sent);
  http.push(0, ok);
  assert.equal(wasm.idle(), 1);
  http.start({ fields: { Connection: "Close" } });
  assert.match(http.text("sent", 0), /\r\nConnection: Close\r\n/);
  http.push(0, ok);
  assert.equal(wasm.idle(), 0, "what the server does is not waited for");
  http.start({ method: "POST", body: "abc", fields: { "Content-Length": "3" } });
  assert.equal(http.text("sent", 1).match(/Content-Length: 3\r\n/g)?.length, 1);
  http.push(1, ok);
  http.start({ method: "POST", body: "abc", fields: { "Content-Length": "5" } });
  failed(failure.request, /header Content-Length: 5: the body has 3 bytes/);
});

test("connects to an address without a lookup, and through TLS for https", () => {
  http.start({ url: "https://10.0.2.2/" });
  assert.equal(wasm.lookups(), 0);
  assert.equal(http.text("label", 0), "tls 10.0.2.2 10.0.2.2:443");
});

test("sends a user in the URL as Basic credentials", () => {
  http.start({ url: "http://us%65r:p%40ss@a.test/" });
  const want = `Authorization: Basic ${Buffer.from("user:p@ss").toString("base64")}\r\n`;
  assert.ok(http.text("sent", 0).includes(want));
  for (const user of ["a", "ab", "abc", "abcd"]) {
    http.start({ url: `http://${user}@a.test/` });
    const text = http.text("sent", wasm.streamCount() - 1);
    assert.ok(text.includes(` ${Buffer.from(`${user}:`).toString("base64")}\r\n`), user);
  }
});

test("HTP-36: rejects request splitting before it opens a connection", () => {
  const urls = [
    "http://a.test/\r\nX: y",
    "http://a b/",
    "http://a.test:0/",
    "http://a.test:65536/",
    "http://a.test:80a/",
    "http://a\0.test/",
    "http://a@b@c/",
    "http://ü.test/",
  ];
  for (const url of urls) {
    http.start({ url });
    failed(failure.url, /URL using bad\/illegal format: expected/);
  }
  const fields: [string, string][] = [
    ["X", "a\r\nY: b"],
    ["X", "a\0"],
    ["X", "é"],
    ["X\r\nY", "a"],
    ["X Y", "a"],
    ["", "a"],
    ["X:", "a"],
    ["X", " a"],
    ["Content-Length", "5"],
    ["transfer-encoding", "chunked"],
    ["Host", "a\nb"],
  ];
  for (const [name, value] of fields) {
    http.start({ fields: { [name]: value } });
    failed(failure.request);
  }
  for (const method of ["", "GE T", "GET\r\n", "G\0", "CONNECT", "X".repeat(40), "É"]) {
    http.start({ method });
    failed(failure.request, /expected a method/);
  }
  assert.equal(wasm.streamCount(), 0);
  http.start({ url: "ftp://a.test/" });
  failed(failure.unsupported, /Protocol "ftp" not supported/);
});
