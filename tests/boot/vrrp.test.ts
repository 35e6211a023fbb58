/** Two gateways that share an address by VRRP (keepalived): traffic follows the one that has it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { Namespace, NETWORK, obstacle } from "../lab/host/namespace.ts";
import { type Child, has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

/** The address that the gateways share. */
const SHARED = `${NETWORK}.254`;
/** Replies that may be lost while the address moves; pings are 0.1 s apart. */
const LOST = 30;

const why = has("keepalived") ? obstacle() : "keepalived is not installed";

/** Starts keepalived in a gateway's namespace. */
function startKeepalived(gateway: Namespace, priority: number): Child {
  const file = `${gateway.folder}/keepalived.conf`;
  const instance = ["state BACKUP", "interface eth0", "virtual_router_id 77", "advert_int 1"];
  instance.push(`priority ${priority}`, `virtual_ipaddress {\n ${SHARED}/24\n}`);
  writeFileSync(file, `vrrp_instance shared {\n${instance.join("\n")}\n}\n`);
  const folder = gateway.folder;
  const words = ["keepalived", "--dont-fork", "--log-console", "--log-detail", "--vrrp"];
  words.push("--use-file", file, "--pid", `${folder}/pid`, "--vrrp_pid", `${folder}/vrrp-pid`);
  return gateway.start("keepalived", words);
}

/** Waits until a gateway has the shared address. */
async function untilMaster(keepalived: Child): Promise<void> {
  const master = () => (/Entering MASTER STATE/.test(keepalived.output) ? true : undefined);
  await keepalived.until("its mastership", master, 20_000);
}

test("follows a gateway address that moves by VRRP", { skip: why !== "" && why }, async (t) => {
  const network = await Namespace.make(1);
  t.after(() => network.stop());
  const gateways: Namespace[] = [];
  for (const address of [`${NETWORK}.2`, `${NETWORK}.3`]) {
    const gateway = await Namespace.make(0);
    t.after(() => gateway.stop());
    await network.join(gateway, address);
    gateways.push(gateway);
  }
  const first = startKeepalived(gateways[0], 150);
  await untilMaster(first);
  const second = startKeepalived(gateways[1], 100);
  const append = `ip=${NETWORK}.20::${SHARED}:255.255.255.0`;
  const options = { append, prefix: network.prefix, nics: [network.nic(0)] };
  const machine = await Machine.boot(options);
  t.after(() => machine.stop());
  await machine.ok(`ping -c 1 ${SHARED}`, 20_000);
  const before = await machine.ok("ip neigh");
  // It gives up the address cleanly: the other one takes over within a second.
  const pings = machine.ok(`ping -i 0.1 -c 80 ${SHARED}`, 40_000);
  await first.stop("SIGTERM");
  await untilMaster(second);
  const [, received] = / (\d+) received/.exec(await pings) ?? [];
  assert.ok(Number(received) >= 80 - LOST, `${received} of 80 received`);
  const after = await machine.ok("ip neigh");
  assert.notEqual(after, before, "the hardware address is still that of the first gateway");
});
