/**
 * Rows HTP-21 to HTP-25, HTP-30 to HTP-32, HTP-34, HTP-35 and HTP-37 of the catalogue as bytes on
 * the wire: responses that are endless, without a body, early, in pieces, and with a character too
 * many (RFC 9112, RFC 9110). Some are repeated over TLS.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { netErrors } from "../lab/host/console.ts";
import { type Peer, RawServer, stay } from "../lab/host/raw-server.ts";
import { type Case, good, ScriptedAnswers } from "../lab/host/scripted-answers.ts";

const ok = "HTTP/1.1 200 OK\r\n";
const MEBIBYTE = 1 << 20;
const root = makeRoot("Test Root");
const certificate = makeServer(["10.0.2.2"], makeAuthority("Test Authority", root));

/** Sends `begin`, then `bytes` again and again until the client closes. */
const endless =
  (begin: string, bytes: string, pause = 0) =>
  async (peer: Peer) => {
    await peer.send(begin);
    while (peer.open) {
      await peer.send(bytes);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

/** Returns every position at which a text can be split. */
const places = (text: string) => Array.from({ length: text.length - 1 }, (_, index) => index + 1);
const inPieces =
  (text: string, cuts: number[], pause = 1) =>
  (peer: Peer) =>
    peer.pieces(text, cuts, pause);

/** HTP-37: what the guest's curl must print, and for which characters at which places. */
const expectedOutputs = {
  "(1) Received HTTP/0.9 when not allowed": "LF1 LF2 CR1 CR2 HT1 HT2 SP1 SP2 NUL1 NUL2 :1 :2",
  "(1) Unsupported HTTP version in response":
    "LF3 LF4 LF5 LF6 LF7 CR3 CR4 HT3 HT4 HT5 HT6 HT7 SP3 SP4 SP5 SP6 SP7 NUL3 NUL4 " +
    ":3 :4 :5 :6 :7",
  "(1) Unsupported response code in HTTP response": "LF8 HT8 HT9 SP8 :8 :9",
  "(8) control character in the status line":
    "CR5 CR6 CR7 CR8 CR9 CR10 CR11 CR12 CR13 HT13 SP13 NUL5 NUL6 NUL7 NUL8 NUL9 NUL10 NUL11 " +
    "NUL12 NUL13 :13",
  "(8) blank before a field": "LF9 HT14 SP14",
  "(8) malformed header field": "LF10 LF11 LF15 LF16 CR14 CR15 HT15 SP15 NUL14 NUL15 :14",
  "(8) control character in a header field": "CR16 CR17 NUL16 NUL17",
  // An empty line ends the header.
  "X: y\nContent-Length: 2\n\nab": "LF12 LF13 LF14",
  "Content-Length: 2\n\nab": "LF17",
  // Accepted: the character is in or next to the reason phrase or the field's value.
  ab: "HT10 HT11 HT12 HT16 HT17 SP9 SP10 SP11 SP12 SP16 SP17 :10 :11 :12 :15 :16 :17",
};

suite("bodies and framing", () => {
  let bench: ScriptedAnswers;
  let secure: RawServer;
  before(async () => {
    secure = await RawServer.start(certificate);
    bench = await ScriptedAnswers.start({ modules: { "ca.pem": root.pem } });
  });
  after(async () => {
    await bench?.stop();
    await secure?.stop();
  });

  test("HTP-21: limits the header's lines, fields and length", async () => {
    const long = "(100) Too large response headers";
    await bench.all([
      [`${ok}X: ${"a".repeat(10 * MEBIBYTE)}\r\n\r\n`, long],
      [`${ok}${"X: 456789\r\n".repeat(1_000_000)}\r\n`, "(100) Too many response headers"],
      [endless(`${ok}X: `, "a".repeat(1000)), long],
      [endless(ok, "X: a\r\n".repeat(10)), "(100) Too many response headers"],
      [endless("HTTP/1.1 200 ", "a".repeat(1000)), long],
    ]);
  });

  test("HTP-22: ends an endless body at the deadline, fast or slow", async () => {
    const late = /^\(28\) Operation timed out after 1\d\d\d milliseconds with \d+ bytes received$/;
    const cases: Case[] = [
      [endless(`${ok}\r\n`, "a".repeat(10_000), 10), late],
      [endless(`${ok}\r\n`, "a", 10_000), late],
      [endless(`${ok}Transfer-Encoding: chunked\r\n\r\n`, "1\r\na\r\n", 10_000), late],
    ];
    await bench.all(cases, "-o null -m 1.5");
  });

  test("HTP-23: skips 32 interim responses, and rejects more", async () => {
    const interim = ["100 Continue", "103 Early Hints\r\nLink: </x>", "199 X", "102"];
    const four = interim.map((line) => `HTTP/1.1 ${line}\r\n\r\n`).join("");
    const many = "(8) too many interim responses";
    await bench.all([
      [four.repeat(8) + good, "good"],
      [four.repeat(8) + four.slice(0, 25) + good, many],
      [four.repeat(250) + good, many],
      [endless("", four), many],
    ]);
  });

  test("HTP-24: rejects a switch of protocols", async () => {
    const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
    await bench.all([[switched, "(8) unexpected 101 response"]]);
  });

  test("HTP-25: drops a body after 204, 304 or HEAD, and closes the connection", async () => {
    const before = bench.server.connections;
    const body = "\r\nContent-Length: 5\r\n\r\nhello";
    await bench.all([
      [stay(`HTTP/1.1 204 No Content${body}`), ""],
      [stay(`HTTP/1.1 304 Not Modified${body}`), ""],
    ]);
    await bench.all([[stay(`HTTP/1.1 200 OK${body}`), ""]], "-X HEAD");
    assert.ok(bench.server.connections - before >= 4);
  });

  test("HTP-30: requests no content coding, and decodes none", async () => {
    const coded = `${ok}Content-Encoding: gzip\r\nContent-Length: `;
    await bench.all([[`${coded}3\r\n\r\nxyz`, "xyz"]]);
    const bomb = `${coded}${10 * MEBIBYTE}\r\n\r\n\x1f\x8b${"\0".repeat(10 * MEBIBYTE - 2)}`;
    await bench.all([[bomb, /^HTTP 200, 10485760 bytes, /]], "-o null");
    assert.doesNotMatch(bench.server.requests.join(), /accept-encoding/i);
  });

  test("HTP-31: reads a response that arrives before the whole request is sent", async () => {
    const refusal =
      "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
    const fin = `${refusal}no`;
    const rst = async (peer: Peer) => {
      await peer.send(`${refusal}no`);
      peer.reset();
    };
    for (const script of [fin, rst, fin, rst]) {
      const url = bench.server.answer(script, "/early");
      assert.equal(await bench.curl(`-d @bytes:${MEBIBYTE} ${url}`), "no");
    }
    await bench.alive();
  });

  test("HTP-32: reads a response split at every position, and byte by byte", async () => {
    const fields = `X: ${"y".repeat(100)}\r\n folded\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const text = `${ok}${fields}5;e=1\r\nhello\r\n40\r\n${"z".repeat(64)}\r\n0\r\nT: u\r\n\r\n`;
    const shown = `hello${"z".repeat(64)}`;
    await bench.all(places(text).map((cut): Case => [inPieces(text, [cut]), shown]));
    const received = async () => {
      const table = await bench.machine.ok("ip -s link");
      return Number(/RX: .*\n +\d+ +(\d+)/.exec(table)?.[1]);
    };
    // On a busy host bytes may share a segment: pause longer until each has its own.
    let segments = 0;
    for (let pause = 1; pause <= 32 && segments < text.length; pause *= 2) {
      const before = await received();
      await bench.all([[inPieces(text, places(text), pause), shown]]);
      segments = (await received()) - before;
    }
    assert.ok(segments >= text.length, `${text.length} bytes in ${segments} segments`);
  });

  test("HTP-34: closes after Connection: close and after HTTP/1.0", async () => {
    const before = bench.server.connections;
    await bench.all([
      [stay(`${ok}Connection: close\r\nContent-Length: 2\r\n\r\nab${good}`), "ab"],
      [stay("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab"), "ab"],
      ["HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"],
    ]);
    assert.equal(bench.server.connections - before, 4);
  });

  test("HTP-35: rejects anything before the status line", async () => {
    const cases = ["\r\n\r\n", "\n", " ", "x"].map((text): Case => {
      return [text + good, "(1) Received HTTP/0.9 when not allowed"];
    });
    await bench.all(cases);
  });

  test("HTP-37: six characters inserted at 17 places have the expected results", async () => {
    const template = "|HTTP|/|1|.|1| |2|00| |O|K|\r|\n|X|: |y|\r\nContent-Length: 2\r\n\r\nab";
    const parts = template.split("|");
    assert.equal(parts.length - 1, 17);
    const characters = { LF: "\n", CR: "\r", HT: "\t", SP: " ", NUL: "\0", ":": ":" };
    const results: Record<string, string> = {};
    for (const [name, character] of Object.entries(characters)) {
      for (let place = 1; place < parts.length; place++) {
        const text = parts.slice(0, place).join("") + character + parts.slice(place).join("");
        const shown = await bench.ask(text);
        results[shown] = `${results[shown] ?? ""} ${name}${place}`.trim();
      }
    }
    assert.deepEqual(results, expectedOutputs);
    await bench.alive();
  });

  test("the same bytes have the same results over TLS", async () => {
    const cases: Case[] = [
      [good, "good"],
      [`${ok}Content-Length: 4294967301\r\n\r\nhello`, /^hello\n\(18\) /],
      [`${ok}Content-Length: 5, 6\r\n\r\nhello`, /^\(8\) conflicting Content-Length/],
      [
        `${ok}Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\n`,
        "(56) Too long hexadecimal number in chunked-encoding",
      ],
      [`${ok}X: ${"a".repeat(10 * MEBIBYTE)}\r\n\r\n`, "(100) Too large response headers"],
      [endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "(8) too many interim responses"],
      [inPieces(good, places(good)), "good"],
    ];
    await bench.all(cases, "", secure);
  });

  test("leaves no connection and no memory in use", async () => {
    await bench.nothingIsHeld();
    assert.deepEqual(await netErrors(bench.machine), {});
  });
});
