/** What a packet costs a kernel in Node beside idle connections, in WebAssembly's instructions. */
import { type Reply, serve } from "../../tests/lab/network/many-clients.ts";
import { MILLISECOND } from "../../tests/lab/network/world.ts";
import { address } from "../../tests/lab/packets/bytes.ts";
import type { Sent } from "../../tests/lab/packets/tcp.ts";
import { countingKernel } from "./count-instructions.ts";

/** What is measured: the mean of ROUNDS. */
export const NAMES = ["ACK", "request", "connection", "second"] as const;
export type Costs = Record<(typeof NAMES)[number], number>;

const ROUNDS = 50;
const REQUEST = "GET /bytes/10 HTTP/1.1\r\nHost: a\r\n\r\n";
const FIRST = address("10.1.0.0");
const ACTIVE = address("10.2.0.1");

/** Answers as a client that asks once its connection is open, and then stays idle. */
function client(sent: Sent, reply: Reply): void {
  const next = { sequence: sent.acknowledgment, acknowledgment: sent.sequence + 1 };
  const end = sent.sequence + sent.payload.length;
  if (sent.flags === "SA") reply({ ...next, flags: "PA", payload: REQUEST });
  else if (sent.flags.includes("F")) reply({ ...next, acknowledgment: end + 1, flags: "FA" });
  else if (sent.payload.length > 0) reply({ ...next, acknowledgment: end, flags: "A" });
}

/**
 * Returns the cost of a bare ACK, of a request and its response on an open connection, of a
 * connection with one request, and of a second in which nothing arrives, beside `idle` connections.
 */
export async function costs(idle: number): Promise<Costs> {
  process.env.KERNEL_WASM = countingKernel();
  let last: Sent | undefined;
  let responses = 0;
  const { world, twin, send } = await serve({ memoryLimit: 256 * 2 ** 20 }, (sent, reply) => {
    if (sent.payload.length > 0) responses++;
    if (sent.destination === ACTIVE && sent.payload.length > 0) last = sent;
    client(sent, reply);
  });
  for (let i = 0; i < idle; i++) {
    send(FIRST + i, 2000, {});
    if (i % 5 === 0) world.run(world.now + MILLISECOND);
  }
  send(ACTIVE, 2000, {});
  world.pass(1);
  if (responses !== idle + 1) throw new Error(`${responses} of ${idle + 1} connections are open`);
  const cost = () => Number((twin.exports.cost as unknown as WebAssembly.Global<"i64">).value);
  const measure = (action: (round: number) => void): number => {
    const before = cost();
    for (let i = 0; i < ROUNDS; i++) {
      action(i);
      world.run(world.now + 10 * MILLISECOND);
    }
    return (cost() - before) / ROUNDS;
  };
  const answer = (fields: object) => {
    if (last === undefined) throw new Error("httpd has not answered");
    const acknowledgment = last.sequence + last.payload.length;
    send(ACTIVE, 2000, { sequence: last.acknowledgment, acknowledgment, flags: "A", ...fields });
  };
  const quiet = measure(() => {});
  const above = (action: (round: number) => void) => measure(action) - quiet;
  return {
    second: quiet * 100,
    ACK: above(() => answer({})),
    request: above(() => answer({ flags: "PA", payload: REQUEST })),
    connection: above((i) => send(ACTIVE + 1 + i, 2000, {})),
  };
}
