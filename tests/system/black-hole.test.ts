/** Paths that drop large packets in silence (RFC 4821): transfers succeed, and find the MTU. */
import assert from "node:assert/strict";
import test from "node:test";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { MILLISECOND, SECOND, World } from "../lab/network/world.ts";

/** Bytes of the headers of IP and TCP with timestamps. */
const HEADERS = 52;

/** A server and a client, and the sizes of the packets with data that the server sends. */
async function pair() {
  const world = new World(1);
  const network = new Switch(world);
  const [server, client] = [await station(world, network, 15), await station(world, network, 16)];
  const sizes: number[] = [];
  network.taps.push((frame, _time, from) => {
    if (from === server.port.station && frame.length > 400) sizes.push(frame.length - 14);
  });
  world.pass(3);
  world.command(server.twin, "httpd");
  /** Fetches bytes over a connection of its own; returns how many seconds that took. */
  const fetch = (bytes: number): number => {
    const start = world.now;
    const url = `http://10.0.2.15/bytes/${bytes}`;
    const said = world.command(client.twin, `curl -H 'Connection: close' -o null ${url}`, 300);
    assert.match(said, new RegExp(`HTTP 200, ${bytes} bytes`));
    return (world.now - start) / SECOND;
  };
  return { world, server, client, sizes, fetch };
}

for (const mtu of [1400, 1300, 1100, 600]) {
  test(`finds the MTU of ${mtu} of a path without ICMP, and remembers it`, async () => {
    const { world, server, sizes, fetch } = await pair();
    const path = { mtu, delay: MILLISECOND, bandwidth: 1e8 };
    server.port.setFaults(path, path);
    const first = fetch(4_000_000);
    assert.ok(first < 8, `the first transfer took ${first} s`);
    const found = Math.max(...sizes.slice(-200));
    assert.ok(found <= mtu && found > mtu - HEADERS, `packets of ${found} bytes`);
    const counters = world.command(server.twin, "nstat -az");
    assert.match(counters, /TcpExtTCPMTUPFail +[1-9]/);
    sizes.length = 0;
    const second = fetch(500_000);
    assert.ok(Math.max(...sizes) <= mtu, "the second connection knows it");
    assert.ok(second < 0.5, `the second transfer took ${second} s`);
  });
}

test("after a long outage, packets are as large as before", async () => {
  const { world, server, client, sizes, fetch } = await pair();
  const path = { bandwidth: 1e7 };
  server.port.setFaults(path, path);
  client.twin.type("curl -o null http://10.0.2.15/bytes/4000000\r", world.now);
  world.pass(1);
  server.port.setFaults({ ...path, cut: true }, { ...path, cut: true });
  world.pass(8);
  server.port.setFaults(path, path);
  world.pass(20);
  assert.match(client.twin.output, /HTTP 200, 4000000 bytes/);
  assert.equal(Math.max(...sizes.slice(-100)), 1500);
  sizes.length = 0;
  fetch(100_000);
  assert.equal(sizes[0], 1500, "other connections are not affected");
});
