/**
 * Rows HTP-01 to HTP-20 of the catalogue as bytes on the wire: responses of a scripted server to
 * the booted kernel's `curl`, and what it prints for each (RFC 9112, RFC 9110).
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Peer, stay } from "../lab/host/raw-server.ts";
import { type Case, ScriptedAnswers } from "../lab/host/scripted-answers.ts";

const ok = "HTTP/1.1 200 OK\r\n";
const malformed = "(8) malformed header field";
const control = "(8) control character in a header field";
const cut = "(18) transfer closed with outstanding read data remaining";
const head = (...lines: string[]) => `${ok}${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const sized = (length: string, body = "hello") => head(`Content-Length: ${length}`) + body;
const chunked = (body: string) => head("Transfer-Encoding: chunked") + body;
const last = "0\r\n\r\n";

suite("responses to curl", () => {
  let bench: ScriptedAnswers;
  before(async () => {
    bench = await ScriptedAnswers.start();
  });
  after(() => bench?.stop());

  test("HTP-01: accepts a status line without a reason phrase", async () => {
    await bench.all([
      ["HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab", "ab"],
      ["HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab", "ab"],
    ]);
  });

  test("HTP-02: rejects a status code that is not three digits, or is below 100", async () => {
    const bad = "(1) Unsupported response code in HTTP response";
    const codes = ["1000 X", "20 X", "2OO", "099 X"];
    await bench.all(codes.map((code) => [`HTTP/1.1 ${code}\r\n\r\n`, bad]));
  });

  test("HTP-03, HTP-04: fails without a status line of HTTP/1.0 or HTTP/1.1", async () => {
    const lines = ["ICY 200 OK\r\n\r\n", "HTP/1.1 200\r\n\r\n", "http/1.1 200\r\n\r\n", "hello"];
    const versions = ["HTTP/2.0 200\r\n\r\n", "HTTP/0.9\r\n\r\n"];
    await bench.all([
      ...lines.map((text): Case => [text, "(1) Received HTTP/0.9 when not allowed"]),
      ...versions.map((text): Case => [text, "(1) Unsupported HTTP version in response"]),
    ]);
  });

  test("HTP-05: accepts LF as the end of a line, but not a bare CR", async () => {
    await bench.all([
      ["HTTP/1.1 200 OK\nContent-Length: 2\n\nab", "ab"],
      [head("X: a\rContent-Length: 1"), control],
      [head("X: a\rb"), control],
      [head("X: a\r"), control],
      ["HTTP/1.1 200 OK\r\r\n\r\n", "(8) control character in the status line"],
    ]);
  });

  test("HTP-06: rejects NUL in a value, a name, and the status line", async () => {
    await bench.all([
      [head("X: a\0b"), control],
      [head("X\0: a"), malformed],
      ["HTTP/1.1 200 O\0K\r\n\r\n", "(8) control character in the status line"],
    ]);
  });

  test("HTP-07: rejects malformed header fields", async () => {
    await bench.all([
      [`${head("Content-Length : 5")}hello`, malformed],
      [head(": novalue"), malformed],
      [head("no colon"), malformed],
      [head(" X: leading", "Content-Length: 0"), "(8) blank before a field"],
    ]);
  });

  test("HTP-08: unfolds lines, in Transfer-Encoding too", async () => {
    await bench.all([[`${head("X: a", " Content-Length: 1", "Content-Length: 2")}ab`, "ab"]]);
    await bench.all([
      [`${head("Transfer-Encoding:", " chunked")}2\r\nab\r\n${last}`, "ab"],
      [
        `${head("Transfer-Encoding: chunked", " x")}${last}`,
        /^\(61\) Unsupported transfer encoding/,
      ],
    ]);
  });

  test("HTP-09: accepts a repeated Content-Length only if the values agree", async () => {
    const two = "(8) conflicting Content-Length values";
    await bench.all([
      [`${head("Content-Length: 5", "Content-Length: 5")}hello`, "hello"],
      [sized("5, 5"), "hello"],
      [sized("5, 6"), two],
      [`${head("Content-Length: 5", "Content-Length: 6")}hello`, two],
    ]);
  });

  test("HTP-10: rejects a Content-Length that is not a number of 63 bits", async () => {
    const bad = ["-1", "+5", "0x5", "5a", "", "5.0"];
    const long = ["18446744073709551616", "9223372036854775808", "99999999999999999999999"];
    await bench.all([
      ...long.map((length): Case => [sized(length), "(63) Maximum file size exceeded"]),
      ...bad.map((length): Case => [sized(length), "(8) Invalid Content-Length: value"]),
      [sized("4294967301"), `hello\n${cut}`],
    ]);
  });

  test("HTP-11: fails if a FIN or an RST ends the body before the announced length", async () => {
    const short = sized("100");
    await bench.all([
      [short, `hello\n${cut}`],
      [sized("1", ""), cut],
    ]);
    const reset = async (peer: Peer) => {
      await peer.send(short);
      peer.reset();
    };
    // QEMU's user network forwards an RST as an RST or as a FIN.
    const shown = await bench.ask(reset);
    assert.ok([cut, "(56) Connection reset by peer"].includes(shown.replace("hello\n", "")));
    await bench.alive();
  });

  test("HTP-12: drops bytes after the body, and closes the connection", async () => {
    const before = bench.server.connections;
    const more = stay(sized("2", "heXXXXX"));
    await bench.all([
      [more, "he"],
      [more, "he"],
    ]);
    assert.equal(bench.server.connections - before, 3);
  });

  test("HTP-13: prefers chunked over Content-Length, and closes", async () => {
    const before = bench.server.connections;
    const both = head("Transfer-Encoding: chunked", "Content-Length: 3");
    await bench.all([[stay(`${both}5\r\nhello\r\n${last}`), "hello"]]);
    assert.equal(bench.server.connections - before, 2);
  });

  test("HTP-14: accepts only chunked as a transfer coding, and only in HTTP/1.1", async () => {
    const codings = ["gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunked;q=1"];
    codings.push("chunked\r\nTransfer-Encoding: chunked");
    const body = `5\r\nhello\r\n${last}`;
    await bench.all([
      ...codings.map((coding): Case => {
        const shown = /^\(61\) Unsupported transfer encoding type '/;
        return [head(`Transfer-Encoding: ${coding}`) + body, shown];
      }),
      [head("Transfer-Encoding: chunked\x0b") + body, control],
      [
        `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        "(8) Transfer-Encoding in HTTP/1.0",
      ],
      [head("TRANSFER-encoding:\tChunked ") + body, "hello"],
    ]);
  });

  test("HTP-15: rejects chunk sizes that would wrap", async () => {
    const sizes = ["FFFFFFFFFFFFFFFF", "10000000000000000", "8000000000000000"];
    await bench.all([
      ...sizes.map((size): Case => {
        return [
          chunked(`${size}\r\nhello\r\n${last}`),
          "(56) Too long hexadecimal number in chunked-encoding",
        ];
      }),
      [chunked(`100000002\r\nhello`), `hello\n${cut}`],
    ]);
  });

  test("HTP-16: accepts only hex digits and trailing blanks as a chunk size", async () => {
    const none = ["", "-5", "0x5", " 5", "G", "+5", "5\n"];
    const text = (size: string) => chunked(`${size}\r\nhello\r\n${last}`);
    await bench.all([
      ...none.map(
        (size): Case => [
          text(size),
          "(56) Illegal or missing hexadecimal sequence in chunked-encoding",
        ],
      ),
      [text("0".repeat(33)), "(56) Too long hexadecimal number in chunked-encoding"],
      [text("00000000000000000005"), "hello"],
      [text("5 "), "hello"],
    ]);
  });

  test("HTP-17: rejects chunk data that CRLF does not follow", async () => {
    await bench.all([
      [chunked(`5\r\nhelloXX${last}`), "hello\n(56) Malformed encoding found in chunked-encoding"],
      [chunked(`5\r\nhello\n${last}`), "hello\n(56) Malformed encoding found in chunked-encoding"],
    ]);
  });

  test("HTP-18: limits the chunk extensions of a body", async () => {
    const long = "(56) chunk extensions too long";
    const many = async (peer: Peer) => {
      await peer.send(chunked(""));
      const chunk = `1;${"x".repeat(1024)}\r\na\r\n`;
      for (let i = 0; i < 1000 && peer.open; i++) await peer.send(chunk.repeat(100));
      peer.finish();
    };
    await bench.all([
      [chunked(`5;${"x".repeat(1 << 20)}\r\nhello\r\n${last}`), long],
      [many, `${"a".repeat(16)}\n${long}`],
      [chunked(`5;a=b\r\nhello\r\n${last}`), "hello"],
    ]);
  });

  test("HTP-19: reports a FIN before the end of the last chunk", async () => {
    await bench.all([
      [chunked("5\r\nhello\r\n"), `hello\n${cut}`],
      [chunked("5\r\nhello\r\n0\r\n"), `hello\n${cut}`],
      [chunked("5\r\nhello\r\n0\r\n\r"), `hello\n${cut}`],
    ]);
  });

  test("HTP-20: limits the trailer, and ignores its fields", async () => {
    const trailer = (lines: string) => chunked(`5\r\nhello\r\n0\r\n${lines}\r\n`);
    await bench.all([
      [trailer("Content-Length: 1\r\nTransfer-Encoding: x\r\nHost: evil.test\r\n"), "hello"],
      [trailer(`X: ${"a".repeat(1 << 20)}\r\n`), "hello\n(56) trailer too long"],
      [trailer("X: a\0\r\n"), "hello\n(56) malformed trailer"],
    ]);
    const shown = await bench.ask(trailer("Host: evil.test\r\n"), "-i");
    assert.doesNotMatch(shown, /evil/);
  });

  test("leaves no connection and no memory in use", async () => {
    await bench.nothingIsHeld();
  });
});
