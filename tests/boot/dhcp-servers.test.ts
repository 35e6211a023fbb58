/** Real DHCP servers, and a relay: ISC's dhcpd and dhcrelay, and Kea. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { until } from "../lab/host/console.ts";
import { says, startDhcpd, startKea, startRelay } from "../lab/host/dhcp-servers.ts";
import { FAR, GATEWAY, Namespace, NEAR, NETWORK, obstacle } from "../lab/host/namespace.ts";
import { type Child, has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const missing = ["dhcpd", "dhcrelay", "kea-dhcp4"].find((program) => !has(program));
const why = obstacle() || (missing && `${missing} is not installed`) || "";

suite("DHCP servers", { skip: why !== "" && why }, () => {
  let network: Namespace;
  let machine: Machine;

  before(async () => {
    network = await Namespace.make();
  });
  after(async () => {
    await machine?.stop();
    await network?.stop();
  });

  /** The machine's address, once it has one from this pool of ten. */
  async function leased(pool: number): Promise<string> {
    let address = "";
    await until(`a lease from ${NETWORK}.${pool}`, 20_000, async () => {
      const pattern = new RegExp(`inet (${NETWORK}\\.${Math.floor(pool / 10)}\\d)/24`);
      address = pattern.exec(await machine.ok("ip addr"))?.[1] ?? "";
      return address !== "";
    });
    return address;
  }

  /** Makes the machine confirm its lease, as if a cable had been plugged in. */
  async function reconnect(): Promise<void> {
    await machine.ok("ip link set net0 down; ip link set net0 up");
  }

  /** Renews, sends INFORM, and releases; `logged` is what the server logs for them. */
  async function exercise(
    server: Child,
    address: string,
    logged: { inform?: RegExp; release: RegExp },
  ) {
    assert.match(await machine.ok("dhcp renew"), new RegExp(`DHCP lease ${address}/24 from`));
    await machine.ok("dhcp release");
    await says(server, logged.release);
    await machine.ok(`ip addr add ${NETWORK}.200/24 dev net0`);
    assert.match(await machine.ok("dhcp inform"), new RegExp(`options for ${NETWORK}\\.200/24`));
    if (logged.inform) await says(server, logged.inform);
    assert.match(await machine.ok("dhcp"), /net0: informed/);
    await machine.ok("dhcp release; ip addr flush dev net0; dhcp renew");
  }

  test("ISC dhcpd: lease, options, renewal, release, INFORM", async (t) => {
    const server = await startDhcpd(network, "bridge0", [100, 109]);
    t.after(() => server.stop("SIGTERM"));
    machine = await Machine.boot({ prefix: network.prefix, nics: [network.nic()] });
    const address = await leased(100);
    const status = await machine.ok("dhcp");
    for (const line of [
      `  address: ${address}/24`,
      `  server: ${GATEWAY}`,
      `  router: ${GATEWAY}`,
      `  DNS: ${GATEWAY} 9.9.9.9`,
      "  search domains: isc.example lab.example",
      `  NTP: ${GATEWAY}`,
      "  MTU: 1400",
      "  captive portal: https://portal.example/api",
    ]) {
      assert.ok(status.split("\n").includes(line), `${line}\n${status}`);
    }
    assert.match(await machine.ok("ip route"), new RegExp(`10\\.88\\.0\\.0/16 via ${GATEWAY} dev`));
    const words = { inform: /DHCPINFORM from \S+\.200/, release: /DHCPRELEASE of .* \(found\)/ };
    await exercise(server, address, words);
  });

  test("ISC dhcpd: a new pool; it ignores the old lease, and offers another", async (t) => {
    const server = await startDhcpd(network, "bridge0", [120, 129]);
    t.after(() => server.stop("SIGTERM"));
    await reconnect();
    await says(server, /DHCPREQUEST for \S+ from .*: unknown lease/);
    await leased(120);
  });

  test("Kea: a new pool, with a NAK for the old lease; options, renewal, INFORM", async (t) => {
    const server = await startKea(network, [140, 149]);
    t.after(() => server.stop("SIGTERM"));
    await reconnect();
    const address = await leased(140);
    assert.match(await machine.ok("dmesg"), /net0: DHCP: DHCPNAK from 10\.77\.0\.1/);
    const status = await machine.ok("dhcp");
    assert.match(status, /\n {2}search domains: kea\.example lab\.example\n/);
    assert.match(status, /\n {2}MTU: 1420\n/);
    assert.match(status, /\n {2}T1 \(renewal\) in: [89]\d\d s\n/);
    await exercise(server, address, { release: /DHCP4_RELEASE / });
  });

  test("ISC dhcrelay, which adds option 82: lease, renewal past the relay", async (t) => {
    const far = await Namespace.make(0);
    t.after(() => far.stop());
    await network.connect(far);
    const server = await startDhcpd(far, "cable1", [160, 169]);
    const relay = await startRelay(network, FAR);
    t.after(() => relay.stop("SIGTERM"));
    await machine.ok("dhcp release");
    await machine.ok("dhcp renew");
    const address = await leased(160);
    await says(server, /circuit bridge0/);
    await says(server, new RegExp(`DHCPACK on ${address} to .* via ${GATEWAY}`));
    const status = await machine.ok("dhcp");
    assert.match(status, new RegExp(`\\n {2}server: ${FAR}\\n`));
    assert.match(
      await machine.ok("dhcp renew"),
      new RegExp(`DHCP lease ${address}/24 from ${FAR}`),
    );
    await says(server, new RegExp(`DHCPREQUEST for ${address} from .* via cable1`));
    assert.match(await machine.ok(`ping -c 1 ${NEAR}`), / 1 received/);
  });
});
