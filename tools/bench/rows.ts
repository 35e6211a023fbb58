/**
 * The rows of `make bench` that are measured in running guests. For each row, every guest takes its
 * turn in each of RUNS rounds, so that a change of the host's load meets all of them alike.
 */
import { run } from "../../tests/lab/host/process.ts";
import type { Machine } from "../../tests/lab/host/qemu.ts";
import { BULK, type Guest, SMALL } from "./guests.ts";
import { median } from "./statistics.ts";

const CONNECTIONS = 2000;
const LOAD_SECONDS = 3;
const PINGS = 200;
const TIMEOUT = 300_000;

/** A guest that runs, and the host's URL of its HTTP server. */
export interface Running {
  guest: Guest;
  machine: Machine;
  base: string;
}

/** The servers on the host, as the guests see them. */
export interface Peers {
  bulk: string;
  secure: string;
  sink: string;
}

export interface Row {
  name: string;
  unit: string;
  digits: number;
  /** Whether a smaller number is better. */
  less?: boolean;
  measure: (running: Running, peers: Peers) => Promise<number>;
}

/** Runs the guest's curl. Returns the seconds that it has measured itself. */
async function curl(machine: Machine, words: string): Promise<number> {
  const output = await machine.ok(`curl -s -o /dev/null -w '%{time_total}' ${words}`, TIMEOUT);
  return Number(output.trim());
}

const megabytes = (seconds: number) => BULK / 1e6 / seconds;

/** Downloads BULK bytes from the guest. */
async function served({ base }: Running): Promise<number> {
  const words = ["curl", "-s", "-o", "/dev/null", "-w", "%{time_total}", `${base}/bytes/${BULK}`];
  const { code, output } = await run(words, { milliseconds: TIMEOUT });
  if (code !== 0) throw new Error(`curl on the host: exit code ${code}: ${output}`);
  return megabytes(Number(output));
}

async function connections({ base }: Running): Promise<number> {
  const words = ["ab", "-q", "-n", `${CONNECTIONS}`, "-c", "8", `${base}/bytes/0`];
  const { code, output } = await run(words, { milliseconds: TIMEOUT });
  if (code !== 0 || !/Failed requests: +0$/m.test(output)) throw new Error(output);
  return Number(/Requests per second: +([\d.]+)/.exec(output)?.[1]);
}

function requests(clients: number): Row["measure"] {
  return async ({ base }) => {
    const words = ["wrk", "-t1", `-c${clients}`, `-d${LOAD_SECONDS}s`, `${base}/bytes/${SMALL}`];
    const { code, output } = await run(words, { milliseconds: TIMEOUT });
    if (code !== 0 || output.includes("Non-2xx")) throw new Error(output);
    return Number(/Requests\/sec: +([\d.]+)/.exec(output)?.[1]);
  };
}

/** Returns the median of PINGS round-trip times, in microseconds. */
async function ping({ machine }: Running): Promise<number> {
  const output = await machine.ok(`ping -c ${PINGS} -i 0.01 10.0.2.2`, 60_000);
  return 1000 * median([...output.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])));
}

const bulkRows: Row[] = [
  {
    name: "64 MiB in",
    unit: "MB/s",
    digits: 1,
    measure: async ({ machine }, { bulk }) => megabytes(await curl(machine, bulk)),
  },
  {
    name: "64 MiB out",
    unit: "MB/s",
    digits: 1,
    measure: async ({ machine, guest }, { sink }) =>
      megabytes(await curl(machine, `${guest.body} ${sink}`)),
  },
];

export const allRows: Row[] = [
  ...bulkRows,
  { name: "64 MiB served", unit: "MB/s", digits: 1, measure: served },
  {
    name: "64 MiB in, TLS 1.3, ChaCha20-Poly1305",
    unit: "MB/s",
    digits: 1,
    measure: async ({ machine, guest }, { secure }) =>
      megabytes(await curl(machine, `${guest.trust} ${secure}`)),
  },
  { name: "new connections, ab -c8", unit: "/s", digits: 0, measure: connections },
  { name: "requests, wrk -c1", unit: "/s", digits: 0, measure: requests(1) },
  { name: "requests, wrk -c8", unit: "/s", digits: 0, measure: requests(8) },
  { name: "requests, wrk -c32", unit: "/s", digits: 0, measure: requests(32) },
  { name: "ping to the gateway, median", unit: "us", digits: 0, less: true, measure: ping },
];

/** The rows that are measured with each network card. */
export const cardRows = bulkRows;

/** Returns what each guest reached in each round: a list of values by guest. */
export async function measure(
  row: Row,
  guests: Running[],
  peers: Peers,
  rounds: number,
): Promise<number[][]> {
  const values: number[][] = guests.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, running] of guests.entries()) {
      values[index].push(await row.measure(running, peers));
    }
  }
  return values;
}

/** Returns how many times better the first value is than the second. */
export function ratio(row: { less?: boolean }, mine: number, other: number): number {
  return row.less ? other / mine : mine / other;
}
