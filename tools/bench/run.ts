/**
 * `make bench`: prints medians of RUNS runs (default 5): seconds from power-on to a lease, an HTTP
 * response and the prompt, MB/s in each direction, ping times, and the kernel's speed in Node. Also
 * prints the load of an idle machine, and sizes. QEMU always uses TCG.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildIso, configured } from "../../tests/lab/host/console.ts";
import { root } from "../../tests/lab/host/process.ts";
import { Machine, userNet } from "../../tests/lab/host/qemu.ts";
import { Nginx, patternBytes, Sink } from "../../tests/lab/host/servers.ts";
import { files } from "../../tests/style/sources.ts";
import { isDhcpAck, isHttpOk, watch } from "./packets.ts";
import { tlsSpeed } from "./tls.ts";
import { bulkSpeed, idleSpeed } from "./twins.ts";

const RUNS = Number(process.env.RUNS ?? 5);
const BULK = 64 * 1024 * 1024;
const rows: [string, string][] = [];

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** `1.82 s [1.80-1.91]` */
function summary(values: number[], unit: string, digits = 2): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const range = values.length > 1 ? ` [${low.toFixed(digits)}-${high.toFixed(digits)}]` : "";
  return `${median(values).toFixed(digits)} ${unit}${range}`;
}

function row(name: string, value: string): void {
  rows.push([name, value]);
  console.log(`${name.padEnd(52)} ${value}`);
}

interface BootTimes {
  prompt: number;
  lease: number;
  answer: number;
  /** Seconds on the kernel's own clock at the lease, from its log. */
  leaseSinceEntry: number;
}

