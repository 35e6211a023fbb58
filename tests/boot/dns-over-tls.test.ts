/** DNS over TLS with unbound: a kept connection, a missing name, and a wrong certificate. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { Unbound } from "../lab/host/unbound.ts";

suite("unbound", () => {
  const root = makeRoot("Test Root");
  let machine: Machine;
  let server: Unbound;

  before(async () => {
    server = await Unbound.start(makeServer(["dns.test"], root), [
      "one.test. A 192.0.2.1",
      "two.test. A 192.0.2.2",
      "three.test. A 192.0.2.3",
    ]);
    machine = await Machine.boot({ modules: { "ca.pem": root.pem } });
    await configured(machine);
    await machine.ok(`resolvectl dns 10.0.2.2#${server.port}#dns.test`);
  });
  after(async () => {
    await machine?.stop();
    await server?.stop();
  });

  /** The ports of the guest's connections to the server. */
  const connections = async () => {
    const lines = (await machine.ok("ss -t")).split("\n");
    const own = lines.filter((line) => / ESTAB /.test(line) && line.includes(`:${server.port}`));
    return own.map((line) => /:(\d+) /.exec(line)?.[1]);
  };

  test("resolves names over one connection", async () => {
    assert.match(await machine.ok("host one.test"), /192\.0\.2\.1\b/);
    const first = await connections();
    assert.equal(first.length, 1);
    assert.match(await machine.ok("host two.test"), /192\.0\.2\.2\b/);
    assert.deepEqual(await connections(), first);
    await server.logged(/ one\.test\. A IN/);
  });

  test("dig asks the configured server over TLS", async () => {
    const output = await machine.ok("dig three.test +noall +answer");
    assert.match(output, /^three\.test\.\t.*\tIN\tA\t192\.0\.2\.3/m);
  });

  test("reports a name that does not exist", async () => {
    const { output, code } = await machine.command("host missing.test", 30_000);
    assert.equal(code, 1);
    assert.match(output, /NXDOMAIN/);
  });

  test("fails if the server's certificate is for another name", async () => {
    await machine.ok(`resolvectl dns 10.0.2.2#${server.port}#other.test`);
    const { output, code } = await machine.command("resolvectl query one.test", 30_000);
    assert.equal(code, 1);
    assert.match(output, /DNS over TLS failed: certificate verification failed: it is not valid/);
    await machine.ok(`resolvectl dns 10.0.2.2#${server.port}#dns.test`);
    assert.match(await machine.ok("host one.test"), /192\.0\.2\.1\b/);
  });
});
