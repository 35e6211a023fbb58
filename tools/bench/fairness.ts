/**
 * `node --import tsx tools/bench/fairness.ts [SECONDS]`: prints how two connections of a kernel in
 * Node share a link of 20 Mbit/s with a queue of 50 ms, in virtual time: the goodput of each over
 * SECONDS (60), Jain's index, and the round-trip time that ping measures meanwhile.
 */

import { station } from "../../tests/lab/network/station.ts";
import { Switch } from "../../tests/lab/network/switch.ts";
import { MILLISECOND, World } from "../../tests/lab/network/world.ts";

const SECONDS = Number(process.argv[2] ?? 60);
const BANDWIDTH = 2e7;
const QUEUE = (BANDWIDTH / 8) * 0.05;
/** Seconds until both connections are past slow start. */
const WARM_UP = 10;
const CONGESTION = "net.ipv4.tcp_congestion_control";

async function share(first: string, second: string, roundTrip: number): Promise<string> {
  const world = new World(1);
  const network = new Switch(world);
  const server = await station(world, network, 15);
  const clients = [await station(world, network, 16), await station(world, network, 17)];
  const line = { bandwidth: BANDWIDTH, queueBytes: QUEUE, delay: (roundTrip / 2) * MILLISECOND };
  server.port.setFaults(line, line);
  const bytes = [0, 0];
  network.taps.push((frame, _time, from) => {
    if (from === server.port.station && frame.length > 1000) bytes[frame[5] - 16]++;
  });
  world.pass(3);
  world.command(server.twin, "httpd");
  for (const [i, algorithm] of [first, second].entries()) {
    world.command(server.twin, `sysctl -q ${CONGESTION}=${algorithm}`);
    clients[i].twin.type(`curl -o null http://10.0.2.15/bytes/${10 ** 12}\r`);
    world.pass(1);
  }
  world.pass(WARM_UP);
  const start = [...bytes];
  const probe = await station(world, network, 18);
  world.pass(2);
  const said = world.command(probe.twin, `ping -q -c ${SECONDS} 10.0.2.15`, SECONDS + 60);
  const [, mean] = /= [\d.]+\/([\d.]+)\//.exec(said) ?? ["", "?"];
  const speeds = bytes.map((count, i) => ((count - start[i]) * 1448) / (SECONDS + 2) / 1000);
  const jain = (speeds[0] + speeds[1]) ** 2 / (2 * (speeds[0] ** 2 + speeds[1] ** 2));
  const kilobytes = speeds.map((speed) => speed.toFixed(0)).join(" | ");
  return `${first} | ${second} | ${roundTrip} ms | ${kilobytes} | ${jain.toFixed(3)} | ${mean} ms`;
}

console.log("| first | second | round trip | kB/s of the first | of the second | Jain | ping |");
console.log("|---|---|---|---|---|---|---|");
for (const roundTrip of [20, 100]) {
  for (const [first, second] of [
    ["cubic", "cubic"],
    ["reno", "reno"],
    ["cubic", "reno"],
  ]) {
    console.log(`| ${await share(first, second, roundTrip)} |`);
  }
}