/** Boots once; times are in seconds since QEMU was started, unless noted. */
async function bootOnce(options: { iso?: string; append?: string }): Promise<BootTimes> {
  const folder = mkdtempSync(`${tmpdir()}/anonymos-bench-`);
  const dump = `${folder}/packets`;
  const begun = performance.now();
  const since = (at: number) => (at - begun) / 1000;
  const more = ["-object", `filter-dump,id=dump,netdev=n0,file=${dump}`];
  const machine = new Machine({ ...options, more });
  try {
    const wanted = { lease: isDhcpAck, answer: isHttpOk };
    const prompted = machine.prompt(60_000).then(() => since(performance.now()));
    const [seen, prompt] = await Promise.all([watch(dump, wanted, 60_000), prompted]);
    const log = await machine.ok("dmesg");
    const [, stamp] = /^\[ *(\d+\.\d+)\].*10\.0\.2\.15/m.exec(log) ?? [];
    return {
      prompt,
      lease: since(seen.lease.at),
      answer: since(seen.answer.at),
      leaseSinceEntry: Number(stamp ?? Number.NaN),
    };
  } finally {
    await machine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchBoot(nginx: Nginx): Promise<void> {
  const command = `run="curl -s -o null ${nginx.url("/plain")}"`;
  const iso = await buildIso(command);
  const ways: [string, { iso?: string; append?: string }][] = [
    ["ISO", { iso }],
    ["-kernel", { append: command }],
  ];
  for (const [way, options] of ways) {
    const times: BootTimes[] = [];
    for (let i = 0; i < RUNS; i++) times.push(await bootOnce(options));
    const column = (key: keyof BootTimes) => times.map((time) => time[key]);
    row(`${way}: QEMU start to DHCP ACK`, summary(column("lease"), "s"));
    row(`${way}: QEMU start to first HTTP 200`, summary(column("answer"), "s"));
    row(`${way}: kernel entry to lease (its own clock)`, summary(column("leaseSinceEntry"), "s"));
  }
  const prompts: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const begun = performance.now();
    const machine = await Machine.boot();
    prompts.push((performance.now() - begun) / 1000);
    await machine.stop();
  }
  row("-kernel: QEMU start to prompt", summary(prompts, "s"));
}

/** Returns the MB/s that the kernel's curl reports. */
function rate(output: string): number {
  return Number(/([\d.]+) MB\/s/.exec(output)?.[1]);
}

async function benchBulk(machine: Machine, nginx: Nginx, sink: Sink): Promise<void> {
  await machine.ok("httpd");
  const base = `http://127.0.0.1:${await machine.port(80)}`;
  const [received, sent, served]: number[][] = [[], [], []];
  for (let i = 0; i < RUNS; i++) {
    received.push(rate(await machine.ok(`curl -o null ${nginx.url("/bulk.bin")}`, 120_000)));
    const post = `curl -o null -d @bytes:${BULK} ${sink.url("/")}`;
    const begunSend = performance.now();
    await machine.ok(post, 120_000);
    sent.push(BULK / 1000 / (performance.now() - begunSend));
    const begun = performance.now();
    const answer = await fetch(`${base}/bytes/${BULK}`);
    for await (const _ of answer.body as unknown as AsyncIterable<Uint8Array>);
    served.push(BULK / 1000 / (performance.now() - begun));
  }
  row("64 MiB from nginx (curl's own figure)", summary(received, "MB/s", 1));
  row("64 MiB by POST to Node", summary(sent, "MB/s", 1));
  row("64 MiB from httpd to the host", summary(served, "MB/s", 1));
}

async function benchLatency(machine: Machine): Promise<void> {
  const averages: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const output = await machine.ok("ping -c 3 10.0.2.2", 30_000);
    averages.push(Number(/= [\d.]+\/([\d.]+)\//.exec(output)?.[1]));
  }
  row("ping to the gateway, average", summary(averages, "ms", 3));
}

async function benchIdle(machine: Machine): Promise<void> {
  await machine.ok("httpd stop");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = machine.cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  row(
    "idle: QEMU's share of a core over 10 s",
    `${((machine.cpuSeconds() - before) * 10).toFixed(1)} %`,
  );
}

async function benchTls(): Promise<void> {
  const speeds = await tlsSpeed(patternBytes(BULK), RUNS);
  const received = speeds.map((speed) => speed.received);
  const alone = speeds.map((speed) => speed.alone);
  const share = speeds.map((speed) => (100 * speed.received) / speed.alone);
  row("64 MiB from nginx over TLS 1.3, ChaCha20-Poly1305", summary(received, "MB/s", 1));
  row("ChaCha20-Poly1305 alone in the same guest", summary(alone, "MB/s", 1));
  row("TLS's share of that", summary(share, "%", 0));
}

async function benchTwins(): Promise<void> {
  const [idle, bulk]: number[][] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    idle.push(await idleSpeed());
    bulk.push((await bulkSpeed()) / 1e6);
  }
  row("in Node: virtual seconds per second, idle with a lease", summary(idle, "s/s", 0));
  row("in Node: 64 MiB from one kernel to another", summary(bulk, "MB/s", 1));
}

function countLines(paths: string[]): string {
  const lines = paths.map((path) => readFileSync(root + path, "utf8").split("\n").length - 1);
  return `${lines.reduce((a, b) => a + b, 0)} lines in ${paths.length} files`;
}

function benchSizes(): void {
  for (const path of ["build/kernel.elf", "build/anonymos.iso", "build/kernel.wasm"]) {
    row(path, `${statSync(root + path).size} bytes`);
  }
  const folders = ["core", "machine", "net", "drivers", "kernel"];
  const kernel = folders.flatMap((folder) => files(folder, ".ts"));
  row("TypeScript of the kernel", countLines(kernel));
  const native = ["machine/native", "net/service/tls/glue"];
  const sources = native.flatMap((folder) => files(folder, ".c", ".h", ".S"));
  row("C and assembly", countLines(sources));
  row("TypeScript of the tests", countLines(files("tests", ".ts")));
  row(
    "TypeScript of the build",
    countLines([...files("compiler-config", ".ts"), ...files("iso", ".ts")]),
  );
}

const nginx = await Nginx.start({ "bulk.bin": patternBytes(BULK) });
const sink = await Sink.start();
try {
  console.log(`medians of ${RUNS} [lowest-highest], QEMU with -accel tcg\n`);
  await benchBoot(nginx);
  const machine = await Machine.boot({ memory: "128", nics: [userNet([80])] });
  try {
    await configured(machine);
    await benchBulk(machine, nginx, sink);
    await benchLatency(machine);
    await benchIdle(machine);
  } finally {
    await machine.stop();
  }
  await benchTls();
  await benchTwins();
  benchSizes();
} finally {
  await nginx.stop();
  await sink.stop();
}
