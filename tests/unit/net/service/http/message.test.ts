/** HTTP responses: what is accepted, what is rejected, where the body ends. */
import assert from "node:assert/strict";
import test from "node:test";
import { failure, HttpBench } from "../../../../lab/scripted/http.ts";

const http = await HttpBench.load();
const ask = http.once.bind(http);
const ok = "HTTP/1.1 200 OK\r\n";
const fails = (
  answer: string,
  kind: number | RegExp,
  message = JSON.stringify(answer.slice(0, 80)),
) => {
  const want = typeof kind === "number" ? new RegExp(`^failed ${kind}: .`) : kind;
  assert.match(ask(answer), want, message);
};
const chunked = (body: string) => `${ok}Transfer-Encoding: chunked\r\n\r\n${body}`;
const length = (value: string, body = "hello") => `${ok}Content-Length: ${value}\r\n\r\n${body}`;

test("HTP-01: accepts an empty reason phrase, with or without its space", () => {
  assert.equal(ask("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab"), "200 ab");
  assert.equal(http.text("reason"), "");
  assert.equal(ask("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab"), "200 ab");
  assert.equal(ask("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404 ");
  assert.equal(http.text("reason"), "Not Found");
});

test("HTP-02: rejects status codes that are not three digits or are below 100", () => {
  for (const line of ["1000 X", "20 X", "-1", "2OO", "200X", " 200", "099 X", "000", "", "+20 X"]) {
    fails(`HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`, /^failed 1: Unsupported /);
  }
  assert.equal(ask("HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"), "999 ");
});

test("HTP-03, HTP-04: rejects responses that do not begin with HTTP/1.", () => {
  for (const line of [
    "HTTP/2.0 200",
    "HTTP/0.9 200",
    "ICY 200 OK",
    "HTP/1.1 200",
    "http/1.1 200",
    "hello",
  ]) {
    fails(`${line}\r\n\r\n`, failure.unsupported);
  }
  http.reset();
  http.start();
  http.push(0, "<");
  assert.match(http.outcome(), /^failed 1: Received HTTP/, "at the first wrong byte");
});

test("HTP-05: accepts lines that end in LF alone, and rejects a CR not followed by LF", () => {
  assert.equal(ask("HTTP/1.1 200 OK\nContent-Length: 2\n\nab"), "200 ab");
  assert.equal(ask("HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nab"), "200 ab");
  for (const bad of [
    "X: a\rb\r\n",
    "X: a\r\r\n",
    "X\r: a\r\n",
    "\rX: a\r\n",
    "X: a\rContent-Length: 1\r\n",
  ]) {
    fails(`${ok}${bad}Content-Length: 0\r\n\r\n`, failure.malformed);
  }
  fails("HTTP/1.1 200 O\rK\r\n\r\n", failure.malformed);
  fails("HTTP/1.1 200 OK\r\r\n\r\n", failure.malformed);
});

test("HTP-06: rejects NUL in values, names and the status line", () => {
  for (const bad of ["X: a\0b", "X\0: a", "\0X: a", "X: \0"]) {
    fails(`${ok}${bad}\r\nContent-Length: 0\r\n\r\n`, failure.malformed);
  }
  fails("HTTP/1.1 200 O\0K\r\n\r\n", failure.malformed);
  fails("HTTP/1.1\x100 OK\r\n\r\n", failure.malformed);
});

test("HTP-07: rejects malformed fields, and never takes them for others", () => {
  const bad = [
    "Content-Length : 5",
    ": novalue",
    "no colon",
    " X: leading",
    "\tX: leading",
    "X Y: 1",
    "X(: 1",
  ];
  for (const line of bad) fails(`${ok}${line}\r\n\r\nhello`, failure.malformed);
  assert.equal(ask(`${ok}X:\r\nY:  \t \r\nContent-Length:2\r\n\r\nab`), "200 ab");
  assert.equal(http.field("y"), "");
});

test("HTP-08: appends a folded line to the value before it", () => {
  assert.equal(ask(`${ok}X: a\r\n  b\r\n\tc  \r\nContent-Length: 2\r\n\r\nab`), "200 ab");
  assert.match(http.field("x"), /^a +b +c$/);
  assert.equal(ask(`${ok}X:\r\n  b\r\nContent-Length: 2\r\n\r\nab`), "200 ab");
  assert.equal(http.field("x"), "b");
  assert.equal(ask(`${ok}Content-Length:\r\n 2\r\n\r\nab`), "200 ab");
  assert.equal(ask(`${ok}Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`), "200 ab");
  fails(`${ok}Transfer-Encoding: chunked\r\n x\r\n\r\n0\r\n\r\n`, failure.coding);
  fails(`${ok}X: a\r\n b\0\r\n\r\n`, failure.malformed);
});

test("HTP-09: rejects a repeated Content-Length with another value", () => {
  assert.equal(ask(`${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`), "200 hello");
  assert.equal(ask(length("5, 5")), "200 hello");
  assert.equal(ask(length("005")), "200 hello");
  fails(length("5, 6"), failure.malformed);
  fails(`${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, failure.malformed);
  fails(length("5,"), failure.malformed);
});

test("HTP-10: rejects a length that is not a number or does not fit, and never wraps one", () => {
  for (const value of ["-1", "+5", "0x5", "5a", "", "5.0", "5 5", "9".repeat(30) + "x"]) {
    fails(length(value), /^failed 8: Invalid Content-Length: value/);
  }
  for (const value of ["18446744073709551616", "9223372036854775808", "9".repeat(23)]) {
    fails(length(value), /^failed 63: Maximum file size exceeded/);
  }
  fails(length("4294967301"), failure.incomplete, "2^32 + 5 is not 5");
  fails(length("9223372036854775807"), failure.incomplete);
});

test("HTP-11: fails if the body ends before the announced length", () => {
  fails(length("100"), failure.incomplete);
  assert.equal(ask(length("0", "")), "200 ");
});

test("HTP-12: drops excess bytes, and closes the connection", () => {
  assert.equal(ask(length("2")), "200 he");
  assert.equal(http.wasm.idle(), 0);
  assert.equal(http.text("ending", 0), "released");
  assert.equal(http.wasm.unread(0), 3);
});

test("HTP-13: chunked overrides Content-Length, and the connection closes", () => {
  const fields = "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n";
  const both = `${ok}${fields}5\r\nhello\r\n0\r\n\r\n`;
  assert.equal(ask(both), "200 hello");
  assert.equal(http.wasm.idle(), 0);
  assert.equal(ask(chunked("5\r\nhello\r\n0\r\n\r\n")), "200 hello");
  assert.equal(http.wasm.idle(), 1);
});

test("HTP-14: accepts only the transfer coding chunked, alone, in HTTP/1.1", () => {
  const body = "\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const bad = [
    "gzip, chunked",
    "chunked, gzip",
    "identity",
    "xchunked",
    "chunked\x0b",
    "chunked;q=1",
    "chunked,",
    "chunked\r\nTransfer-Encoding: chunked",
    '"chunked"',
    "",
    "chunked, chunked",
  ];
  for (const value of bad) {
    fails(`${ok}Transfer-Encoding: ${value}${body}`, value.includes("\x0b") ? 8 : failure.coding);
  }
  assert.equal(ask(`${ok}transfer-encoding:\tCHUNKED ${body}`), "200 hello");
  fails(`HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked${body}`, failure.malformed);
});

test("HTP-15: chunk sizes do not wrap", () => {
  for (const size of [
    "FFFFFFFFFFFFFFFF",
    "10000000000000000",
    "8000000000000000",
    "10000000000000005",
  ]) {
    fails(chunked(`${size}\r\nhello\r\n0\r\n\r\n`), failure.receive);
  }
  fails(chunked("100000002\r\nhello\r\n0\r\n\r\n"), failure.incomplete);
  fails(chunked("7fffffffffffffff\r\nhello\r\n0\r\n\r\n"), failure.incomplete);
});

test("HTP-16: accepts only hex digits as a chunk size, then blanks or an extension", () => {
  for (const size of [
    "",
    "-5",
    "0x5",
    " 5",
    "G",
    "+5",
    "5x",
    "5 5",
    "5\n",
    "5\r",
    ";a=b",
    "0".repeat(33),
  ]) {
    fails(chunked(`${size}\r\nhello\r\n0\r\n\r\n`), failure.receive);
  }
  for (const size of [
    "5",
    "5 ",
    "5\t ",
    "00000000000000000005",
    "5;a",
    "5 ; a=b",
    '5;a="b c"',
    "5;",
    "05",
  ]) {
    assert.equal(ask(chunked(`${size}\r\nhello\r\n0\r\n\r\n`)), "200 hello", size);
  }
  assert.equal(
    ask(chunked(`A\r\nhellohello\r\na;x\r\nHELLOHELLO\r\n000\r\n\r\n`)),
    "200 hellohelloHELLOHELLO",
  );
});

test("HTP-17: rejects a chunk without CR LF after its data", () => {
  fails(chunked("5\r\nhelloXX0\r\n\r\n"), failure.receive);
  fails(chunked("5\r\nhello\n0\r\n\r\n"), failure.receive);
  fails(chunked("5\r\nhello\r0\r\n\r\n"), failure.receive);
  fails(chunked("5\r\nhell\r\n0\r\n\r\n"), failure.receive);
});

test("HTP-18: bounds the extensions of a chunk, and of a body in proportion to its data", () => {
  fails(
    chunked(`5;${"x".repeat(1 << 20)}\r\nhello\r\n0\r\n\r\n`),
    /^failed 56: chunk extensions too long/,
  );
  const chunk = `1;${"x".repeat(1024)}\r\na\r\n`;
  fails(chunked(`${chunk.repeat(100)}0\r\n\r\n`), /^failed 56: chunk extensions too long/);
  assert.equal(ask(chunked(`${chunk.repeat(10)}0\r\n\r\n`)), `200 ${"a".repeat(10)}`);
  const page = `400;signature=${"x".repeat(1024)}\r\n${"a".repeat(1024)}\r\n`;
  assert.equal(ask(chunked(`${page.repeat(100)}0\r\n\r\n`)).length, 4 + 100 * 1024);
  const small = `1;x=${"y".repeat(14)}\r\na\r\n`;
  assert.equal(ask(chunked(`${small.repeat(10_000)}0\r\n\r\n`)).length, 4 + 10_000);
  const costly = small.replace("x", "x".repeat(5));
  fails(chunked(`${costly.repeat(10_000)}0\r\n\r\n`), /^failed 56: chunk extensions too long/);
  fails(chunked("5;a\0\r\nhello\r\n0\r\n\r\n"), failure.receive);
  fails(chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), failure.receive);
});

test("HTP-19: reports every truncated chunked body as incomplete", () => {
  const body = "5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n";
  for (let cut = 0; cut < body.length; cut++) {
    fails(chunked(body.slice(0, cut)), failure.incomplete, `first ${cut} bytes`);
  }
  assert.equal(ask(chunked(body)), "200 helloabc");
});

test("HTP-20: bounds trailers, rejects malformed ones, and does not use them as headers", () => {
  const trailer = (text: string) => chunked(`5\r\nhello\r\n0\r\n${text}\r\n`);
  assert.equal(
    ask(trailer("Content-Length: 1\r\nTransfer-Encoding: x\r\nHost: y\r\n")),
    "200 hello",
  );
  assert.equal(http.field("host"), "(none)");
  assert.equal(http.field("content-length"), "(none)");
  fails(trailer(`X: ${"a".repeat(1 << 20)}\r\n`), /^failed 56: trailer too long/);
  fails(trailer("X: a\r\n".repeat(10_000)), /^failed 56: trailer too long/);
  for (const bad of ["X\r\n", " X: a\r\n", ": a\r\n", "X: a\0\r\n", "X: a\nY: b\r\n"])
    fails(trailer(bad), failure.receive);
});

test("HTP-21: headers are bounded in bytes and fields", () => {
  fails(`${ok}X: ${"a".repeat(10 << 20)}\r\n\r\n`, /^failed 100: Too large response headers/);
  fails(ok + "X: a\r\n".repeat(1100), /^failed 100: Too many response headers/);
  fails(`HTTP/1.1 200 ${"a".repeat(70_000)}`, /^failed 100: Too large response headers/);
  const fits = `${ok}${"X: a\r\n".repeat(1023)}Content-Length: 2\r\n\r\nab`;
  assert.equal(ask(fits), "200 ab");
  assert.equal(ask(`${ok}X: ${"a".repeat(60_000)}\r\nContent-Length: 2\r\n\r\nab`), "200 ab");
});

test("HTP-23: skips a bounded number of interim responses", () => {
  const interim = ["100 Continue", "103 Early Hints\r\nLink: </x>", "199 X", "102"];
  const all = interim.map((line) => `HTTP/1.1 ${line}\r\n\r\n`).join("");
  assert.equal(ask(all.repeat(8) + length("5")), "200 hello");
  assert.equal(http.field("link"), "(none)");
  fails(all.repeat(250) + length("5"), /^failed 8: too many interim responses/);
});

test("HTP-24: rejects 101 without an upgrade request", () => {
  fails("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", failure.malformed);
});

test("HTP-25: expects no body after 204, 304 and HEAD; a body prevents reuse", () => {
  for (const status of ["204 No Content", "304 Not Modified"]) {
    for (const framing of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
      assert.equal(ask(`HTTP/1.1 ${status}\r\n${framing}\r\n\r\nhello`), `${status.slice(0, 3)} `);
      assert.equal(http.wasm.idle(), 0);
    }
    assert.equal(ask(`HTTP/1.1 ${status}\r\n\r\n`), `${status.slice(0, 3)} `);
    assert.equal(http.wasm.idle(), 1);
  }
  assert.equal(ask(length("5"), { method: "HEAD" }), "200 ");
  assert.equal(http.wasm.idle(), 0);
  assert.equal(ask(`${ok}\r\n`, { method: "HEAD" }), "200 ");
  assert.equal(http.wasm.idle(), 1);
});

test("HTP-30: requests no content coding, and passes on a coded body unchanged", () => {
  assert.equal(
    ask(`${ok}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8bx`),
    "200 \x1f\x8bx",
  );
  assert.doesNotMatch(http.text("sent", 0), /accept-encoding/i);
});

test("HTP-34: Connection: close and HTTP/1.0 prevent reuse, keep-alive allows it", () => {
  const cases: [string, string, number][] = [
    ["1.1", "", 1],
    ["1.1", "Connection: close\r\n", 0],
    ["1.1", "Connection: x, CLOSE\r\n", 0],
    ["1.1", "Connection: x\r\nConnection: close\r\n", 0],
    ["1.1", "Connection: closed\r\n", 1],
    ["1.0", "", 0],
    ["1.0", "Connection: keep-alive\r\n", 1],
    ["1.0", "Connection: keep-alive, close\r\n", 0],
  ];
  for (const [version, field, idle] of cases) {
    assert.equal(ask(`HTTP/${version} 200 OK\r\n${field}Content-Length: 2\r\n\r\nab`), "200 ab");
    assert.equal(http.wasm.idle(), idle, `HTTP/${version} ${field}`);
  }
  assert.equal(
    ask(`${ok}Connection: close\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 500 X\r\n\r\n`),
    "200 ab",
  );
  assert.equal(ask(`HTTP/1.0 200 OK\r\n\r\nuntil the end`), "200 until the end");
  assert.equal(ask(`${ok}\r\nuntil the end`), "200 until the end");
  assert.equal(http.wasm.idle(), 0);
});

test("HTP-35: rejects anything before the status line", () => {
  for (const before of ["\r\n", "\r\n\r\n", "\n", " ", "x"])
    fails(before + length("5"), failure.unsupported);
});

const samples: [string, string][] = [
  [length("5"), "200 hello"],
  [
    `${chunked("5;e=1\r\nhello\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n").replace("OK", "OK\r\nX: a\r\n b")}`,
    "200 hello!",
  ],
  [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not\nX:y\n\nbody`, "404 body"],
  [`HTTP/1.1 103 X\r\nA: b\r\n\r\n${length("0", "")}`, "200 "],
  [chunked("5\r\nhelloXX"), "failed 56: Malformed encoding found in chunked-encoding"],
  [`${ok}Bad : x\r\n\r\n`, "failed 8: malformed header field"],
  [
    `${ok}Content-Length: 300\r\n\r\nshort`,
    "failed 18: transfer closed with outstanding read data remaining",
  ],
  ["HTTX/1.1 200 OK\r\n\r\n", "failed 1: Received HTTP/0.9 when not allowed"],
];

test("HTP-32: every split of the response gives the same result", () => {
  for (const [answer, want] of samples) {
    assert.equal(ask(answer), want);
    for (let cut = 1; cut < answer.length; cut++)
      assert.equal(ask(answer, {}, [cut]), want, `cut at ${cut}`);
    const all = Array.from({ length: answer.length - 1 }, (_, i) => i + 1);
    assert.equal(ask(answer, {}, all), want, "byte by byte");
  }
});

test("HTP-32: three pieces, or a receive buffer of one byte, give the same result", () => {
  const [answer, want] = samples[1];
  for (let first = 1; first < answer.length - 1; first += 3) {
    for (let second = first + 1; second < answer.length; second += 5) {
      assert.equal(ask(answer, {}, [first, second]), want, `cut at ${first} and ${second}`);
    }
  }
  http.reset();
  http.wasm.limits(1, 0xffffffff);
  http.start();
  http.push(0, answer);
  assert.equal(http.outcome(), want);
});

/** Insertions that give the same result: in the reason, in or around a value, and folded lines. */
const tolerated =
  "SP@12 HT@13 SP@13 :@13 HT@14 SP@14 :@14 HT@15 SP@15 :@15 :@18 LF@19 HT@19 SP@19 :@19 " +
  "HT@20 SP@20 :@20 HT@21 SP@21 :@21 HT@23 SP@23";

test("HTP-37: any of six characters anywhere in the first two lines has a known result", () => {
  const head = "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\n\r\nab";
  const end = head.indexOf("Content");
  const accepted: string[] = [];
  for (let place = 0; place <= end; place++) {
    for (const [name, c] of Object.entries({
      LF: "\n",
      CR: "\r",
      HT: "\t",
      SP: " ",
      NUL: "\0",
      ":": ":",
    })) {
      const outcome = ask(head.slice(0, place) + c + head.slice(place));
      assert.notEqual(outcome, "pending");
      if (outcome === "200 ab") accepted.push(`${name}@${place}`);
      else assert.match(outcome, /^(failed (1|8|18|61): |200 )/, `${name} at ${place}: ${outcome}`);
    }
  }
  assert.deepEqual(accepted, tolerated.split(" "));
});
