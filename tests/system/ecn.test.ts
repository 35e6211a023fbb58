/** Two kernels with ECN (RFC 3168): a full queue marks packets, and nothing is sent again. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin } from "../lab/machine/twin.ts";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";

const BYTES = 1_000_000;

/** Two kernels of which one serves through a slow fq_codel; both use tcp_ecn=`mode`. */
async function pair(mode: number): Promise<{ world: World; server: Twin; client: Twin }> {
  const world = new World(1);
  const network = new Switch(world);
  const parameters = [`net.ipv4.tcp_ecn=${mode}`];
  const { twin: server } = await station(world, network, 15, parameters);
  const { twin: client } = await station(world, network, 16, parameters);
  world.pass(3);
  const tbf = "tc qdisc add dev net0 root handle 1: tbf rate 2mbit burst 4kb latency 1s";
  world.command(server, `${tbf}; tc qdisc add dev net0 parent 1:1 fq_codel; httpd`);
  return { world, server, client };
}

for (const [mode, uses] of [
  [1, true],
  [0, false],
] as const) {
  test(`tcp_ecn=${mode}: a congested queue ${uses ? "marks" : "drops"} packets`, async () => {
    const { world, server, client } = await pair(mode);
    client.type(`curl -o null http://10.0.2.15/bytes/${BYTES}\r`, world.now);
    world.pass(2);
    const shown = world.command(server, "ss -ti");
    const receiver = world.command(client, "ss -ti");
    world.pass(6);
    assert.match(client.output, new RegExp(`HTTP 200, ${BYTES} bytes`));
    const statistics = world.command(server, "tc -s qdisc show dev net0");
    const marked = Number(statistics.match(/ecn_mark (\d+)/)?.[1]);
    const dropped = Number(statistics.match(/fq_codel[\s\S]*?dropped (\d+)/)?.[1]);
    const resent = Number(
      world.command(server, "nstat -az TcpRetransSegs").match(/Segs +(\d+)/)?.[1],
    );
    assert.equal(/ ecn /.test(shown), uses);
    assert.equal(/ ecn ecnseen /.test(receiver), uses);
    if (uses) {
      assert.ok(marked > 0, `${marked} packets were marked`);
      assert.deepEqual([dropped, resent], [0, 0]);
    } else {
      assert.equal(marked, 0);
      assert.ok(dropped > 0 && resent >= dropped, `${dropped} dropped, ${resent} sent again`);
    }
  });
}
