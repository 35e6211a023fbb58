/** A kernel under a flood of SYNs from forged sources goes on to serve. */
import assert from "node:assert/strict";
import test from "node:test";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { MILLISECOND, SECOND, World } from "../lab/network/world.ts";
import { ethernet, ipv4 } from "../lab/packets/build.ts";
import { address, IPV4, TCP } from "../lab/packets/bytes.ts";
import { tcpSegment } from "../lab/packets/tcp.ts";

const PER_MILLISECOND = 5;
const SECONDS = 30;
const SERVER_MAC = [2, 0, 0, 0, 1, 15];

test("5,000 SYNs a second for 30 s: transfers go on, clients connect, memory is flat", async () => {
  const world = new World(1);
  const network = new Switch(world);
  const { twin: server } = await station(world, network, 15);
  const { twin: client, port } = await station(world, network, 16);
  const slow = { bandwidth: 1e6, queueBytes: 50_000 };
  port.setFaults(slow, slow);
  world.pass(3);
  world.command(server, "httpd");
  const end = world.now + SECONDS * SECOND;
  let sent = 0;
  const flood = () => {
    for (let i = 0; i < PER_MILLISECOND; i++) server.receive(forgedSyn(sent++), world.now);
    if (world.now + MILLISECOND < end) world.after(MILLISECOND, flood);
  };
  const curl = "curl -H 'Connection: close' -o null http://10.0.2.15/bytes/";
  client.type(`${curl}2000000\r`, world.now);
  world.pass(1);
  flood();
  world.pass(1);
  const memory = used(world.command(server, "free"));
  world.run(end - 5 * SECOND);
  assert.match(client.output, /HTTP 200, 2000000 bytes/, "the transfer that was open");
  for (let i = 0; i < 5; i++) {
    assert.match(world.command(client, `${curl}1000`), /HTTP 200/);
  }
  assert.ok(used(world.command(server, "free")) <= memory + 64, "memory is flat");
  const counters = world.command(server, "nstat -az");
  assert.match(counters, /TcpExtSyncookiesSent +\d{5,}/);
  assert.match(counters, /TcpExtSyncookiesRecv +5\b/);
});

/** A SYN from one of 65,536 addresses of 198.18.0.0/15, by way of the gateway's address. */
function forgedSyn(index: number): Uint8Array {
  const [source, destination] = [`198.18.${(index >> 8) & 255}.${index & 255}`, "10.0.2.15"];
  const payload = tcpSegment({
    ...{ source: address(source), destination: address(destination) },
    ...{ sourcePort: 1024 + (index % 60_000), destinationPort: 80, sequence: index, flags: "S" },
  });
  const packet = ipv4({ source, destination, protocol: TCP, payload });
  return ethernet(Uint8Array.from(SERVER_MAC), Uint8Array.of(2, 0, 0, 0, 1, 2), IPV4, packet);
}

/** The KiB in use that `free` shows. */
function used(text: string): number {
  return Number(text.match(/^Mem: +\d+ +(\d+)/m)?.[1]);
}
