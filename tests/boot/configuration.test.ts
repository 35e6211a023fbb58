/** Configuration: DHCP, static in three ways, precedence, invalid lines, both loaders' formats. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { boot, buildIso, configured, runOnce } from "../lab/host/console.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";

/** A card on a network without other hosts. */
const isolated = { backend: "hubport,hubid=7" };

const file = (...lines: string[]) => ({ "anonymos.conf": `${lines.join("\n")}\n` });

/** Checks static settings, whatever their source. */
async function assertStatic(machine: Machine, address: string): Promise<void> {
  assert.match(await machine.ok("ip addr show dev net0"), new RegExp(`${address}/24`));
  assert.match(await machine.ok("ip route"), /default via 10\.0\.2\.2 dev net0/);
  assert.match(await machine.ok("resolvectl dns"), /10\.0\.2\.3/);
  await configured(machine);
}

test("uses DHCP for everything by default", async (t) => {
  const machine = await boot(t);
  await configured(machine);
  assert.match(await machine.ok("ip addr"), /10\.0\.2\.15\/24/);
  assert.match(await machine.ok("ip route"), /default via 10\.0\.2\.2 dev net0/);
  assert.match(await machine.ok("resolvectl dns"), /10\.0\.2\.3/);
  const status = await machine.ok("dhcp");
  assert.match(status, /10\.0\.2\.15/);
  assert.match(status, /10\.0\.2\.2\b/);
  assert.match(status, /T1|renew/i);
});

test("dhcp release gives up the lease, dhcp renew gets one", async (t) => {
  const machine = await boot(t);
  await configured(machine);
  await machine.ok("dhcp renew");
  await machine.ok("dhcp release");
  assert.doesNotMatch(await machine.ok("ip addr"), /10\.0\.2\.15/);
  await machine.ok("dhcp renew");
  await configured(machine);
  assert.match(await machine.ok("ip addr"), /10\.0\.2\.15/);
});

test("takes static settings from ip= on the command line, as Linux does", async (t) => {
  const append = "ip=10.0.2.50::10.0.2.2:255.255.255.0:myhost:net0:off:10.0.2.3";
  const machine = await boot(t, { append });
  await assertStatic(machine, "10\\.0\\.2\\.50");
  assert.equal(await machine.ok("hostname"), "myhost");
  assert.doesNotMatch(await machine.ok("ip addr"), /10\.0\.2\.15/);
});

test("takes static settings from the configuration file", async (t) => {
  const network = ["Address=10.0.2.51/24", "Gateway=10.0.2.2", "DNS=10.0.2.3"];
  const modules = file("# a comment", "[Match]", "Name=net0", "", "[Network]", ...network);
  await assertStatic(await boot(t, { modules }), "10\\.0\\.2\\.51");
});

test("takes static settings from the console", async (t) => {
  const machine = await boot(t, { append: "ip=10.0.2.9::10.0.2.2:255.255.255.0::net0:off" });
  await machine.ok("ip addr del 10.0.2.9/24 dev net0");
  await machine.ok("ip addr add 10.0.2.52/24 dev net0");
  await machine.command("ip route add default via 10.0.2.2");
  await machine.ok("resolvectl dns net0 10.0.2.3");
  await assertStatic(machine, "10\\.0\\.2\\.52");
});

test("the command line overrides the file", async (t) => {
  const modules = file("[Network]", "Address=10.0.2.51/24", "Gateway=10.0.2.2", "DNS=10.0.2.3");
  const append = "ip=10.0.2.50::10.0.2.2:255.255.255.0::net0:off:10.0.2.3";
  await assertStatic(await boot(t, { append, modules }), "10\\.0\\.2\\.50");
});

test("reports invalid lines of the file, and applies the others", async (t) => {
  const network = ["[Network]", "Address=10.0.2.300/24", "Frobnicate=yes", "Address=10.0.2.51/24"];
  const modules = file(...network, "Gateway=10.0.2.2", "DNS=10.0.2.3", "nonsense");
  const machine = await boot(t, { modules });
  const log = `${machine.console}${await machine.ok("dmesg")}`;
  for (const line of [2, 3, 7]) assert.match(log, new RegExp(`anonymos\\.conf:${line}: .+`));
  for (const line of [1, 4, 5, 6]) assert.ok(!log.includes(`anonymos.conf:${line}:`), `${line}`);
  await assertStatic(machine, "10\\.0\\.2\\.51");
});

