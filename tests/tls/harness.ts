/** Builds the harness (tests/tls/*.c) around the kernel's own TLS objects, and runs it. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { createServer, type TlsOptions } from "node:tls";
import { root } from "../lab/host/process.ts";
import type { Certificate } from "./certificates.ts";

const program = `${root}build/tests/tls-harness-${process.pid}`;

/** The harness's output, lines of `key=value`; `get` returns the last value of a key. */
export class Report {
  constructor(readonly text: string) {}
  get(key: string): string {
    const found = [...this.text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].at(-1);
    if (found === undefined) throw new Error(`no ${key} in:\n${this.text}`);
    return found[1];
  }
  number(key: string): number {
    return Number(this.get(key));
  }
}

/** Links the harness. Object files in `instead` replace members of the library. */
export function build(...instead: string[]): void {
  process.on("exit", () => rmSync(program, { force: true }));
  mkdirSync(`${root}build/tests`, { recursive: true });
  const objects = [...instead, "build/native/string.o", "build/tls/library.a"];
  const words = ["-no-pie", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];
  words.push("tests/tls/harness.c", "tests/tls/alone.c", ...objects, "-o", program);
  execFileSync("gcc", words, { cwd: root, stdio: "inherit" });
}

/** Runs the harness to its end. */
export async function harness(...words: string[]): Promise<Report> {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  const [code, signal] = await once(child, "close");
  if (code !== 0) text += `ended=${code ?? signal}\n`;
  return new Report(text);
}

/** Starts the harness as a server, and returns once it listens. */
export async function harnessServer(identity: Certificate, ...words: string[]) {
  const all = ["server", "0", identity.file, identity.key, ...words];
  const child = spawn(program, all, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  const finished = once(child, "close");
  const listening = new Promise<number>((resolve) => {
    child.stdout.setEncoding("latin1").on("data", (part: string) => {
      text += part;
      const port = /^port=(\d+)$/m.exec(text);
      if (port !== null) resolve(Number(port[1]));
    });
  });
  const port = await listening;
  return {
    port,
    report: async () => {
      await finished;
      return new Report(text);
    },
    kill: () => child.kill(),
  };
}

/** Starts Node's TLS server. By default, it answers a client's first data with "hello". */
export async function nodeServer(
  chain: Certificate[],
  options: TlsOptions = {},
  serve: (socket: TLSSocket) => void = greet,
): Promise<{ port: number; server: Server }> {
  const cert = chain.map((certificate) => certificate.pem).join("");
  const weak = { ciphers: "DEFAULT@SECLEVEL=0", minVersion: "TLSv1.2" as const };
  const all = { cert, key: chain[0].keyPem, ALPNProtocols: ["http/1.1"], ...weak, ...options };
  const server = createServer(all, serve);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, server };
}

function greet(socket: TLSSocket): void {
  socket.on("error", () => {});
  socket.once("data", () => socket.end("hello"));
}

/** Connects the harness once to a server that presents `chain`. */
export async function visit(
  chain: Certificate[],
  name: string,
  words: string[],
  options: TlsOptions = {},
): Promise<Report> {
  const { port, server } = await nodeServer(chain, options);
  try {
    return await harness("client", String(port), name, "send=hello?", ...words);
  } finally {
    server.close();
  }
}
