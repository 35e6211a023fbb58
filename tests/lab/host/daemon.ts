/** A real server in the foreground, with one port of loopback for plain text and one for TLS. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { atFreePort, type Service } from "./servers.ts";

/** Where a server listens, and the folder with its files: for TLS, `chain.pem` and `key.pem`. */
export interface Place {
  port: number;
  tlsPort: number;
  folder: string;
}

/** A server as a child process, with a temporary folder of its own. */
export class Daemon implements Service {
  private constructor(
    private readonly place: Place,
    private readonly child: Child,
  ) {}

  /**
   * Starts `words` once the certificate, if any, and `files` are written; the output matches
   * `ready` when it is up. `prefix` stands before the words.
   */
  static async start(
    certificate: Certificate | null,
    files: (place: Place) => Record<string, string | Uint8Array>,
    words: (place: Place) => string[],
    ready: RegExp,
    prefix: string[] = [],
  ): Promise<Daemon> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-daemon-"));
    // A server that root starts may change to a user without rights.
    chmodSync(folder, 0o755);
    const own: Record<string, string> = {};
    if (certificate !== null) {
      own["chain.pem"] = certificate.chain;
      own["key.pem"] = certificate.key;
    }
    return await atFreePort(async (port) => {
      return await atFreePort(async (tlsPort) => {
        const place = { port, tlsPort, folder };
        for (const [name, content] of Object.entries({ ...own, ...files(place) })) {
          writeFileSync(`${folder}/${name}`, content);
        }
        const [program, ...rest] = words(place);
        const child = new Child(program, [program, ...rest], { cwd: folder, prefix });
        try {
          await child.until("its start", () => ready.test(child.output) || undefined, 20_000);
          if (/in use/.test(child.output)) throw new Error(child.output);
        } catch (error) {
          await child.stop();
          throw error;
        }
        return new Daemon(place, child);
      });
    });
  }

  get port(): number {
    return this.place.port;
  }
  get tlsPort(): number {
    return this.place.tlsPort;
  }

  /** Waits until its output matches. */
  async logged(pattern: RegExp): Promise<void> {
    const { child } = this;
    await child.until(`${pattern}`, () => pattern.test(child.output) || undefined, 10_000);
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
    rmSync(this.place.folder, { recursive: true });
  }
}
