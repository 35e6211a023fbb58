/**
 * `node --import tsx tools/bench/goodput.ts [MIB]`: prints the goodput of a download from one
 * kernel to another in Node, in virtual time, over links of 100 Mbit/s with delay, loss and
 * reordering, one line per link. With KERNEL_WASM, it measures another kernel.
 */
import { Twin } from "../../tests/lab/machine/twin.ts";
import { Switch } from "../../tests/lab/network/switch.ts";
import type { Faults } from "../../tests/lab/network/wire.ts";
import { MILLISECOND, SECOND, World } from "../../tests/lab/network/world.ts";

const MIB = Number(process.argv[2] ?? 10);
/** Bits per second, and a queue of 50 ms in bytes; much longer would be bufferbloat. */
const LINK = 1e8;
const QUEUE = (LINK / 8) * 0.05;
/** Round-trip times in milliseconds; shares of packets lost and of packets reordered. */
const ROUND_TRIPS = [20, 100];
const LOSSES = [0, 0.001, 0.01];
const REORDERED = 0.01;

interface Path {
  roundTrip: number;
  loss: number;
  reorder: number;
}

/** Returns kB/s of a download over `path`. */
async function goodput(path: Path): Promise<number> {
  const world = new World(1);
  const network = new Switch(world);
  const boot = async (last: number) => {
    const name = `10.0.2.${last}`;
    const commandLine = `ip=${name}::10.0.2.2:255.255.255.0`;
    const twin = await Twin.boot({ name, commandLine, mac: [2, 0, 0, 0, 1, last] });
    return { twin: world.add(twin), port: network.connectTwin(twin) };
  };
  const [server, client] = [await boot(15), await boot(16)];
  const line: Partial<Faults> = { bandwidth: LINK, queueBytes: QUEUE };
  const delay = (path.roundTrip / 2) * MILLISECOND;
  const reorderTime = (path.roundTrip / 4) * MILLISECOND;
  const faults = { ...line, delay, loss: path.loss, reorder: path.reorder, reorderTime };
  server.port.setFaults({ ...line, delay }, faults);
  world.pass(3);
  world.command(server.twin, "httpd");
  const bytes = MIB << 20;
  const start = world.now;
  const said = world.command(client.twin, `curl -o null http://10.0.2.15/bytes/${bytes}`, 7200);
  if (!said.includes(`HTTP 200, ${bytes} bytes`)) throw new Error(said);
  return bytes / 1000 / ((world.now - start) / SECOND);
}

console.log(`kB/s of ${MIB} MiB at 100 Mbit/s (link: 11,900)`);
for (const roundTrip of ROUND_TRIPS) {
  const paths = LOSSES.map((loss): Path => ({ roundTrip, loss, reorder: 0 }));
  for (const path of [...paths, { roundTrip, loss: 0, reorder: REORDERED }]) {
    const speed = await goodput(path);
    const faults = `${path.loss * 100} % lost, ${path.reorder * 100} % reordered`;
    const words = `${path.roundTrip} ms, ${faults}`;
    console.log(`${words.padEnd(40)} ${speed.toFixed(0).padStart(7)}`);
  }
}