test("reports invalid words of the command line, and ignores an invalid ip=", async (t) => {
  const append = "ip=10.0.2.50::10.0.2.2:255.0.255.0::net0:off frobnicate console=ttyS9 panic=soon";
  const machine = await boot(t, { append });
  const log = `${machine.console}${await machine.ok("dmesg")}`;
  for (const word of ["ip=10\\.0\\.2\\.50\\S*", "console=ttyS9", "panic=soon"]) {
    assert.match(log, new RegExp(`cmdline: ${word}: .+`));
  }
  await configured(machine);
  assert.match(await machine.ok("ip addr"), /10\.0\.2\.15/);
});

test("configured name servers replace those from DHCP", async (t) => {
  const machine = await boot(t, { modules: file("[Network]", "DHCP=yes", "DNS=10.0.2.2#5353") });
  await configured(machine);
  const output = await machine.ok("resolvectl dns");
  assert.match(output, /10\.0\.2\.2#5353/);
  assert.doesNotMatch(output, /10\.0\.2\.3/);
});

test("falls back to static settings if DHCP fails", async (t) => {
  const network = ["[Network]", "DHCP=yes", "Address=10.9.9.9/24", "Gateway=10.9.9.1"];
  const machine = await boot(t, { modules: file(...network), nics: [isolated] });
  for (let attempt = 0; ; attempt++) {
    if ((await machine.ok("ip addr")).includes("10.9.9.9/24")) break;
    assert.ok(attempt < 60, "no fallback within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

test("without a DHCP server, a networked command fails, or ends on Ctrl-C", async (t) => {
  const machine = await boot(t, { nics: [isolated] });
  const { output, code } = await machine.command("ping -c 1 10.0.2.2", 25_000);
  assert.match(output, /^ping: network is not configured: .+/m);
  assert.notEqual(code, 0);
  machine.type("ping -c 1 10.0.2.2\r");
  await machine.waitFor(/ping -c 1 10\.0\.2\.2\n/);
  machine.type("\x03");
  await machine.prompt(3000);
});

test("names two cards net0 and net1, and gets a lease for each", async (t) => {
  const nics = [userNet(), { backend: "user,net=10.0.3.0/24" }];
  const machine = await boot(t, { nics });
  await configured(machine);
  await machine.ok("ping -c 1 10.0.3.2");
  const output = await machine.ok("ip addr");
  assert.match(output, /net0[\s\S]*10\.0\.2\.15\/24[\s\S]*net1[\s\S]*10\.0\.3\.15\/24/);
});

test("run= reports each command and its exit code", async (t) => {
  const { machine, code } = await runOnce(t, "echo 'a;b'; frobnicate  -x; poweroff $?");
  assert.deepEqual(machine.outcomes(), [
    { command: "echo 'a;b'", code: 0 },
    { command: "frobnicate  -x", code: 127 },
  ]);
  assert.equal(code, 255);
});

test("reads the command line and modules as GRUB passes them", async (t) => {
  const network = ["Address=10.0.2.51/24", "Gateway=10.0.2.2", "DNS=10.0.2.3"];
  const modules = file("[Network]", ...network);
  const quoted = String.raw`panic=5 run="echo 'a;b' \"c d\"; ip addr; poweroff"`;
  const iso = await buildIso(quoted, modules);
  const machine = new Machine({ iso });
  t.after(() => machine.stop());
  assert.equal(await machine.exit(60_000), 0, machine.console);
  assert.match(machine.console, /^a;b c d$/m);
  assert.match(machine.console, /10\.0\.2\.51\/24/);
  const [first] = machine.outcomes();
  assert.equal(first.command, `echo 'a;b' "c d"`);
});

test("reads QEMU's command line, with its quotes, beside modules with full paths", async (t) => {
  const modules = { ...file("[Network]", "DHCP=yes"), "other.txt": "ignored" };
  const options = { modules, append: "console=ttyS0,115200n8" };
  const { machine, code } = await runOnce(t, 'echo \\"x  y\\"; poweroff', options);
  assert.equal(code, 0);
  assert.match(machine.console, /^x {2}y$/m);
});
