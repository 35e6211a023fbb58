/**
 * `make run`: boots the kernel in this terminal and runs its main job, `check`, against stand-ins:
 * an Ethereum node (anvil) behind a web server with TLS (nginx), and a name server (dnsmasq). The
 * certificate for the real server's name is from a root made for this run. TARGET=URL uses the real
 * network instead. With RECORD=FILE the kernel writes its tape to FILE (tools/tape/). Needs no root
 * privileges; any number can run at once.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { makeAuthority, makeRoot, makeServer } from "../../tests/lab/host/certificates.ts";
import { root } from "../../tests/lab/host/process.ts";
import { Anvil, NameServer, Nginx, type Service } from "../../tests/lab/host/servers.ts";
import { HttpsProxy } from "./https-proxy.ts";
import { JsonRpcServer } from "./json-rpc.ts";

const NAME = "mainnet.era.zksync.io";
const CHAIN = 324;
/** The address of the name on QEMU's network, where the stand-in has the usual port of HTTPS. */
const ADDRESS = "10.0.2.100";
/** Ctrl-A x, which makes QEMU quit. */
const LEAVE = "\x01x";

const say = (text: string) => console.log(`run: ${text}`);
const services: Service[] = [];
const folder = `build/run-${process.pid}`;

/** Starts anvil, or JsonRpcServer where anvil cannot run. Returns the port. */
async function startNode(): Promise<number> {
  try {
    const anvil = await Anvil.start(CHAIN);
    services.push(anvil);
    say(`anvil, an Ethereum node with chain id ${CHAIN}, listens on 127.0.0.1:${anvil.port}`);
    return anvil.port;
  } catch (error) {
    const server = await JsonRpcServer.start();
    services.push(server);
    say(`anvil cannot run here (${String(error).split("\n")[0]});`);
    say(`a small JSON-RPC server stands in for it on 127.0.0.1:${server.port}`);
    return server.port;
  }
}

/** Puts TLS in front of the node. Returns the port of TLS, and the root to trust, in PEM. */
async function startTls(node: number): Promise<{ port: number; trusted: string }> {
  const trustedRoot = makeRoot("AnonymOS stand-in root");
  const secure = makeServer([NAME], makeAuthority("AnonymOS stand-in authority", trustedRoot));
  const trusted = trustedRoot.pem;
  try {
    const more = `location / { proxy_pass http://127.0.0.1:${node}; }`;
    const nginx = await Nginx.start({}, { secure, more });
    services.push(nginx);
    say(`nginx, which puts TLS in front of the node, listens on 127.0.0.1:${nginx.port}`);
    return { port: nginx.port, trusted };
  } catch (error) {
    const proxy = await HttpsProxy.start(secure.chain, secure.key, node);
    services.push(proxy);
    say(`nginx cannot run here (${String(error).split("\n")[0]});`);
    say(`a small web server with TLS stands in for it on 127.0.0.1:${proxy.port}`);
    return { port: proxy.port, trusted };
  }
}

interface Plan {
  /** The port of 127.0.0.1 that is ADDRESS:443 for the kernel; undefined for the real network. */
  port?: number;
  cmdline: string;
  /** Boot modules by name. Without any, DHCP and the built-in roots are used. */
  modules: Record<string, string>;
}

async function plan(target: string): Promise<Plan> {
  if (target !== "") {
    say(`using the real network: check ${target}`);
    return { cmdline: `run="check ${target}"`, modules: {} };
  }
  const { port, trusted } = await startTls(await startNode());
  // dnsmasq has only this address of the name. Without --local, it refuses queries for other types.
  const names = await NameServer.start([`--address=/${NAME}/${ADDRESS}`, `--local=/${NAME}/`]);
  services.push(names);
  say(`dnsmasq, a name server that knows ${NAME}, listens on 127.0.0.1:${names.port}`);
  const lines = ["[Match]", "Name=net0", "", "[Network]", "DHCP=yes", `DNS=10.0.2.2#${names.port}`];
  return {
    port,
    cmdline: 'run="check"',
    modules: { "anonymos.conf": `${lines.join("\n")}\n`, "ca.pem": trusted },
  };
}

/** Removes the files of earlier runs that were killed. */
function sweep(): void {
  for (const name of readdirSync(`${root}build`)) {
    const [, pid] = /^run-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      rmSync(`${root}build/${name}`, { recursive: true, force: true });
    }
  }
}

