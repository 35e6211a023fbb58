/** Two kernels in Node, and a path with delay, loss and reordering between them. */
import { station } from "../../tests/lab/network/station.ts";
import { Switch } from "../../tests/lab/network/switch.ts";
import type { Faults } from "../../tests/lab/network/wire.ts";
import { MILLISECOND, SECOND, World } from "../../tests/lab/network/world.ts";

export interface Path {
  /** In milliseconds. */
  roundTrip: number;
  /** Shares of the data packets lost, and held back by up to a quarter of the round trip. */
  loss: number;
  reorder: number;
  /** Bits per second. */
  bandwidth: number;
  /** How many milliseconds the queue takes to empty: 50 if not given, more would be bufferbloat. */
  queue?: number;
  /** Kernel parameters of both sides, "NAME=VALUE". */
  parameters?: string[];
}

/** Who sends the data: the side that listens, or the side that has opened the connection. */
export type Direction = "download" | "upload";

const QUEUE = 50;
/** Virtual seconds that a transfer may take. */
const PATIENCE = 36_000;

/** What a transfer took, in virtual time. */
export interface Transfer {
  /** kB/s */
  goodput: number;
  /** Data packets that did not arrive. */
  dropped: number;
}

/** Transfers `bytes` over `path`. */
export async function transfer(path: Path, bytes: number, direction: Direction): Promise<Transfer> {
  const world = new World(1);
  const network = new Switch(world);
  const server = await station(world, network, 15, path.parameters);
  const client = await station(world, network, 16, path.parameters);
  const { bandwidth, roundTrip, loss, reorder, queue = QUEUE } = path;
  const line: Partial<Faults> = {
    bandwidth,
    queueBytes: ((bandwidth / 8) * queue) / 1000,
    delay: (roundTrip / 2) * MILLISECOND,
  };
  const bad = { ...line, loss, reorder, reorderTime: (roundTrip / 4) * MILLISECOND };
  if (direction === "download") server.port.setFaults(line, bad);
  else server.port.setFaults(bad, line);
  world.pass(3);
  world.command(server.twin, "httpd");
  const start = world.now;
  const download = direction === "download";
  const words = download ? `/bytes/${bytes}` : `/discard -d @bytes:${bytes}`;
  const said = world.command(
    client.twin,
    `curl -o null http://${server.twin.name}${words}`,
    PATIENCE,
  );
  const done = download ? `HTTP 200, ${bytes} bytes` : `${bytes} bytes sent`;
  if (!said.includes(done)) throw new Error(said);
  const wire = download ? server.port.up : server.port.down;
  const time = world.now - start;
  return { goodput: bytes / 1000 / (time / SECOND), dropped: wire.sent - wire.delivered };
}

/**
 * Returns the kB/s that theory allows a long transfer over `path` with segments of `size` bytes:
 * CUBIC's response function (RFC 9438 section 5.1) or, if that is more, Reno's with timeouts
 * (Padhye et al. 1998), at most the link's.
 */
export function theory(path: Path, size: number): number {
  const link = ((path.bandwidth / 8) * size) / (size + 78) / 1000;
  if (path.loss === 0) return link;
  const [p, time] = [path.loss, path.roundTrip / 1000];
  const cubic = (1.054 * time ** 0.75) / p ** 0.75 / time;
  const timeout = time + 0.2;
  const timeouts = timeout * Math.min(1, 3 * Math.sqrt((3 * p) / 8)) * p * (1 + 32 * p * p);
  const reno = 1 / (time * Math.sqrt((2 * p) / 3) + timeouts);
  return Math.min(link, (Math.max(cubic, reno) * size) / 1000);
}
