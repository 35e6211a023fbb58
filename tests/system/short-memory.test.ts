/** httpd with little memory and many strangers: whose connections are closed, and who is served. */
import assert from "node:assert/strict";
import test from "node:test";
import { serve } from "../lab/network/many-clients.ts";
import { MILLISECOND } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";
import type { SegmentFields, Sent } from "../lab/packets/tcp.ts";

const MACHINE = { memoryLimit: 12 * 2 ** 20 };
const ELSEWHERE = "10.9.9.9";
const PAGE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/**
 * Boots a server whose strangers request a path each, and read `window` bytes of the response. The
 * host ELSEWHERE serves a page.
 */
async function crowd(path: string, window: number) {
  const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const served = new Set<number>();
  const server = await serve(MACHINE, (sent, reply) => {
    const end = sent.sequence + sent.payload.length;
    const next = { sequence: sent.acknowledgment, acknowledgment: sent.sequence + 1, window };
    if (sent.destinationPort === 80) elsewhere(sent);
    else if (sent.flags === "SA") reply({ ...next, flags: "PA", payload: request });
    else if (sent.payload.length > 0) {
      served.add(sent.destination);
      if (window > 10_000) reply({ ...next, acknowledgment: end, flags: "A" });
    }
  });
  function elsewhere({ flags, payload, sourcePort, sequence, acknowledgment }: Sent) {
    const say = (fields: Partial<SegmentFields>) =>
      server.send(address(ELSEWHERE), 80, { destinationPort: sourcePort, ...fields });
    const next = { sequence: acknowledgment, acknowledgment: sequence + 1 };
    if (flags === "S") say({ ...next, sequence: 0, flags: "SA" });
    else if (flags.includes("F")) say({ ...next, flags: "FA" });
    else if (payload.length > 0) {
      say({ ...next, acknowledgment: sequence + payload.length, flags: "PA", payload: PAGE });
    }
  }
  const connect = (first: string, count: number) => {
    for (let i = 0; i < count; i++) {
      server.send(address(first) + i, 2000, {});
      if (i % 5 === 0) server.world.run(server.world.now + MILLISECOND);
    }
    server.world.pass(1);
  };
  return { ...server, served, connect };
}

/** The SYNs that were dropped for want of memory. */
const DROPS = "nstat -az TcpExtListenDrops";

test("idle connections of strangers are closed first when memory ends", async () => {
  const { world, twin, served, connect } = await crowd("/bytes/10", 60_000);
  connect("10.1.0.0", 3000);
  assert.doesNotMatch(world.command(twin, DROPS), /ListenDrops +0 /, "memory has not ended");
  for (let second = 0; second < 3; second++) connect("10.2.0.0", 20);
  for (let i = 0; i < 20; i++) assert.ok(served.has(address("10.2.0.0") + i), `client ${i}`);
});

test("strangers who do not read leave memory for this host's own connections", async () => {
  const { world, twin, connect } = await crowd("/bytes/1000000", 1000);
  connect("10.1.0.0", 1000);
  assert.doesNotMatch(world.command(twin, DROPS), /ListenDrops +0 /, "memory has not ended");
  assert.match(world.command(twin, `curl -s http://${ELSEWHERE}/; echo $?`), /\nhi0\r/);
});
