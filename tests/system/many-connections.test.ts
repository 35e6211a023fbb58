/** Thousands of connections to httpd: idle ones at once, and short ones in a row. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Twin } from "../lab/machine/twin.ts";
import { SERVER, serve } from "../lab/network/many-clients.ts";
import { MILLISECOND, type World } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";

const MIB = 2 ** 20;
const IDLE = 10_000;
const IN_A_ROW = Number(process.env.CONNECTIONS ?? 20_000);
const MACHINE = { memoryLimit: 256 * MIB };
const REQUEST = "GET /bytes/10 HTTP/1.1\r\nHost: a\r\n\r\n";

/** The KiB in use that `free` shows after a garbage collection. */
function used(world: World, twin: Twin): number {
  return Number(/Kernel: +\d+ +(\d+)/.exec(world.command(twin, "free"))?.[1]);
}

test(`${IDLE} idle connections fit 256 MiB, and others are served beside them`, async () => {
  let responses = 0;
  const { world, twin, send } = await serve(MACHINE, (sent, reply) => {
    const next = { sequence: sent.acknowledgment, acknowledgment: sent.sequence + 1 };
    if (sent.flags === "SA") reply({ ...next, flags: "PA", payload: REQUEST });
    else if (sent.flags.includes("F")) reply({ ...next, flags: "FA" });
    else if (sent.payload.length > 0) {
      responses++;
      reply({ ...next, acknowledgment: sent.sequence + sent.payload.length, flags: "A" });
    }
  });
  const before = used(world, twin);
  for (let i = 0; i < IDLE; i++) {
    send(address("10.1.0.0") + i, 2000, {});
    if (i % 5 === 0) world.run(world.now + MILLISECOND);
  }
  world.pass(1);
  assert.equal(responses, IDLE);
  const each = ((used(world, twin) - before) * 1024) / IDLE;
  assert.ok(each < 4096, `${each} bytes a connection`);
  assert.match(world.command(twin, `curl -o null http://${SERVER}/bytes/1000000`), /HTTP 200/);
  // A minute later all have timed out.
  world.pass(70);
  assert.doesNotMatch(world.command(twin, "ss -t"), /10\.1\./);
});

test(`${IN_A_ROW} connections, opened and closed in a row, leave nothing`, async () => {
  let closed = 0;
  const { world, twin, send } = await serve(MACHINE, (sent, reply) => {
    const end = sent.sequence + sent.payload.length;
    const next = { sequence: sent.acknowledgment, acknowledgment: end + 1 };
    if (sent.flags === "SA") reply({ ...next, flags: "PA", payload: REQUEST });
    else if (sent.flags.includes("F")) {
      closed++;
      reply({ ...next, flags: "A" });
    } else if (sent.payload.length > 0) reply({ ...next, acknowledgment: end, flags: "FA" });
  });
  const run = (first: number, count: number) => {
    for (let i = first; i < first + count; i++) {
      send(address("10.1.0.0") + (i % 50), 2000 + Math.floor(i / 50), {});
      world.run(world.now + MILLISECOND / 10);
    }
    world.pass(1);
  };
  run(0, 2000);
  const before = used(world, twin);
  run(2000, IN_A_ROW - 2000);
  assert.equal(closed, IN_A_ROW);
  const after = used(world, twin);
  // 16 bytes for each connection would be more.
  assert.ok(after <= before + 128, `${after - before} KiB more in use`);
  assert.match(world.command(twin, "nstat -az TcpExtListenDrops"), /ListenDrops +0 /);
});
