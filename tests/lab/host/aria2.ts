/** aria2 as a JSON-RPC 2.0 server on loopback, over HTTP and WebSocket, with or without TLS. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { atFreePort, type Service } from "./servers.ts";

export class Aria2 implements Service {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: Child,
  ) {}

  static async start(certificate?: Certificate): Promise<Aria2> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-aria2-"));
    const words = ["aria2c", "--no-conf", "--enable-rpc", `--dir=${folder}`];
    if (certificate) {
      writeFileSync(`${folder}/chain.pem`, certificate.chain);
      writeFileSync(`${folder}/key.pem`, certificate.key);
      words.push("--rpc-secure", `--rpc-certificate=${folder}/chain.pem`);
      words.push(`--rpc-private-key=${folder}/key.pem`);
    }
    return await atFreePort(async (port) => {
      const child = new Child("aria2", [...words, `--rpc-listen-port=${port}`]);
      try {
        const ready = () => (/listening on TCP port/.test(child.output) ? true : undefined);
        await child.until("its port", ready, 10_000);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return new Aria2(port, folder, child);
    });
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
