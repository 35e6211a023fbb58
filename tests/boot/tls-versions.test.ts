/** TLS with nginx, OpenSSL and Node: versions, groups, resumption, bulk data, leaks. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, suite, test } from "node:test";
import { TLSSocket } from "node:tls";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured, netErrors, tlsHeapIsFree } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import {
  crcText,
  listening,
  NameServer,
  Nginx,
  patternBytes,
  Sink,
  sha256,
} from "../lab/host/servers.ts";
import { OpensslServer, TlsServer } from "../lab/host/tls-servers.ts";

const BULK = 64 * 1024 * 1024;
const root = makeRoot("Test Root");
const rsaRoot = makeRoot("RSA Test Root", { kind: "rsa" });
const good = makeServer(["good.tls.test", "10.0.2.2"], makeAuthority("Test Authority", root));
const rsaAuthority = makeAuthority("RSA Test Authority", rsaRoot);
const rsa = makeServer(["rsa.tls.test", "10.0.2.2"], rsaAuthority);

/** A server: the path's first word selects its response, the second how it then closes. */
class Abrupt {
  private static readonly answers: Record<string, string> = {
    counted: "Content-Length: 6\r\n\r\nto be\n",
    "counted-cut": "Content-Length: 9\r\n\r\nto be\n",
    chunked: "Transfer-Encoding: chunked\r\n\r\n6\r\nto be\n\r\n0\r\n\r\n",
    "chunked-cut": "Transfer-Encoding: chunked\r\n\r\n6\r\nto be\n\r\n",
    open: "\r\nto be\n",
  };

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<Abrupt> {
    const server = createServer((below) => {
      const secure = new TLSSocket(below, { isServer: true, cert: good.chain, key: good.key });
      secure.on("error", () => {});
      secure.once("data", (request: Buffer) => {
        const [, answer, end] = /GET \/(\S+)\/(\w+)/.exec(String(request)) ?? [];
        const text = `HTTP/1.1 200 OK\r\nConnection: close\r\n${Abrupt.answers[answer]}`;
        if (end === "polite") secure.end(text);
        else secure.write(text, () => below.destroy());
      });
    });
    return new Abrupt(server, await listening(server));
  }

  async stop(): Promise<void> {
    this.server.close();
  }
}

