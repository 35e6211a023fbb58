/** Name lookups: A records, CNAME chains, missing names, several servers, the cache. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { configured } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { NameServer } from "../lab/host/servers.ts";

suite("dnsmasq", () => {
  let machine: Machine;
  let names: NameServer;

  before(async () => {
    names = await NameServer.start([
      "--host-record=one.test,192.0.2.1",
      "--host-record=many.test,192.0.2.10",
      "--host-record=many.test,192.0.2.11",
      "--cname=alias.test,one.test",
      "--cname=chain.test,alias.test",
      "--local=/test/",
      "--local-ttl=300",
    ]);
    machine = await Machine.boot();
    await configured(machine);
    await machine.ok(`resolvectl dns net0 10.0.2.2#${names.port}`);
  });
  after(async () => {
    await machine?.stop();
    await names?.stop();
  });

  /** Returns how often the server was asked for a name's A record; names arrive in mixed case. */
  const asked = (name: string) => names.log.toLowerCase().split(`query[a] ${name} `).length - 1;

  test("resolvectl dns shows the configured server", async () => {
    const output = await machine.ok("resolvectl dns");
    assert.match(output, new RegExp(`10\\.0\\.2\\.2#${names.port}`));
  });

  test("resolves an A record", async () => {
    assert.match(await machine.ok("host one.test"), /192\.0\.2\.1\b/);
  });

  test("resolves several A records", async () => {
    const output = await machine.ok("host many.test");
    assert.match(output, /192\.0\.2\.10\b/);
    assert.match(output, /192\.0\.2\.11\b/);
  });

  test("follows a chain of CNAMEs", async () => {
    assert.match(await machine.ok("host chain.test"), /192\.0\.2\.1\b/);
  });

  test("caches a response", async () => {
    await machine.ok("host one.test");
    await names.logged(/query\[A\] one\.test /i);
    const before = asked("one.test");
    await machine.ok("host one.test");
    await machine.ok("host ONE.test.");
    assert.equal(asked("one.test"), before);
  });

  test("reports a name that does not exist", async () => {
    const { output, code } = await machine.command("host missing.test", 30_000);
    assert.equal(code, 1);
    assert.match(output, /missing\.test.*(not found|does not exist|NXDOMAIN)/i);
  });

  test("queries the second server if the first is silent", async () => {
    await machine.ok(`resolvectl dns net0 10.0.2.77 10.0.2.2#${names.port}`);
    assert.match(await machine.ok("host many.test; host fresh.test; host one.test"), /192\.0\.2/);
    const answer = await machine.command("host second.test", 60_000);
    assert.match(answer.output, /second\.test/);
    await names.logged(/query\[A\] second\.test /i);
    await machine.ok(`resolvectl dns net0 10.0.2.2#${names.port}`);
  });

  test("rejects names that cannot exist", async () => {
    for (const name of ["a..b", "-", `${"x".repeat(64)}.test`, `${"a.".repeat(150)}test`]) {
      const { output, code } = await machine.command(`host ${name}`, 30_000);
      assert.notEqual(code, 0, name);
      assert.match(output, /^host: .+/m, name);
    }
  });
});
