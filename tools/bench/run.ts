/**
 * `make bench`: compares the kernel with Linux and iPXE in QEMU (TCG), and with the kernel of
 * another commit if BASE names one. Every row is measured RUNS times (default 5) by turns, and
 * printed as medians with the lowest and highest value, ratios first. ROWS=TEXT measures only the
 * rows whose names contain the text, and starts only what they need. docs/performance.md explains
 * the rows.
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
/** The names of rows that are not in rows.ts and tls.ts. */
const IDLE = "idle: QEMU's share of a core";
const MEMORY = "smallest memory";
const [LEASE, HTTP, HTTPS] = ["DHCP ACK", "HTTP request", "HTTPS request"].map((event) => {
  return `power-on to ${event}`;
});
const [VIRTUAL_SECONDS, TWIN_TRANSFER] = [
  "in Node: virtual seconds per second, idle",
  "in Node: 64 MiB from one kernel to another",
];
const LINES = "lines of TypeScript of the kernel";

const authority = makeRoot("Bench Root");
const certificate = makeServer(["10.0.2.2"], makeAuthority("Bench Authority", authority));

/** Rows that were printed. */
let printed = 0;

/** Whether the user wants the row with this name. */
const wanted = (name: string) => name.includes(ROWS);

/** Prints a row. */
function show(name: string, text: string): void {
  console.log(`${name.padEnd(44)} ${text}`);
  printed++;
}

