/** unbound, BIND and Knot Resolver: names over UDP, TCP and TLS, and what `dig` prints of them. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured } from "../lab/host/console.ts";
import type { Daemon } from "../lab/host/daemon.ts";
import { startBind, startKnotResolver, startUnbound } from "../lab/host/name-daemons.ts";
import { REAL_TIME, run } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const LONG = "x".repeat(200);
const SOA = "SOA ns.test. hostmaster.test. 2026 3600 600 86400 60";
const ZONE = `$TTL 300
@ ${SOA}
@ NS ns
@ MX 10 mail
@ TXT "v=spf1 -all" "second \\"quoted\\""
@ CAA 0 issue "ca.example"
ns A 192.0.2.54
one A 192.0.2.1
one AAAA 2001:db8::1
alias CNAME one
chain CNAME alias
mail A 192.0.2.25
_sip._tcp SRV 1 2 5060 one
big TXT ${Array.from({ length: 9 }, (_, i) => `"${i}${LONG}"`).join(" ")}
odd TYPE65280 \\# 3 abcdef
`;
const ROOT = `$TTL 300
@ ${SOA}
@ NS ns.test.
test. NS ns.test.
ns.test. A 192.0.2.54
`;
const REVERSE = `$TTL 300
@ ${SOA}
@ NS ns.test.
1 PTR one.test.
`;
const TRUNCATED = ";; Truncated, retrying in TCP mode.";

suite("name servers", () => {
  const root = makeRoot("Test Root");
  const certificate = makeServer(["dns.test"], root);
  const daemons: Daemon[] = [];
  let machine: Machine;
  let unbound: Daemon;
  let bind: Daemon;
  let knot: Daemon;

  before(async () => {
    unbound = await startUnbound(certificate, [
      "one.test. A 192.0.2.1",
      "two.test. A 192.0.2.2",
      "three.test. A 192.0.2.3",
    ]);
    daemons.push(unbound);
    bind = await startBind(certificate, {
      ".": ROOT,
      test: ZONE,
      "2.0.192.in-addr.arpa": REVERSE,
    });
    daemons.push(bind);
    knot = await startKnotResolver(certificate, bind.port);
    daemons.push(knot);
    machine = await Machine.boot({ modules: { "ca.pem": root.pem } });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    for (const daemon of daemons) await daemon.stop();
  });

  /** Makes a server the only one, over TLS if it is given a name. */
  const use = async (port: number, name = "") => {
    await machine.ok(`resolvectl dns 10.0.2.2#${port}${name === "" ? "" : `#${name}`}`);
  };

  /** The ports of the guest's connections to a server. */
  const connections = async (port: number) => {
    const lines = (await machine.ok("ss -t")).split("\n");
    const own = lines.filter((line) => /^ESTAB /.test(line) && line.includes(`:${port}`));
    return own.map((line) => /:(\d+) /.exec(line)?.[1]);
  };

  test("unbound, TLS: resolves names over one connection", async () => {
    await use(unbound.tlsPort, "dns.test");
    assert.match(await machine.ok("host one.test"), /192\.0\.2\.1\b/);
    const first = await connections(unbound.tlsPort);
    assert.equal(first.length, 1);
    assert.match(await machine.ok("host two.test"), /192\.0\.2\.2\b/);
    assert.deepEqual(await connections(unbound.tlsPort), first);
    await unbound.logged(/ one\.test\. A IN/);
    const { output, code } = await machine.command("host missing.test", 30_000);
    assert.equal(code, 1);
    assert.match(output, /NXDOMAIN/);
    const three = await machine.ok("dig three.test +noall +answer");
    assert.match(three, /^three\.test\.\t.*\tIN\tA\t192\.0\.2\.3/m);
  });

  test("unbound, TLS: fails if the server's certificate is for another name", async () => {
    await use(unbound.tlsPort, "other.test");
    const { output, code } = await machine.command("resolvectl query one.test", 30_000);
    assert.equal(code, 1);
    assert.match(output, /DNS over TLS failed: certificate verification failed: it is not valid/);
    await use(unbound.tlsPort, "dns.test");
    assert.match(await machine.ok("host one.test"), /192\.0\.2\.1\b/);
  });

  test("BIND and Knot Resolver: aliases, missing names, UDP, TCP and TLS", async () => {
    for (const server of [bind, knot]) {
      await use(server.port);
      assert.match(await machine.ok("host chain.test"), /\none\.test has address 192\.0\.2\.1\b/);
      const { output, code } = await machine.command("host missing.test", 30_000);
      assert.equal(code, 1);
      assert.match(output, /3\(NXDOMAIN\)/);
      const big = await machine.ok("dig big.test TXT +short");
      assert.ok(big.replaceAll(/\s/g, "").includes(`"8${LONG}"`));
      assert.match(await machine.ok("dig +tcp one.test"), /#\d+\(10\.0\.2\.2\) \(TCP\)/);
      await use(server.tlsPort, "dns.test");
      assert.match(await machine.ok("host alias.test"), /\none\.test has address 192\.0\.2\.1\b/);
      assert.match(await machine.ok("resolvectl query one.test"), /one\.test: 192\.0\.2\.1\b/);
      assert.equal((await connections(server.tlsPort)).length, 1);
    }
    await bind.logged(/query: one\.test IN A/i);
  });

  /** Removes what varies: ids, times, and the server's address. */
  const comparable = (text: string) =>
    text
      .replaceAll("\r", "")
      .replaceAll(/127\.0\.0\.1|10\.0\.2\.2/g, "SERVER")
      .replaceAll(/id: \d+/g, "id: 0")
      .replaceAll(/(Query time:|bytes from .* in) \d+ ms/g, "$1 0 ms")
      .replaceAll(/^;; WHEN: .*\n/gm, "")
      .trim();

  test("dig, host and nslookup print what BIND's do", async () => {
    const port = `${bind.port}`;
    const dig = "+nocmd";
    const lines: [string, string[], string?][] = [
      ...[". SOA", ". NS", "test MX", "test TXT", "test CAA", "_sip._tcp.test SRV"].map(
        (words): [string, string[]] => [`dig @SERVER -p ${port} ${words}`, [dig]],
      ),
      ...["alias.test", "one.test AAAA", "missing.test", "odd.test TYPE65280", "-x 192.0.2.1"].map(
        (words): [string, string[]] => [`dig @SERVER -p ${port} ${words}`, [dig]],
      ),
      [`dig @SERVER -p ${port} big.test TXT`, [dig], TRUNCATED],
      [`dig @SERVER -p ${port} chain.test +tcp +noall +answer`, []],
      ...["one.test", "chain.test", "missing.test", "192.0.2.1", "-t SOA test"].map(
        (words): [string, string[]] => [`host -p ${port} ${words} SERVER`, []],
      ),
      [`host -v -p ${port} -t MX test SERVER`, []],
      ...["one.test", "chain.test", "missing.test", "192.0.2.1", "-type=soa test"].map(
        (words): [string, string[]] => [`nslookup -port=${port} ${words} SERVER`, []],
      ),
    ];
    for (const [line, more, part] of lines) {
      const words = line.replace("SERVER", "127.0.0.1").split(" ");
      const plain = words[0] === "dig" ? ["+nocookie"] : [];
      const real = await run([...REAL_TIME, ...words, ...more, ...plain]);
      const typed = [line.replace("SERVER", "10.0.2.2"), ...more].join(" ");
      const own = await machine.command(typed, 30_000);
      assert.equal(comparable(own.output), comparable(real.output), line);
      assert.equal(own.code, real.code, line);
      if (part !== undefined) assert.ok(own.output.includes(part));
    }
  });
});
