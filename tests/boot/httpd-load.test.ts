/** httpd under load from the host's curl, ab and wrk, and what it leaves in use. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, suite, test } from "node:test";
import { configured, heapLevel, netErrors, tcpLines, until } from "../lab/host/console.ts";
import { has, run } from "../lab/host/process.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";
import { patternBytes, sha256 } from "../lab/host/servers.ts";

const BULK = 64 * 1024 * 1024;

suite("httpd", () => {
  let machine: Machine;
  let base: string;

  before(async () => {
    machine = await Machine.boot({ memory: "128", nics: [userNet([80, 8080])] });
    await configured(machine);
    await machine.ok("httpd");
    base = `http://127.0.0.1:${await machine.port(80)}`;
  });
  after(() => machine?.stop());

  test("serves a page at /, JSON at /status.json, and 404 elsewhere", async () => {
    const page = await fetch(`${base}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /text\/html/);
    assert.match(await page.text(), /<html/i);
    const status = await fetch(`${base}/status.json`);
    assert.equal(typeof (await status.json()), "object");
    assert.equal((await fetch(`${base}/nothing`)).status, 404);
  });

  test("/bytes/N sends N bytes of the pattern, up to 64 MiB", async () => {
    for (const length of [0, 1, 1460, 65_537, BULK, BULK, BULK]) {
      const answer = await fetch(`${base}/bytes/${length}`);
      assert.equal(answer.status, 200);
      const bytes = Buffer.from(await answer.arrayBuffer());
      assert.equal(bytes.length, length);
      assert.equal(sha256(bytes), sha256(patternBytes(length)));
    }
  });

  test("POST /discard counts the bytes", async () => {
    const answer = await fetch(`${base}/discard`, { method: "POST", body: patternBytes(BULK) });
    assert.match(await answer.text(), new RegExp(`\\b${BULK}\\b`));
  });

  test("sends 64 MiB to the host's curl", { skip: !has("curl") && "curl is missing" }, async () => {
    const words = ["curl", "-s", "-S", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"];
    const { output } = await run([...words, `${base}/bytes/${BULK}`]);
    assert.equal(output, `200 ${BULK}`);
  });

  test("survives malformed requests", async () => {
    const bad = [
      "\r\n\r\n",
      "FROB / HTTP/1.1\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "\0\0\0\0\r\n\r\n",
    ];
    bad.push(
      `GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`,
      "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    );
    bad.push("POST /discard HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n");
    bad.push("GET /bytes/99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n");
    const port = await machine.port(80);
    for (const text of bad) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        socket.setTimeout(1000, () => socket.destroy());
        socket.on("data", () => {}).on("error", () => {});
        socket.on("close", () => resolve());
      });
    }
    assert.equal((await fetch(`${base}/`)).status, 200);
  });

  test("serves ab and wrk, eight at a time", async (t) => {
    if (!has("ab") || !has("wrk")) return t.skip("ab or wrk is missing");
    const ab = await run(["ab", "-q", "-n", "1000", "-c", "8", `${base}/bytes/1000`]);
    assert.match(ab.output, /Complete requests:\s+1000\b/, ab.output);
    assert.match(ab.output, /Failed requests:\s+0\b/, ab.output);
    const kept = await run(["ab", "-q", "-k", "-n", "2000", "-c", "8", `${base}/bytes/1000`]);
    assert.match(kept.output, /Failed requests:\s+0\b/, kept.output);
    const wrk = await run(["wrk", "-t1", "-c8", "-d3", `${base}/bytes/1000`]);
    assert.doesNotMatch(wrk.output, /Socket errors|Non-2xx/, wrk.output);
  });

  test("httpd starts on another port, but not twice on one, and stops", async () => {
    const again = await machine.command("httpd");
    assert.notEqual(again.code, 0);
    assert.match(again.output, /^httpd: .+/m);
    await machine.ok("httpd stop");
    await assert.rejects(fetch(`${base}/`));
    await machine.ok("httpd 8080");
    assert.equal((await fetch(`http://127.0.0.1:${await machine.port(8080)}/`)).status, 200);
    await machine.ok("httpd stop; httpd");
    assert.equal((await fetch(`${base}/`)).status, 200);
  });

  test("leaves nothing in use after 10,000 connections in sequence", async (t) => {
    if (!has("ab")) return t.skip("ab is missing");
    await machine.ok("ss");
    const words = ["ab", "-q", "-s", "60", "-n", "10000", "-c", "1", `${base}/bytes/100`];
    const warm = await run(["ab", "-q", "-n", "100", "-c", "8", `${base}/bytes/100`]);
    assert.match(warm.output, /Failed requests:\s+0\b/);
    const level = await heapLevel(machine);
    const { output } = await run(words, { milliseconds: 600_000 });
    assert.match(output, /Complete requests:\s+10000\b/, output);
    assert.match(output, /Failed requests:\s+0\b/, output);
    // On a busy host the user network retransmits acknowledged data.
    assert.deepEqual(await netErrors(machine), {});
    await until("no connection is left", 150_000, async () => {
      return (await tcpLines(machine)).length === 0;
    });
    const later = await heapLevel(machine);
    assert.ok(later - level < 16_384, `${level} bytes before, ${later} afterwards`);
  });
});