suite("TLS", () => {
  let machine: Machine;
  let names: NameServer;

  before(async () => {
    names = await NameServer.start(["--address=/tls.test/10.0.2.2"]);
    const configuration = `[Network]\nDHCP=yes\nDNS=10.0.2.2#${names.port}\n`;
    const modules = { "ca.pem": root.pem + rsaRoot.pem, "anonymos.conf": configuration };
    machine = await Machine.boot({ memory: "128", modules });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await names?.stop();
  });

  test("reads roots from ca.pem at boot", async () => {
    assert.match(await machine.ok("dmesg"), /ca\.pem: 2 trusted roots added/);
  });

  test("negotiates each key exchange group", async () => {
    for (const [group, shown] of [
      ["X25519", "x25519"],
      ["P-256", "secp256r1"],
      ["P-384", "secp384r1"],
    ]) {
      for (const version of ["-tls1_2", "-tls1_3"]) {
        const server = await OpensslServer.start(good, ["-www", version, "-groups", group]);
        try {
          const output = await machine.ok(`tls good.tls.test:${server.port}`, 60_000);
          assert.match(output, new RegExp(`^TLSv1\\.\\d, \\S+, ${shown}`, "m"));
        } finally {
          await server.stop();
        }
      }
    }
  });

  test("TLS-24 rejects older versions with a message", async () => {
    const more = ["-www", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    const server = await OpensslServer.start(good, more);
    try {
      const { output, code } = await machine.command(`curl https://good.tls.test:${server.port}/`);
      assert.equal(code, 35, output);
      assert.match(output, /protocol_version \(70\)|unsupported protocol version/);
    } finally {
      await server.stop();
    }
  });

  test("TLS-25 rejects weak suites", async () => {
    for (const cipher of ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"]) {
      const more = ["-www", "-tls1_2", "-cipher", `${cipher}:@SECLEVEL=0`];
      const server = await OpensslServer.start(cipher.includes("ECDSA") ? good : rsa, more);
      try {
        const url = `https://10.0.2.2:${server.port}/`;
        const { output, code } = await machine.command(`curl ${url}`);
        assert.equal(code, 35, output);
        assert.match(output, /TLS: .*handshake_failure \(40\)/);
      } finally {
        await server.stop();
      }
    }
  });

  test("TLS-44 rejects a server that does not speak TLS", async () => {
    const nginx = await Nginx.start({});
    try {
      const { output, code } = await machine.command(`curl https://10.0.2.2:${nginx.port}/`);
      assert.equal(code, 35, output);
      assert.match(output, /TLS: the peer sent an invalid record/);
    } finally {
      await nginx.stop();
    }
  });

  test("TLS-38 without close_notify, accepts only a body that marks its own end", async () => {
    const server = await Abrupt.start();
    const ask = (answer: string, end: string) =>
      machine.command(`curl https://good.tls.test:${server.port}/${answer}/${end}`, 60_000);
    try {
      for (const [answer, end] of [
        ["counted", "silent"],
        ["counted", "polite"],
        ["chunked", "silent"],
        ["open", "polite"],
      ]) {
        const { output, code } = await ask(answer, end);
        assert.equal(code, 0, `${answer}, ${end}: ${output}`);
        assert.match(output, /^to be$/m);
      }
      for (const answer of ["open", "counted-cut", "chunked-cut"]) {
        const { output, code } = await ask(answer, "silent");
        assert.equal(code, 56, `${answer}: ${output}`);
        assert.match(output, /^curl: \(56\) .*without close_notify/m);
      }
    } finally {
      await server.stop();
    }
  });

  test("TLS-41: resumes sessions by tickets in both versions", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const settings = { minVersion: version, maxVersion: version };
      const server = await TlsServer.start(good, {}, settings);
      try {
        const first = await machine.ok(`tls good.tls.test:${server.port}`, 60_000);
        assert.match(first, /, new session$/m);
        const url = `https://good.tls.test:${server.port}/`;
        const second = await machine.command(`curl -v -H 'Connection: close' ${url}`, 60_000);
        assert.match(second.output, /, resumed$/m);
        const other = await machine.ok(`tls 10.0.2.2:${server.port}`, 60_000);
        assert.match(other, /, new session$/m);
        await machine.ok("sleep 0.1");
        assert.deepEqual(
          server.seen.map((seen) => seen.resumed),
          [false, true, false],
        );
        assert.ok(server.seen.every((seen) => seen.protocol === version));
        assert.ok(server.seen.every((seen) => seen.alpn === "http/1.1"));
      } finally {
        await server.stop();
      }
    }
  });

  test("reuses a connection, as -v shows", async () => {
    const server = await TlsServer.start(good);
    try {
      const url = `https://good.tls.test:${server.port}`;
      const first = await machine.ok(`curl -v ${url}/a`, 60_000);
      assert.match(first, /^\* Connected to 10\.0\.2\.2 port \d+$/m);
      assert.match(first, /^\* TLSv1\.3, \S+, x25519, ALPN http\/1\.1$/m);
      assert.match(first, /^\* SSL certificate verify ok\.$/m);
      assert.match(first, /^> GET \/a HTTP\/1\.1$/m);
      assert.match(first, /^< HTTP\/1\.1 200 OK$/m);
      assert.match(first, /^secure \/a$/m);
      assert.match(await machine.ok(`curl -v ${url}/b`), /^\* Re-using existing connection to /m);
      assert.equal(server.seen.length, 1);
      assert.equal(server.seen[0].servername, "good.tls.test");
    } finally {
      await server.stop();
    }
  });

  test("receives 64 MiB unchanged over TLS", async (t) => {
    const bulk = patternBytes(BULK);
    const secure = { chain: rsa.chain, key: rsa.key };
    const nginx = await Nginx.start({ "bulk.bin": bulk }, { secure });
    try {
      const url = nginx.url("/bulk.bin", "rsa.tls.test");
      const output = await machine.ok(`curl -o null --crc32 ${url}`, 240_000);
      assert.match(output, new RegExp(`\\b${BULK}\\b`));
      assert.match(output, new RegExp(crcText(bulk), "i"));
      t.diagnostic(`received: ${/[\d.]+ MB\/s/.exec(output)?.[0]}`);
      assert.deepEqual(await netErrors(machine), {});
    } finally {
      await nginx.stop();
    }
  });

  test("sends 64 MiB unchanged over TLS", async (t) => {
    const sink = await Sink.start(good);
    try {
      const words = `curl -o null -d @bytes:${BULK} ${sink.url("/bulk")}`;
      t.diagnostic(`sent: ${/[\d.]+ MB\/s/.exec(await machine.ok(words, 240_000))?.[0]}`);
      const got = sink.requests.at(-1);
      assert.equal(got?.bytes, BULK);
      assert.equal(got?.sha256, sha256(patternBytes(BULK)));
      assert.deepEqual(await netErrors(machine), {});
    } finally {
      await sink.stop();
    }
  });

  test("leaves no memory in use after handshakes, even rejected ones", async () => {
    const server = await TlsServer.start(good);
    try {
      const line = Array.from({ length: 10 }, () => `tls good.tls.test:${server.port}`).join("; ");
      await machine.ok(line, 120_000);
      assert.equal(server.seen.length, 10);
      const refused = `tls other.tls.test:${server.port}`;
      for (let i = 0; i < 3; i++) assert.equal((await machine.command(refused, 60_000)).code, 60);
      await server.stop();
      await tlsHeapIsFree(machine);
    } finally {
      await server.stop();
    }
  });

  test("passes the self-tests and a handshake in memory", async () => {
    const output = await machine.ok("selftest tls", 120_000);
    assert.match(output, /^ok {3}loopback handshake, [\d.]+ ms$/m);
    assert.match(output, /^ok {3}ChaCha20-Poly1305, [\d.]+ MB\/s$/m);
    assert.doesNotMatch(output, /FAIL/);
    assert.match(output, /^heap: \d+ bytes in use, \d+ at most, \d+ allowed$/m);
  });

  test("computes ChaCha20 in vectors of a processor that has them", async () => {
    const modern = await Machine.boot({ cpu: "max", memory: "64" });
    try {
      const output = await modern.ok("selftest tls", 120_000);
      assert.doesNotMatch(output, /FAIL/);
      for (const way of ["in general registers", "by SSE2", "by AVX2"]) {
        assert.match(output, new RegExp(`^ok {3}ChaCha20 ${way}$`, "m"));
      }
    } finally {
      await modern.stop();
    }
  });
});
