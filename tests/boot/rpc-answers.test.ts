/**
 * Rows RPC-01 and RPC-03 to RPC-13 of the catalogue as bytes on the wire: responses of a scripted
 * server to the booted kernel's `rpc`, and what it prints for each (JSON-RPC 2.0, RFC 8259).
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Peer, Script } from "../lab/host/raw-server.ts";
import { ScriptedAnswers } from "../lab/host/scripted-answers.ts";

const MEBIBYTE = 1 << 20;
const long = /^the response is longer than \d{7,8} bytes$/;

/** Encodes an HTTP response with a body and its length. */
const http = (body: Uint8Array, status = "200 OK", fields = "") =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${fields}Content-Length: ${body.length}\r\n\r\n`),
    body,
  ]);

/** Sends a response in which ID stands for the id of the call, ID2 for that of the next, etc. */
const answer =
  (body: string | Uint8Array, status = "200 OK", fields = ""): Script =>
  (peer: Peer, request: string) => {
    if (typeof body !== "string") return peer.finish(http(body, status, fields));
    const first = Number(/"id":(\d+)/.exec(request)?.[1]);
    const text = body.replace(/ID(\d?)/g, (_, n) => `${first + (n === "" ? 1 : Number(n)) - 1}`);
    peer.finish(http(Buffer.from(text), status, fields));
  };

const result = (value: string) => answer(`{"jsonrpc":"2.0","id":ID,"result":${value}}`);
const object = (members: string) => answer(`{"jsonrpc":"2.0",${members}}`);
const error = (value: string) => answer(`{"jsonrpc":"2.0","id":ID,"error":${value}}`);

suite("responses to rpc", () => {
  let bench: ScriptedAnswers;
  before(async () => {
    bench = await ScriptedAnswers.start();
  });
  after(() => bench?.stop());

  /** Runs `rpc` for each response; its output must match, and its exit code be `code`. */
  async function all(cases: [Script, string | RegExp][], code: number, words = "m") {
    for (const [script, wanted] of cases) {
      const url = bench.server.answer(script);
      const options = words.startsWith("-b") ? "-b " : "";
      const line = `rpc --retry 0 ${options}${url} ${words.replace("-b ", "")}`;
      const given = await bench.machine.command(line, 60_000);
      const shown = given.output.replace(/^rpc: (http\S+: )?/gm, "");
      if (typeof wanted === "string") assert.equal(shown, wanted);
      else assert.match(shown, wanted);
      assert.equal(given.code, code, shown);
    }
    await bench.alive();
  }

  test("RPC-01: limits the depth of arrays and objects", async () => {
    const depth = "not JSON: expected a depth of at most 1024 at byte";
    await all(
      [
        [result("[".repeat(100_000)), `${depth} 1056`],
        [result('{"a":'.repeat(100_000)), `${depth} 5148`],
      ],
      1,
    );
    const deep = `${"[".repeat(300)}${"]".repeat(300)}`;
    await all([[result(deep), JSON.stringify(JSON.parse(deep), null, 2)]], 0);
  });

  test("RPC-03: keeps every digit of a number, and rejects malformed ones", async () => {
    const numbers = ["1e400", "-0", "0.1e-400", "9007199254740993"];
    numbers.push("123456789012345678901234567890");
    await all(
      numbers.map((number) => [result(number), number]),
      0,
    );
    const bad = ["01", "+1", ".5", "1.", "NaN", "Infinity", "0x1"];
    await all(
      bad.map((number) => [result(number), /^not JSON: expected .* at byte \d+$/]),
      1,
    );
  });

  test("RPC-04: uses the last of members with the same name", async () => {
    await all([[object('"id":99999,"id":ID,"result":1,"result":2'), "2"]], 0);
    await all([[object('"id":ID,"id":99999,"result":1'), "the response id does not match"]], 1);
  });

  test("RPC-05: rejects text that is not UTF-8, and prints no control characters", async () => {
    const bytes = (...middle: number[]) =>
      answer(
        Buffer.concat([
          Buffer.from('{"jsonrpc":"2.0","id":1,"result":"'),
          Buffer.from(middle),
          Buffer.from('"}'),
        ]),
      );
    const utf8 = "not JSON: expected UTF-8 at byte 34";
    const good = '{"jsonrpc":"2.0","id":1,"result":1}';
    await all(
      [
        [bytes(0xff), utf8],
        [bytes(0xc0, 0x80), utf8],
        [bytes(0xed, 0xa0, 0x80), utf8],
        [answer(`\ufeff${good}`), "not JSON: expected a value at byte 0"],
        [answer(Buffer.from(good, "utf16le")), "not JSON: expected a name in quotes at byte 1"],
        [result('"\\ud800"'), "not JSON: expected the rest of a surrogate pair at byte 41"],
      ],
      1,
    );
    const escapes = '"\\u001b[2J\\u0007\\u202e"';
    await all([[result(escapes), escapes]], 0);
    assert.ok(!bench.machine.raw.includes("\x1b[2J"));
  });

  test("RPC-06: rejects an id of another value or type", async () => {
    const ids = ["99999", '"ID"', "null", "ID.0", "IDe0", "true", "[ID]"];
    await all(
      ids.map((id) => [object(`"id":${id},"result":1`), "the response id does not match"]),
      1,
    );
    await all([[object('"result":1'), "the response id does not match"]], 1);
  });

  test("RPC-07: requires the version, and either a result or an error", async () => {
    const failure = '"error":{"code":1,"message":"m"}';
    await all(
      [
        [object(`"id":ID,"result":1,${failure}`), "the response has both result and error"],
        [object('"id":ID'), "the response has neither result nor error"],
        [answer('{"jsonrpc":"1.0","id":ID,"result":1}'), "the response is not JSON-RPC 2.0"],
        [answer('{"id":ID,"result":1}'), "the response is not JSON-RPC 2.0"],
      ],
      1,
    );
    await all([[answer('{"id":ID,"result":1,"error":null}'), "1"]], 0);
  });

  test("RPC-08: shows an error as it is sent, and limits its size", async () => {
    const shown = (number: string, message: string) =>
      `{\n  "code": ${number},\n  "message": "${message}"\n}`;
    await all(
      [
        [error('{"code":"1","message":"m"}'), shown('"1"', "m")],
        [error('{"code":1.5,"message":"m"}'), shown("1.5", "m")],
        [error('"over quota"'), '"over quota"'],
        [error('{"code":1099511627776,"message":"m"}'), shown("1099511627776", "m")],
        [error('{"code":1}'), '{\n  "code": 1\n}'],
        [error(`{"code":1,"message":"${"a".repeat(100_000)}"}`), shown("1", "a".repeat(100_000))],
      ],
      1,
    );
    const data = `"${"d".repeat(20 * MEBIBYTE)}"`;
    await all([[error(`{"code":1,"message":"m","data":${data}}`), long]], 63);
  });

  test("RPC-09: matches a batch's responses: reordered, duplicate, missing, none", async () => {
    const one = (id: string) => `{"jsonrpc":"2.0","id":${id},"result":"${id}"}`;
    const batch = (...answers: string[]) => answer(`[${answers.join()}]`);
    await all([[batch(one("ID2"), one("ID1")), /^m: "\d+"\nn: "\d+"$/]], 0, "-b m n");
    await all(
      [
        [batch(one("ID2")), /^m: the batch response lacks id \d+\nn: "\d+"$/],
        [batch(one("ID1"), one("ID2"), one("ID1")), /^m: two responses for id \d+\nn: "\d+"$/],
        [batch(), "m: the batch response is empty\nn: the batch response is empty"],
        [answer(one("ID")), "m: the response id does not match\nn: the response id does not match"],
      ],
      1,
      "-b m n",
    );
    await all([[batch(one("ID")), "the response is not an object"]], 1);
  });

  test("RPC-10: reports HTTP errors, other content, and error objects with HTTP 500", async () => {
    const html = "Content-Type: text/html\r\n";
    await all(
      [
        [answer("<html>", "200 OK", html), "text/html is not JSON: expected a value at byte 0"],
        [answer(""), "the response is empty"],
        [
          answer('{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"down"}}', "500 X"),
          '{\n  "code": -32000,\n  "message": "down"\n}',
        ],
      ],
      1,
    );
    await all(
      [
        [answer("<html>", "502 Bad Gateway", html), "HTTP 502 Bad Gateway"],
        [answer("", "429 Slow", "Retry-After: 7\r\n"), "HTTP 429 Slow, retry after 7 s"],
        [
          answer("", "429 Slow", "Retry-After: 99999999999\r\n"),
          "HTTP 429 Slow, retry after 3600 s",
        ],
        [answer("", "429 Slow", "Retry-After: -1\r\n"), "HTTP 429 Slow"],
      ],
      22,
    );
  });

  test("RPC-11: rejects a response cut short anywhere, doubled, or followed by text", async () => {
    const whole = '{"jsonrpc":"2.0","id":1,"result":"'.padEnd(398, "x").concat('"}');
    const end = "not JSON: expected the end of the text at byte 400";
    const cut = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
    await all(
      cut.map((text) => [answer(text), /^(not JSON: expected .*|the response is empty)$/]),
      1,
    );
    await all(
      [
        [answer(whole + whole), end],
        [answer(`${whole}x`), end],
      ],
      1,
    );
  });

  test("RPC-12: shows a malformed quantity as sent, without a decimal value", async () => {
    const texts = ["0x", "0x00", "0X1", "1", "0x01", "-0x1", `0x1${"0".repeat(64)}`];
    await all(
      texts.map((text) => [result(`"${text}"`), `"${text}"`]),
      0,
    );
    for (const text of texts) {
      const checked = await bench.machine.command(
        `check ${bench.server.answer(result(`"${text}"`))}`,
      );
      assert.equal(checked.code, 1);
      const shown = `FAIL rpc  eth_chainId = "${text}", expected a quantity such as 0x144`;
      assert.equal(checked.output.split("\n").at(-1), shown);
    }
    const largest = `0x${"f".repeat(64)}`;
    await all([[result(`"${largest}"`), `"${largest}" (${2n ** 256n - 1n})`]], 0);
    await all([[result(`"0x${"1".repeat(20 * MEBIBYTE)}"`), long]], 63);
  });

  test("RPC-13: stops at the size that memory allows, announced or not", async () => {
    const announced = (length: number): Script => {
      return (peer) => peer.finish(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n[`);
    };
    const block = Buffer.alloc(MEBIBYTE, "1");
    const chunked = async (peer: Peer) => {
      await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (let i = 0; i < 100 && peer.open; i++) {
        await peer.send(Buffer.concat([Buffer.from("100000\r\n"), block, Buffer.from("\r\n")]));
      }
      peer.finish("0\r\n\r\n");
    };
    await all(
      [
        [announced(20 * MEBIBYTE), long],
        [announced(100 * MEBIBYTE), long],
        [chunked, long],
      ],
      63,
    );
    // A large block with its transactions takes 2.7 MB.
    await all([[result(`${" ".repeat(2_700_000)}1`), "1"]], 0);
  });

  test("leaves no connection and no memory in use", async () => {
    await bench.nothingIsHeld();
  });
});
