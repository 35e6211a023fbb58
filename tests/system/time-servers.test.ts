/** When the clock is set from the time servers of the configuration. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin } from "../lab/machine/twin.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";
import { address, hardware } from "../lab/packets/bytes.ts";
import { gateway } from "../lab/scripted/ip-host.ts";

const NTP_PORT = 123;

test("asks the configured time server once an address is added by hand", async () => {
  const world = new World(5);
  const network = new Switch(world);
  const host = new Peer(world, network, "host", gateway.address, hardware(gateway.hardware));
  const asked: number[] = [];
  host.udp.set(NTP_PORT, (datagram) => asked.push(datagram.source));
  const lines = ["[Network]", "DHCP=no", `NTP=${gateway.address}`];
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from(lines.join("\n")) }];
  const twin = world.add(await Twin.boot({ modules }));
  network.connectTwin(twin);
  world.pass(10);
  assert.deepEqual(asked, []);
  world.command(twin, "ip addr add 10.0.2.15/24 dev net0");
  world.pass(10);
  assert.ok(asked.length > 0);
  assert.equal(asked[0], address("10.0.2.15"));
});
