/**
 * `make bench`: compares the kernel with Linux and iPXE in QEMU (TCG), and with the kernel of
 * another commit if BASE names one. Every row is measured RUNS times (default 5) by turns, and
 * printed as medians with the lowest and highest value, ratios first. ROWS=TEXT prints only the
 * rows whose names contain the text. docs/performance.md explains the rows.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { makeAuthority, makeRoot, makeServer } from "../../tests/lab/host/certificates.ts";
import { buildIso } from "../../tests/lab/host/console.ts";
import { root } from "../../tests/lab/host/process.ts";
import { Machine } from "../../tests/lab/host/qemu.ts";
import { Nginx, patternBytes } from "../../tests/lab/host/servers.ts";
import { files } from "../../tests/style/sources.ts";
import { Bell, type BootTimes, bootOnce, ipxe } from "./boots.ts";
import { anonymos, BULK, type Guest, linuxGuest } from "./guests.ts";
import { linuxIso } from "./linux-guest.ts";
import { allRows, cardRows, measure, type Peers, type Row, type Running, ratio } from "./rows.ts";
import { DiscardServer } from "./sink.ts";
import { summary } from "./statistics.ts";
import { cipherSpeed } from "./tls.ts";
import { bulkSpeed, idleSpeed } from "./twins.ts";

const RUNS = Number(process.env.RUNS || 5);
const BASE = process.env.BASE ?? "";
const ROWS = process.env.ROWS ?? "";
const CARDS = ["e1000", "e1000e", "rtl8139", "virtio-net-pci", "vmxnet3"];

const authority = makeRoot("Bench Root");
const certificate = makeServer(["10.0.2.2"], makeAuthority("Bench Authority", authority));

/** Whether the user wants a row. */
const wanted = (name: string) => name.includes(ROWS);

/** Prints how much better the first is than each other, then what each reached. */
function print(row: Omit<Row, "measure">, names: string[], values: number[][]): void {
  const ratios = names.slice(1).map((name, i) => {
    const pairs = values[0].map((mine, round) => ratio(row, mine, values[i + 1][round]));
    return `${summary(pairs, "")} x ${name}`;
  });
  const reached = names.map((name, i) => `${name} ${summary(values[i], row.unit, row.digits)}`);
  console.log(`${row.name.padEnd(44)} ${[...ratios, ...reached].join(" | ")}`);
}

/** Builds the kernel of another commit in a worktree, unless that was done. */
function baseKernel(commit: string): { name: string; kernel: string } {
  const git = (...words: string[]) =>
    execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();
  const name = git("rev-parse", "--short", `${commit}^{commit}`);
  const folder = `${root}build/bench/${name}`;
  const kernel = `${folder}/build/kernel.elf`;
  if (existsSync(kernel)) return { name, kernel };
  console.log(`building ${name}`);
  if (!existsSync(folder)) git("worktree", "add", "--detach", folder, name);
  execFileSync("make", ["-C", folder, "kernel"], { stdio: ["ignore", "ignore", "inherit"] });
  return { name, kernel };
}

async function start(guests: Guest[], card?: string): Promise<Running[]> {
  const running: Running[] = [];
  try {
    for (const guest of guests) {
      const machine = await guest.boot(card);
      const base = `http://127.0.0.1:${await machine.port(80)}`;
      running.push({ guest, machine, base });
    }
  } catch (error) {
    await stop(running);
    throw error;
  }
  return running;
}

async function stop(running: Running[]): Promise<void> {
  for (const { machine } of running) await machine.stop();
}

async function benchRows(guests: Guest[], peers: Peers): Promise<void> {
  const rows = allRows.filter(({ name }) => wanted(name));
  if (rows.length === 0) return;
  const running = await start(guests);
  try {
    const names = guests.map(({ name }) => name);
    for (const row of rows) print(row, names, await measure(row, running, peers, RUNS));
    if (wanted("idle")) await benchIdle(running);
  } finally {
    await stop(running);
  }
}

async function benchCards(guests: Guest[], peers: Peers): Promise<void> {
  for (const card of CARDS) {
    const rows = cardRows.map((row) => ({ ...row, name: `${card}: ${row.name}` }));
    if (!rows.some(({ name }) => wanted(name))) continue;
    const running = await start(guests, card);
    try {
      const names = guests.map(({ name }) => name);
      for (const row of rows) print(row, names, await measure(row, running, peers, RUNS));
    } finally {
      await stop(running);
    }
  }
}

