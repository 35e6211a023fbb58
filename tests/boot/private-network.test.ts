/** A private network: DHCP, DNS and time, 200 connections at once, large pings. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { boot, configured, heapLevel, netErrors, tcpLines, until } from "../lab/host/console.ts";
import { GATEWAY, Namespace, NETWORK, obstacle } from "../lab/host/namespace.ts";
import type { Child } from "../lab/host/process.ts";
import { has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";
import { HOUR, testNow } from "../lab/host/test-clock.ts";

const why = obstacle();

suite("a private network", { skip: why !== "" && `no private network: ${why}` }, () => {
  let network: Namespace;
  let dnsmasq: Child;
  let machine: Machine;
  let address = "";

  before(async () => {
    network = await Namespace.make(2);
    dnsmasq = await network.serve([
      `--dhcp-option=option:ntp-server,${GATEWAY}`,
      "--host-record=near.test.example,192.0.2.7",
    ]);
    await network.serveTime(HOUR);
    const options = { prefix: network.prefix, nics: [network.nic(0)], memory: "128" };
    machine = await Machine.boot(options);
    await machine.ok(`ping -c 1 ${GATEWAY}`, 20_000);
    const [, found] = /(10\.77\.0\.\d+)\/24/.exec(await machine.ok("ip addr")) ?? [];
    address = found;
  });
  after(async () => {
    await machine?.stop();
    await network?.stop();
  });

  test("applies the options of dnsmasq's lease", async () => {
    assert.match(address, new RegExp(`^${NETWORK.replaceAll(".", "\\.")}\\.[5-9]\\d$`));
    const status = await machine.ok("dhcp");
    assert.match(status, new RegExp(`\\b${address}\\b`));
    assert.match(status, /test\.example/);
    assert.match(await machine.ok("ip route"), new RegExp(`default via ${GATEWAY} dev net0`));
    assert.match(await machine.ok("resolvectl dns"), new RegExp(`\\b${GATEWAY}\\b`));
  });

  test("sets the clock from the time server in the lease (option 42)", async () => {
    await until("the clock is set", 30_000, async () => {
      return /^source: network time from 10\.77\.0\.1/m.test(await machine.ok("date -v"));
    });
    assert.match(await machine.ok("dmesg"), /ntp: clock stepped by 3[56]\d{5} ms/);
    const shown = Date.parse((await machine.ok("date")).trim());
    assert.ok(Math.abs(shown - testNow() - HOUR) < 60_000, `it shows ${new Date(shown)}`);
  });

  test("resolves names through the name server in the lease", async () => {
    assert.match(await machine.ok("host near.test.example"), /192\.0\.2\.7/);
  });

  test("dhcp renew, dhcp release and dhcp inform reach the server", async () => {
    const renewals = () => dnsmasq.output.split(`DHCPACK(bridge0) ${address} `).length;
    const before = renewals();
    await machine.ok("dhcp renew");
    await until("another DHCPACK", 10_000, async () => renewals() > before);
    await machine.ok("dhcp release");
    await until("DHCPRELEASE", 10_000, async () => dnsmasq.output.includes("DHCPRELEASE"));
    await machine.ok(`ip addr add ${NETWORK}.200/24 dev net0; dhcp inform`);
    await until("DHCPINFORM", 10_000, async () => dnsmasq.output.includes("DHCPINFORM"));
    assert.match(await machine.ok("resolvectl dns"), new RegExp(`\\b${GATEWAY}\\b`));
    await machine.ok("ip addr flush dev net0; dhcp release; dhcp renew");
    await machine.ok(`ping -c 1 ${GATEWAY}`, 20_000);
  });

  test("replies to the host's pings, including fragmented ones", async (t) => {
    if (!has("ping")) return t.skip("ping is missing");
    for (const size of ["0", "56", "1472", "1473", "4000", "20000"]) {
      const words = ["ping", "-n", "-q", "-c", "3", "-i", "0.05", "-s", size, address];
      assert.match(await network.run(words), /3 received, 0% packet loss/);
    }
    await network.run(["ping", "-n", "-q", "-f", "-c", "2000", address]);
  });

  test("serves 200 connections at once to ab and wrk, and leaves nothing in use", async (t) => {
    if (!has("ab") || !has("wrk")) return t.skip("ab or wrk is missing");
    await machine.ok("httpd");
    t.after(() => machine.ok("httpd stop"));
    // Without a port, wrk would look up `http` in /etc/services, which may be missing.
    const url = `http://${address}:80/bytes/1000`;
    await network.run(["ab", "-q", "-n", "400", "-c", "200", url]);
    const level = await heapLevel(machine);
    const ab = await network.run(["ab", "-q", "-n", "4000", "-c", "200", url]);
    assert.match(ab, /Complete requests:\s+4000\b/, ab);
    assert.match(ab, /Failed requests:\s+0\b/, ab);
    const wrk = await network.run(["wrk", "-t1", "-c200", "-d5", url]);
    assert.doesNotMatch(wrk, /Socket errors|Non-2xx/, wrk);
    // When wrk ends, it resets connections in use, and some segments arrive too late.
    assert.deepEqual(await netErrors(machine), {});
    await until("no connection is left", 150_000, async () => {
      return (await tcpLines(machine)).length === 0;
    });
    const later = await heapLevel(machine);
    assert.ok(later - level < 16_384, `${level} bytes before, ${later} afterwards`);
  });

  test("two kernels talk to each other", async (t) => {
    const nics = [network.nic(1)];
    const other = await boot(t, { prefix: network.prefix, nics });
    await configured(other, address);
    await machine.ok("httpd");
    const output = await other.ok(`curl -o null --crc32 http://${address}/bytes/5000000`, 60_000);
    assert.match(output, /\b5000000\b/);
    await machine.ok("httpd stop");
  });

  test("keeps its lease without a server, and has no address after a release", async () => {
    await network.silence();
    await pingGateway(machine);
    await machine.ok("dhcp release");
    assert.doesNotMatch(await machine.ok("ip addr"), new RegExp(address.replaceAll(".", "\\.")));
    const { output, code } = await machine.command(`ping -c 1 ${GATEWAY}`, 20_000);
    assert.notEqual(code, 0);
    assert.match(output, /^ping: .+/m);
  });
});

async function pingGateway(machine: Machine): Promise<void> {
  await machine.ok(`ping -c 1 ${GATEWAY}`, 20_000);
}

test("works on QEMU's user network, without root privileges", async (t) => {
  await configured(await boot(t));
});
