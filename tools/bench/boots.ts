/**
 * How long systems take from the start of QEMU to a lease, to an HTTP and to an HTTPS request that
 * they make by themselves: this kernel, Linux, and iPXE from the network card's ROM.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { Machine, type MachineOptions, userNet } from "../../tests/lab/host/qemu.ts";
import { isDhcpAck, watch } from "./packets.ts";

const TIMEOUT = 120_000;

/** Times since the start of QEMU, in seconds. */
export interface BootTimes {
  lease: number;
  http: number;
  /** Absent for iPXE, which is not given the bench's authority. */
  https?: number;
}

/** A server on loopback that notes when the first request arrives. */
export class Bell {
  private rung: (at: number) => void = () => {};
  /** The milliseconds of `performance.now()` at the next request. */
  next = Promise.resolve(0);
  readonly paths: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(secure?: { chain: string; key: string }): Promise<Bell> {
    let bell: Bell | undefined;
    const answer: RequestListener = (request, response) => {
      bell?.rung(performance.now());
      bell?.paths.push(request.url ?? "");
      response.end("#!ipxe\nshell\n");
    };
    const server = secure
      ? createHttpsServer({ cert: secure.chain, key: secure.key }, answer)
      : createHttpServer(answer);
    bell = new Bell(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return bell;
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  arm(): void {
    this.next = new Promise((resolve) => {
      this.rung = resolve;
    });
  }
  stop(): void {
    this.server.close();
  }
}

/** Rejects when the time is over, so that a guest that never asks ends the bench. */
async function within(wanted: Promise<number>): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no request within ${TIMEOUT} ms`)), TIMEOUT);
  });
  return await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
}

/** Starts a machine, and waits for its lease and its requests. */
export async function bootOnce(
  options: MachineOptions,
  http: Bell,
  https?: Bell,
): Promise<BootTimes> {
  const folder = mkdtempSync(`${tmpdir()}/anonymos-bench-`);
  const dump = `${folder}/packets`;
  http.arm();
  https?.arm();
  const begun = performance.now();
  const more = ["-object", `filter-dump,id=dump,netdev=n0,file=${dump}`, ...(options.more ?? [])];
  const machine = new Machine({ ...options, more });
  const since = (at: number) => (at - begun) / 1000;
  try {
    const [seen, first, second] = await Promise.all([
      watch(dump, { lease: isDhcpAck }, TIMEOUT),
      within(http.next),
      https === undefined ? undefined : within(https.next),
    ]);
    const secure = second === undefined ? {} : { https: since(second) };
    return { lease: since(seen.lease.at), http: since(first), ...secure };
  } finally {
    await machine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The options that boot iPXE from a card's ROM; it fetches a script from `port`. */
export function ipxe(port: number): MachineOptions {
  const nic = userNet([], `,bootfile=http://10.0.2.2:${port}/boot.ipxe`);
  return { nics: [nic], more: ["-boot", "n"], memory: "128", kernel: "" };
}