function buildImage({ cmdline, modules }: Plan): string {
  mkdirSync(`${root}${folder}`, { recursive: true });
  const words = ["--no-print-directory", "iso", `ISO=${folder}/anonymos.iso`];
  words.push(`CMDLINE=${cmdline}`);
  const files = Object.entries(modules).map(([name, content]) => {
    writeFileSync(`${root}${folder}/${name}`, content);
    return `${folder}/${name}`;
  });
  if (files.length > 0) words.push(`MODULES=${files.join(" ")}`);
  if (process.env.APP) words.push(`APP=${process.env.APP}`);
  if (process.env.RECORD) words.push(`RECORD=${process.env.RECORD}`);
  const environment = { ...process.env, MAKEFLAGS: "", MFLAGS: "", MAKELEVEL: "" };
  const made = spawnSync("make", words, { cwd: root, stdio: "inherit", env: environment });
  if (made.status !== 0) throw new Error("cannot build the ISO");
  return `${root}${folder}/anonymos.iso`;
}

function startQemu(iso: string, { port }: Plan): ChildProcess {
  const words = ["-M", "pc", "-accel", "tcg", "-m", "128", "-boot", "d"];
  // Not -nographic: the firmware would write to the serial line too.
  words.push("-display", "none", "-serial", "mon:stdio");
  if (process.env.RECORD) words.push("-serial", `file:${process.env.RECORD}`);
  // Not a port of the address 10.0.2.2, where only root may listen on 443, and only once.
  const relay = `node tools/stand-in/relay.mjs ${port}`;
  const forward = port === undefined ? "" : `,guestfwd=tcp:${ADDRESS}:443-cmd:${relay}`;
  words.push("-cdrom", iso, "-nic", `user,model=e1000${forward}`);
  const command = ["--pdeathsig", "TERM", "--", "qemu-system-x86_64", ...words];
  const terminal = process.stdin.isTTY;
  return spawn("setpriv", command, {
    cwd: root,
    stdio: terminal ? "inherit" : ["pipe", "pipe", "inherit"],
  });
}

/**
 * Without a terminal: passes standard input on once the check is over. When the input ends, waits
 * for the prompt and quits QEMU.
 */
function attach(qemu: ChildProcess): void {
  let screen = "";
  let checked = false;
  let ended = false;
  let quiet: NodeJS.Timeout | undefined;
  const leaveSoon = () => {
    clearTimeout(quiet);
    const waiting = ended && checked && screen.endsWith("\nanonymos> ");
    if (waiting) quiet = setTimeout(() => qemu.stdin?.write(LEAVE), 1000);
  };
  process.stdin.pause();
  process.stdin.on("data", (data) => qemu.stdin?.write(data));
  process.stdin.pause();
  process.stdin.on("end", () => {
    ended = true;
    leaveSoon();
  });
  qemu.stdin?.on("error", () => {});
  qemu.stdout?.on("data", (data: Buffer) => {
    process.stdout.write(data);
    screen = (screen + data.toString("latin1").replaceAll("\r", "")).slice(-4096);
    if (!checked && /\[exit \d+\][\s\S]*\nanonymos> $/.test(screen)) {
      checked = true;
      process.stdin.resume();
    }
    leaveSoon();
  });
}

async function cleanUp(): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
  rmSync(`${root}${folder}`, { recursive: true, force: true });
  rmSync(`${root}build/recipe-${folder.replaceAll("/", "-")}-anonymos.iso`, { force: true });
}

async function main(): Promise<number> {
  mkdirSync(`${root}build`, { recursive: true });
  sweep();
  const planned = await plan(process.env.TARGET ?? "");
  const iso = buildImage(planned);
  say("QEMU boots it; Ctrl-A x leaves");
  const qemu = startQemu(iso, planned);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
    process.on(signal, () => qemu.kill("SIGTERM"));
  }
  if (!process.stdin.isTTY) attach(qemu);
  return await new Promise((resolve, reject) => {
    qemu.once("error", reject);
    qemu.once("close", (code) => resolve(code ?? 0));
  });
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(`run: ${error instanceof Error ? error.message : error}`);
} finally {
  await cleanUp();
}
process.exit(code);
