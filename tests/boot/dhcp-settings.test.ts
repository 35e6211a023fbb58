/** Settings from real DHCP servers, each configured as docs/fleet.md says, and a web server. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { until } from "../lab/host/console.ts";
import { startDhcpd, startKea } from "../lab/host/dhcp-servers.ts";
import { GATEWAY, Namespace, obstacle } from "../lab/host/namespace.ts";
import { type Child, has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const why = obstacle();
const URL = `http://${GATEWAY}/web1.conf`;
const pool: [number, number] = [100, 109];

/** The servers, by the program that each needs. */
const SERVERS: Record<string, (network: Namespace) => Promise<Child>> = {
  dnsmasq: (network) => network.serve([`--dhcp-option=vendor:AnonymOS,1,${URL}`]),
  dhcpd: (network) => startDhcpd(network, "bridge0", pool, URL),
  "kea-dhcp4": (network) => startKea(network, pool, URL),
};

/** Serves the same file for every request, and prints each. */
const WEB = `require("http").createServer((request, response) => {
  console.log(request.url);
  response.end("[Network]\\nHostname=web1\\n[Link]\\nMTUBytes=1300\\n");
}).listen(80, "${GATEWAY}", () => console.log("ready"));`;

suite("settings from DHCP servers", { skip: why !== "" && why }, () => {
  let network: Namespace;
  let web: Child;

  before(async () => {
    network = await Namespace.make();
    web = network.start("web server", ["node", "-e", WEB]);
    const ready = () => (web.output.includes("ready") ? true : undefined);
    await web.until("its start", ready, 10_000);
  });
  after(async () => {
    await network?.stop();
  });

  for (const [program, start] of Object.entries(SERVERS)) {
    test(`${program} sends the URL of a file`, { skip: !has(program) }, async (t) => {
      const server = await start(network);
      t.after(() => server.stop("SIGTERM"));
      const machine = await Machine.boot({ prefix: network.prefix, nics: [network.nic()] });
      t.after(() => machine.stop());
      await until("the settings", 30_000, async () => /web1/.test(await machine.ok("hostname")));
      assert.ok((await machine.ok("dmesg")).includes(`dhcp: settings are at ${URL}`));
      assert.match(await machine.ok("ip addr"), /mtu 1300/);
      assert.match(web.output, /\/web1\.conf/);
    });
  }
});