/** Prints how much better the first is than each other, then what each reached. */
function print(row: Omit<Row, "measure">, names: string[], values: number[][]): void {
  const ratios = names.slice(1).map((name, i) => {
    const pairs = values[0].map((mine, round) => ratio(row, mine, values[i + 1][round]));
    return `${summary(pairs, "")} x ${name}`;
  });
  const reached = names.map((name, i) => `${name} ${summary(values[i], row.unit, row.digits)}`);
  show(row.name, [...ratios, ...reached].join(" | "));
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

async function benchRows(peers: Peers): Promise<void> {
  const rows = allRows.filter(({ name }) => wanted(name));
  if (rows.length === 0 && !wanted(IDLE)) return;
  const guests = allGuests();
  const running = await start(guests);
  try {
    const names = guests.map(({ name }) => name);
    for (const row of rows) print(row, names, await measure(row, running, peers, RUNS));
    if (wanted(IDLE)) await benchIdle(running);
  } finally {
    await stop(running);
  }
}

async function benchCards(peers: Peers): Promise<void> {
  for (const card of CARDS) {
    const named = cardRows.map((row) => ({ ...row, name: `${card}: ${row.name}` }));
    const rows = named.filter(({ name }) => wanted(name));
    if (rows.length === 0) continue;
    const guests = allGuests();
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
  show(IDLE, shares.join(" | "));
}

async function benchBoots(): Promise<void> {
  if (![LEASE, HTTP, HTTPS].some(wanted)) return;
  const http = await Bell.start();
  const secure = { chain: certificate.chain, key: certificate.key };
  const https = await Bell.start(secure);
  const [first, second] = [
    `http://10.0.2.2:${http.port}/boot`,
    `https://10.0.2.2:${https.port}/boot`,
  ];
  try {
    const iso = await buildIso(`run="curl -s -o /dev/null ${first}; curl -s ${second}"`, {
      "ca.pem": authority.pem,
    });
    // After --next, curl knows no option that was given before it.
    const words = `curl -s -o /dev/null ${first} --next -s --cacert /etc/ca.pem ${second}`;
    const { guest, files } = linux();
    const other = linuxIso(files, words);
    const systems: [string, () => Promise<BootTimes>][] = [
      ["AnonymOS", () => bootOnce({ iso }, http, https)],
      [guest.name, () => bootOnce({ iso: other, memory: "512" }, http, https)],
      ["iPXE", () => bootOnce(ipxe(http.port), http)],
    ];
    const times: BootTimes[][] = systems.map(() => []);
    for (let round = 0; round < RUNS; round++) {
      for (const [index, [, boot]] of systems.entries()) times[index].push(await boot());
    }
    printBoots(
      systems.map(([name]) => name),
      times,
    );
  } finally {
    http.stop();
    https.stop();
  }
}

/** Prints the rows that are wanted, with the systems that have them: iPXE has no HTTPS. */
function printBoots(names: string[], times: BootTimes[][]): void {
  for (const [name, key] of [
    [LEASE, "lease"],
    [HTTP, "http"],
    [HTTPS, "https"],
  ] as const) {
    if (!wanted(name)) continue;
    const columns = times.map((list) => list.flatMap((time) => time[key] ?? []));
    const having = names.filter((_, index) => columns[index].length > 0);
    const values = columns.filter((column) => column.length > 0);
    print({ name, unit: "s", digits: 2, less: true }, having, values);
  }
}

/** The smallest memory in MiB with which the kernel reaches its prompt and an HTTP response. */
async function benchMemory(peers: Peers): Promise<void> {
  if (!wanted(MEMORY)) return;
  for (const memory of ["8", "10", "12", "14", "16", "24", "32"]) {
    try {
      const machine = await Machine.boot({ memory }, 10_000);
      const page = peers.bulk.replace("bulk.bin", "plain");
      const answer = await machine.command(`curl -s -m 5 -o null ${page}`).finally(() => {
        return machine.stop();
      });
      if (answer.code !== 0) continue;
      show(MEMORY, `AnonymOS ${memory} MiB`);
      return;
    } catch {
      // It did not boot.
    }
  }
}

async function benchTwins(): Promise<void> {
  const [idle, bulk]: number[][] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    if (wanted(VIRTUAL_SECONDS)) idle.push(await idleSpeed());
    if (wanted(TWIN_TRANSFER)) bulk.push((await bulkSpeed()) / 1e6);
  }
  const row = (name: string, unit: string, digits: number) => ({ name, unit, digits });
  if (idle.length > 0) print(row(VIRTUAL_SECONDS, "s/s", 0), ["twin"], [idle]);
  if (bulk.length > 0) print(row(TWIN_TRANSFER, "MB/s", 1), ["twins"], [bulk]);
}

function benchSizes(): void {
  for (const path of ["build/kernel.elf", "build/anonymos.bzimage", "build/anonymos.iso"]) {
    const name = `bytes of ${path}`;
    if (wanted(name)) show(name, `${statSync(root + path).size}`);
  }
  if (!wanted(LINES)) return;
  const folders = ["core", "machine", "net", "drivers", "kernel"];
  const sources = folders.flatMap((folder) => files(folder, ".ts"));
  const lines = sources.map((path) => readFileSync(root + path, "utf8").split("\n").length - 1);
  const total = lines.reduce((a, b) => a + b, 0);
  show(LINES, `${total} in ${sources.length} files`);
}

let linuxOnce: ReturnType<typeof linuxGuest> | undefined;

/** Returns the Linux guest, whose files are made when it is first needed. */
function linux(): ReturnType<typeof linuxGuest> {
  linuxOnce ??= linuxGuest(authority.pem);
  return linuxOnce;
}

let guestsOnce: Guest[] | undefined;

/** Returns the guests to compare; the kernel of BASE is built when they are first needed. */
function allGuests(): Guest[] {
  if (guestsOnce) return guestsOnce;
  guestsOnce = [anonymos("AnonymOS", `${root}build/kernel.elf`, authority.pem)];
  if (BASE !== "") {
    const { name, kernel } = baseKernel(BASE);
    guestsOnce.push(anonymos(name, kernel, authority.pem));
  }
  guestsOnce.push(linux().guest);
  return guestsOnce;
}

const nginx = await Nginx.start({ "bulk.bin": patternBytes(BULK) });
const secure = await Nginx.start({ "bulk.bin": patternBytes(BULK) }, { secure: certificate });
const sink = await DiscardServer.start();
try {
  console.log(`medians of ${RUNS} [lowest-highest], QEMU with -accel tcg\n`);
  const peers: Peers = {
    bulk: nginx.url("/bulk.bin"),
    secure: secure.url("/bulk.bin"),
    sink: `http://10.0.2.2:${sink.port}/`,
  };
  await benchRows(peers);
  await benchCards(peers);
  for (const [name, values] of await cipherSpeed(RUNS, wanted)) {
    show(name, summary(values, "MB/s", 1));
  }
  await benchBoots();
  await benchMemory(peers);
  await benchTwins();
  benchSizes();
  if (printed === 0) throw new Error(`no row has "${ROWS}" in its name`);
} finally {
  await nginx.stop();
  await secure.stop();
  await sink.stop();
}
