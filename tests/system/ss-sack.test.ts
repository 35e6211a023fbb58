/** `ss -ti` shows that two kernels use timestamps and SACK, and what it reports of losses. */
import assert from "node:assert/strict";
import test from "node:test";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { MILLISECOND, World } from "../lab/network/world.ts";

test("ss -ti shows ts, sack, and segments that are lost or sacked", async () => {
  const world = new World(1);
  const network = new Switch(world);
  const [server, client] = [await station(world, network, 15), await station(world, network, 16)];
  server.port.setFaults({ delay: 50 * MILLISECOND }, { delay: 50 * MILLISECOND, loss: 0.03 });
  world.pass(3);
  world.command(server.twin, "httpd");
  client.twin.type("curl -o null http://10.0.2.15/bytes/3000000\r", world.now);
  let shown = "";
  for (let i = 0; i < 40; i++) shown += world.command(server.twin, "ss -ti", 5);
  assert.match(shown, /\n\t ts sack cubic wscale:\d+,\d+ rto:\d+/);
  assert.match(shown, /retrans:\d+ .*sacked:\d+/);
  assert.match(shown, / lost:\d+/);
});
