/**
 * Rows HTP-26 to HTP-29, HTP-33 and HTP-36 of the catalogue against scripted servers: where
 * redirects may lead and what they disclose, which requests are retried, and which are never sent
 * (RFC 9110, RFC 9112).
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { type Peer, RawServer, stay } from "../lab/host/raw-server.ts";
import { type Case, good, ScriptedAnswers } from "../lab/host/scripted-answers.ts";

const root = makeRoot("Test Root");
const certificate = makeServer(["10.0.2.2"], makeAuthority("Test Authority", root));
const redirect = (location: string, status = 302) =>
  `HTTP/1.1 ${status} X\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;

suite("curl's requests", () => {
  let bench: ScriptedAnswers;
  let other: RawServer;
  let secure: RawServer;
  before(async () => {
    other = await RawServer.start();
    secure = await RawServer.start(certificate);
    bench = await ScriptedAnswers.start({ modules: { "ca.pem": root.pem } });
  });
  after(async () => {
    await bench?.stop();
    await other?.stop();
    await secure?.stop();
  });

  test("HTP-26: follows at most fifty redirects, in a loop or a chain", async () => {
    const { server } = bench;
    const move = (from: string, to: string) => server.answer(stay(redirect(to)), from);
    move("/a", "/b");
    move("/b", "/a");
    move("/self", "/self");
    for (let i = 0; i < 1000; i++) move(`/chain-${i}`, `/chain-${i + 1}`);
    for (const path of ["/a", "/self", "/chain-0"]) {
      const before = server.requests.length;
      assert.equal(
        await bench.curl(`-L ${server.url(path)}`),
        "(47) Maximum (50) redirects followed",
      );
      assert.equal(server.requests.length - before, 51);
    }
    server.answer(good, "/chain-50");
    assert.equal(await bench.curl(`-L ${server.url("/chain-0")}`), "good");
  });

  test("HTP-27: follows redirects to http and https only, no downgrade, no user name", async () => {
    const bad = (location: string, shown: string): Case => [redirect(location), shown];
    const scheme = (name: string) => `(1) Protocol "${name}" not supported in redirect`;
    await bench.all(
      [
        bad("file:///etc/passwd", scheme("file")),
        bad("gopher://10.0.2.2/", scheme("gopher")),
        bad("javascript:alert(1)", scheme("javascript")),
        bad("data:,x", scheme("data")),
        bad("http://user:pw@10.0.2.2/", "(3) redirect URL contains a user name"),
        bad(
          "//evil.invalid/",
          "(6) Could not resolve host: evil.invalid: name does not exist (NXDOMAIN)",
        ),
        bad("http://127.0.0.1:9/", "(7) Failed to connect to 127.0.0.1 port 9: Connection refused"),
        bad("http://10.0.2.15:9/", "(7) Failed to connect to 10.0.2.15 port 9: Connection refused"),
      ],
      "-L",
    );
    const down = redirect(bench.server.url("/good"));
    await bench.all([[down, "(3) redirect from https to http is not allowed"]], "-L", secure);
    const up = redirect(secure.answer(good, "/up"));
    await bench.all([[up, "good"]], "-L");
  });

  test("HTP-27: sends no credentials or cookies to another origin", async () => {
    const secrets = "-H 'Authorization: secret' -H 'Cookie: secret' -H 'X-Other: public'";
    const there = other.answer(good, "/there");
    for (const options of [secrets, "-H 'X-Other: public'"]) {
      const first = bench.server.answer(redirect(there), "/first");
      const url = first.replace("http://", "http://me:secret@");
      assert.equal(await bench.curl(`-L ${options} ${url}`), "good");
      assert.match(bench.server.requests.at(-1) ?? "", /^Authorization: /m);
      const seen = other.requests.at(-1) ?? "";
      assert.match(seen, /^X-Other: public\r$/m);
      assert.match(seen, new RegExp(`^Host: 10\\.0\\.2\\.2:${other.port}\r$`, "m"));
      assert.doesNotMatch(seen, /secret|authorization|cookie|me@/i);
    }
  });

  test("HTP-28: rejects a Location that could split a request", async () => {
    const bad = "(3) redirect to an invalid URL: expected";
    const before = bench.server.requests.length;
    const cases: Case[] = [
      [redirect("/a\0"), "(8) control character in a header field"],
      [redirect("/a\rb"), "(8) control character in a header field"],
      [redirect(`/${"a".repeat(9000)}`), `${bad} at most 8192 characters`],
      [redirect(`/${"a".repeat(1 << 20)}`), "(100) Too large response headers"],
      [redirect("/a\r\nLocation: /b"), "(3) conflicting Location headers"],
      ["HTTP/1.1 302 X\r\nContent-Length: 4\r\n\r\nhere", "here"],
    ];
    await bench.all(cases, "-L");
    assert.equal(
      bench.server.requests.length - before,
      cases.length + 1,
      "a redirect was followed",
    );
    await bench.all([[redirect("/good\r\nX-Injected: 1"), "good"]], "-L");
    assert.doesNotMatch(bench.server.requests.join(), /injected/i);
    bench.server.answer(good, "/a%20b|%C3%A9");
    await bench.all([[redirect("/a b|\xc3\xa9"), "good"]], "-L");
  });

  test("HTP-29: keeps a POST and its body on 307 and 308 only", async () => {
    bench.server.answer(good, "/next");
    const methods: [number, RegExp][] = [
      [301, /^GET \/next [\s\S]*\r\n\r\n$/],
      [302, /^GET \/next [\s\S]*\r\n\r\n$/],
      [303, /^GET \/next [\s\S]*\r\n\r\n$/],
      [307, /^POST \/next [\s\S]*\r\nContent-Length: 4\r\n\r\na=bc$/],
      [308, /^POST \/next [\s\S]*\r\nContent-Length: 4\r\n\r\na=bc$/],
    ];
    for (const [status, second] of methods) {
      assert.equal(await bench.ask(stay(redirect("/next", status)), "-L -d a=bc"), "good");
      assert.match(bench.server.requests.at(-1) ?? "", second, `${status}`);
    }
  });

  test("HTP-33: retries a request if a kept connection closes without an answer", async () => {
    const { server } = bench;
    /** Responds to the first request of a connection and closes it on the second. */
    const closing = (end: (peer: Peer) => void) => {
      const served = new Set<Peer>();
      return (peer: Peer) => {
        if (served.has(peer)) end(peer);
        else peer.send(good);
        served.add(peer);
      };
    };
    for (const end of [(peer: Peer) => peer.finish(), (peer: Peer) => peer.reset()]) {
      const url = server.answer(closing(end), "/closing");
      const from = server.requests.length;
      assert.equal(await bench.curl(url), "good");
      assert.equal(await bench.curl(url), "good");
      assert.equal(server.requests.length - from, 3, "the GET was not repeated");
      assert.equal(await bench.curl(`-d x ${url}`), "good");
      assert.equal(server.requests.length - from, 5, "the POST was not repeated");
      await bench.alive();
    }
  });

  test("HTP-36: rejects a malformed URL, header or method and sends nothing", async () => {
    const { connections, port } = bench.server;
    const url = "(3) URL using bad/illegal format: expected";
    const character = `${url} no space, control or non-ASCII character (percent-encode it)`;
    const portNumber = `${url} a port from 1 to 65535 after the colon`;
    const urls: [string, string][] = [
      ["'http://10.0.2.2/a b'", character],
      ["'http://10.0.2.2 /'", character],
      ["http://ü.test/", character],
      ["http://10.0.2.2/é", character],
      ["http://10.0.2.2:0/", portNumber],
      ["http://10.0.2.2:65536/", portNumber],
      ["http://10.0.2.2:80a/", portNumber],
      ["http://a@b@10.0.2.2/", `${url} at most one @ before the host`],
      ["http://#10.0.2.2/", `${url} a host`],
    ];
    for (const [words, shown] of urls) assert.equal(await bench.curl(words), shown, words);
    const requests: [string, string][] = [
      ["-H 'X: é'", "expected a value of printable ASCII for header X"],
      ["-H 'X Y: a'", "expected a header name of letters, digits and hyphens"],
      ["-H 'Content-Length: 5'", "header Content-Length: 5: the body has 0 bytes"],
      ["-X 'GE T'", "-X GE T: expected a method such as GET, POST or PUT (not CONNECT)"],
    ];
    for (const [words, shown] of requests) {
      const answer = await bench.machine.command(`curl ${words} ${bench.server.url("/good")}`);
      assert.deepEqual(answer, { output: `curl: ${shown}`, code: 2 });
    }
    assert.equal(bench.server.connections, connections);
    bench.server.answer(good, "/a?b");
    assert.equal(await bench.curl(`http://u@10.0.2.2:${port}/a?b#c`), "good");
    const seen = bench.server.requests.at(-1) ?? "";
    assert.match(seen, new RegExp(`^GET /a\\?b HTTP/1.1\r\nHost: 10.0.2.2:${port}\r\n`));
    await bench.alive();
  });

  test("leaves no connection and no memory in use", async () => {
    await bench.nothingIsHeld();
  });
});
