/**
 * `node --import tsx tools/bench/event-cost.ts`: prints the table of docs/performance.md, how many
 * of WebAssembly's instructions a kernel in Node executes for usual events, with the turns around
 * them. The numbers are exact: the same kernel gives the same.
 */
import { pathToFileURL } from "node:url";
import { SERVER, serve } from "../../tests/lab/network/many-clients.ts";
import { MILLISECOND } from "../../tests/lab/network/world.ts";
import { icmp, ipv4 } from "../../tests/lab/packets/build.ts";
import { address, ICMP, IPV4 } from "../../tests/lab/packets/bytes.ts";
import { countingKernel } from "./count-instructions.ts";

const ROUNDS = 50;
/** Virtual time for a round, in which everything that it causes has happened. */
const ROUND = 20 * MILLISECOND;
const CLIENT = address("10.2.0.1");
const SEGMENT = 1460;
const SEGMENTS = 4;
const EVENTS = {
  echo: "an echo request of 64 bytes, answered",
  idle: "a second in which nothing arrives",
  connection: "a connection, opened and closed",
  request: "a request for 100 bytes on an open connection, answered",
  received: `a segment of ${SEGMENT} bytes, received and read`,
  sent: `a segment of ${SEGMENT} bytes, sent and acknowledged`,
};

/** A scripted client's end of its connections, by port. It acknowledges every second segment. */
interface End {
  next: number;
  acknowledged: number;
  segments: number;
}

/** Returns the instructions for each event of `EVENTS`, by its text. */
export async function eventCosts(): Promise<Map<string, number>> {
  process.env.KERNEL_WASM = countingKernel();
  const ends = new Map<number, End>();
  const { world, twin, receive, send } = await serve({}, (sent, reply) => {
    const end = ends.get(sent.destinationPort) ?? { next: 1, acknowledged: 0, segments: 0 };
    ends.set(sent.destinationPort, end);
    const taken = sent.payload.length + (/[SF]/.test(sent.flags) ? 1 : 0);
    end.acknowledged = (sent.sequence + taken) >>> 0;
    if (taken === 0 || (sent.payload.length > 0 && ++end.segments % 2 === 1)) return;
    reply({ flags: "A", sequence: end.next, acknowledgment: end.acknowledged });
  });
  const open = (port: number) => send(CLIENT, port, { options: [2, 4, 5, 180] });
  const say = (port: number, flags: string, payload: string | Uint8Array = "") => {
    const end = ends.get(port);
    if (end === undefined) throw new Error(`port ${port} is not open`);
    const { next, acknowledged } = end;
    end.next += payload.length + (flags.includes("F") ? 1 : 0);
    send(CLIENT, port, { flags, sequence: next, acknowledgment: acknowledged, payload });
  };
  const request = (port: number, head: string) => say(port, "PA", `${head}\r\nHost: a\r\n\r\n`);
  const pass = () => world.run(world.now + ROUND);
  const cost = () => Number((twin.exports.cost as unknown as WebAssembly.Global<"i64">).value);
  /** Returns the mean for an event of which each round has `count`, above a round without any. */
  let quiet = 0;
  const measure = (action: (round: number) => void, count = 1): number => {
    for (let i = 0; i < 3; i++, pass()) action(-1 - i);
    const before = cost();
    for (let i = 0; i < ROUNDS; i++, pass()) action(i);
    return ((cost() - before) / ROUNDS - quiet) / count;
  };
  const ping = (round: number) => {
    const payload = icmp(8, 0, 0x70000 + round, Buffer.alloc(56));
    receive(IPV4, ipv4({ source: CLIENT, destination: SERVER, protocol: ICMP, payload }));
  };
  const [kept, reader, sender] = [1, 2, 3];
  for (const port of [kept, reader, sender]) open(port);
  pass();
  quiet = measure(() => {});
  const idle = (quiet * 1000 * MILLISECOND) / ROUND;
  const echo = measure(ping);
  const connection = measure((round) => {
    const port = 1000 + round;
    open(port);
    world.run(world.now + MILLISECOND);
    say(port, "FA");
  });
  const requests = measure(() => request(kept, "GET /bytes/100 HTTP/1.1"));
  request(reader, `POST /discard HTTP/1.1\r\nContent-Length: ${(ROUNDS + 3) * SEGMENTS * SEGMENT}`);
  const data = Buffer.alloc(SEGMENT, "a");
  const received = measure(() => {
    for (let i = 0; i < SEGMENTS; i++) say(reader, "A", data);
  }, SEGMENTS);
  /** Returns the mean for a response with `segments` segments more than the shortest. */
  const response = (segments: number) =>
    measure(() => request(sender, `GET /bytes/${segments * SEGMENT} HTTP/1.1`));
  const sent = (response(1 + SEGMENTS) - response(1)) / SEGMENTS;
  const costs = { echo, idle, connection, request: requests, received, sent };
  const names = Object.keys(EVENTS) as (keyof typeof EVENTS)[];
  return new Map(names.map((name) => [EVENTS[name], Math.round(costs[name])]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log("| event | instructions |\n|---|---|");
  for (const [event, count] of await eventCosts()) {
    console.log(`| ${event} | ${count.toLocaleString("en-US")} |`);
  }
}