/** The share of a core that QEMU takes while nothing happens. */
async function benchIdle(running: Running[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = running.map(({ machine }) => machine.cpuSeconds());
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const shares = running.map(({ machine, guest }, i) => {
    return `${guest.name} ${((machine.cpuSeconds() - before[i]) * 10).toFixed(1)} %`;
  });
  console.log(`${"idle: QEMU's share of a core".padEnd(44)} ${shares.join(" | ")}`);
}

async function benchBoots(linuxFiles: ReturnType<typeof linuxGuest>): Promise<void> {
  if (!wanted("power-on")) return;
  const http = await Bell.start();
  const secure = { chain: certificate.chain, key: certificate.key };
  const https = await Bell.start(secure);
  const at = (bell: Bell, scheme: string) => `${scheme}://10.0.2.2:${bell.port}/boot`;
  try {
    const commands = `curl -s -o /dev/null ${at(http, "http")}; curl -s ${at(https, "https")}`;
    const iso = await buildIso(`run="${commands}"`, { "ca.pem": authority.pem });
    const words = `curl -s -o /dev/null ${at(http, "http")} --cacert /etc/ca.pem`;
    const other = linuxIso(linuxFiles.files, `${words} --next -s ${at(https, "https")}`);
    const systems: [string, () => Promise<BootTimes>][] = [
      ["AnonymOS", () => bootOnce({ iso }, http, https)],
      [linuxFiles.guest.name, () => bootOnce({ iso: other, memory: "512" }, http)],
      ["iPXE", () => bootOnce(ipxe(http.port), http)],
    ];
    const times: BootTimes[][] = systems.map(() => []);
    for (let round = 0; round < RUNS; round++) {
      for (const [index, [, boot]] of systems.entries()) times[index].push(await boot());
    }
    const names = systems.map(([name]) => name);
    const row = (name: string) => ({ name, unit: "s", digits: 2, less: true });
    const column = (key: "lease" | "http") => times.map((list) => list.map((time) => time[key]));
    print(row("power-on to DHCP ACK"), names, column("lease"));
    print(row("power-on to HTTP request"), names, column("http"));
    const secured = times[0].map(({ https: seconds }) => seconds ?? Number.NaN);
    print(row("power-on to HTTPS request"), ["AnonymOS"], [secured]);
  } finally {
    http.stop();
    https.stop();
  }
}

/** The smallest memory in MiB with which the kernel reaches its prompt and an HTTP response. */
async function benchMemory(peers: Peers): Promise<void> {
  if (!wanted("smallest memory")) return;
  for (const memory of ["8", "10", "12", "14", "16", "24", "32"]) {
    try {
      const machine = await Machine.boot({ memory }, 10_000);
      const page = peers.bulk.replace("bulk.bin", "plain");
      const answer = await machine.command(`curl -s -m 5 -o null ${page}`).finally(() => {
        return machine.stop();
      });
      if (answer.code !== 0) continue;
      console.log(`${"smallest memory".padEnd(44)} AnonymOS ${memory} MiB`);
      return;
    } catch {
      // It did not boot.
    }
  }
}

async function benchTwins(): Promise<void> {
  if (!wanted("in Node")) return;
  const [idle, bulk]: number[][] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    idle.push(await idleSpeed());
    bulk.push((await bulkSpeed()) / 1e6);
  }
  const row = (name: string, unit: string, digits: number) => ({ name, unit, digits });
  print(row("in Node: virtual seconds per second, idle", "s/s", 0), ["twin"], [idle]);
  print(row("in Node: 64 MiB from one kernel to another", "MB/s", 1), ["twins"], [bulk]);
}

function benchSizes(): void {
  if (!wanted("bytes")) return;
  for (const path of ["build/kernel.elf", "build/anonymos.bzimage", "build/anonymos.iso"]) {
    console.log(`${`bytes of ${path}`.padEnd(44)} ${statSync(root + path).size}`);
  }
  const folders = ["core", "machine", "net", "drivers", "kernel"];
  const sources = folders.flatMap((folder) => files(folder, ".ts"));
  const lines = sources.map((path) => readFileSync(root + path, "utf8").split("\n").length - 1);
  const total = lines.reduce((a, b) => a + b, 0);
  console.log(
    `${"lines of TypeScript of the kernel".padEnd(44)} ${total} in ${sources.length} files`,
  );
}

const nginx = await Nginx.start({ "bulk.bin": patternBytes(BULK) });
const secure = await Nginx.start({ "bulk.bin": patternBytes(BULK) }, { secure: certificate });
const sink = await DiscardServer.start();
try {
  console.log(`medians of ${RUNS} [lowest-highest], QEMU with -accel tcg\n`);
  const other = linuxGuest(authority.pem);
  const guests = [anonymos("AnonymOS", `${root}build/kernel.elf`, authority.pem)];
  if (BASE !== "") {
    const { name, kernel } = baseKernel(BASE);
    guests.push(anonymos(name, kernel, authority.pem));
  }
  guests.push(other.guest);
  const peers: Peers = {
    bulk: nginx.url("/bulk.bin"),
    secure: secure.url("/bulk.bin"),
    sink: `http://10.0.2.2:${sink.port}/`,
  };
  await benchRows(guests, peers);
  await benchCards(guests, peers);
  if (wanted("cipher")) await cipherSpeed(RUNS);
  await benchBoots(other);
  await benchMemory(peers);
  await benchTwins();
  benchSizes();
} finally {
  await nginx.stop();
  await secure.stop();
  await sink.stop();
}
