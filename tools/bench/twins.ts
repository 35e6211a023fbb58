/** Measures kernels in Node: the speed of an idle one, and of a transfer between two. */
import { slow } from "../../tests/lab/machine/pace.ts";
import { Twin } from "../../tests/lab/machine/twin.ts";
import { DhcpServer } from "../../tests/lab/network/dhcp-server.ts";
import { Peer } from "../../tests/lab/network/peer.ts";
import { Switch } from "../../tests/lab/network/switch.ts";
import { World } from "../../tests/lab/network/world.ts";

const IDLE_SECONDS = 20_000;
const BULK = 64 << 20;

/** Returns the real seconds that an action takes. */
function seconds(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) / 1000;
}

/** Returns virtual seconds per real second for a kernel with a lease and nothing to do. */
export async function idleSpeed(): Promise<number> {
  const world = new World();
  const network = new Switch(world);
  const gateway = new Peer(world, network, "gateway", "10.0.2.2", Uint8Array.of(2, 0, 0, 0, 0, 2));
  const servers = [gateway.address];
  new DhcpServer(gateway, { router: gateway.address, servers, first: "10.0.2.15" });
  const twin = world.add(await Twin.boot({ commandLine: "ip=dhcp" }));
  network.connectTwin(twin);
  world.pass(60);
  if (!twin.output.includes("DHCP lease")) throw new Error(twin.output);
  return IDLE_SECONDS / seconds(() => world.pass(IDLE_SECONDS));
}

/** Returns bytes per second of an HTTP transfer from one kernel to another. */
export async function bulkSpeed(): Promise<number> {
  const world = new World();
  const network = new Switch(world);
  const boot = async (last: number) => {
    const address = `10.0.2.${last}`;
    const commandLine = `ip=${address}::10.0.2.2:255.255.255.0`;
    const mac = [2, 0, 0, 0, 1, last];
    // Several frames per turn, as on a slow machine; `idleSpeed` measures the cost of turns.
    const machine = { pace: slow };
    const twin = await Twin.boot({ name: address, commandLine, mac, machine });
    network.connectTwin(world.add(twin));
    return twin;
  };
  const [server, client] = [await boot(15), await boot(16)];
  world.pass(3);
  world.command(server, "httpd");
  const line = `curl -o null http://10.0.2.15/bytes/${BULK}`;
  let said = "";
  const took = seconds(() => {
    said = world.command(client, line, 3600);
  });
  if (!said.includes(`HTTP 200, ${BULK} bytes`)) throw new Error(said);
  return BULK / took;
}
