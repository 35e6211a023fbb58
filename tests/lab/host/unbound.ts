/** unbound as a name server over TLS (RFC 7858), with its own names, on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { atFreePort, type Service } from "./servers.ts";

export class Unbound implements Service {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: Child,
  ) {}

  /** `records` are lines of a zone file: `a.test. A 192.0.2.1`. */
  static async start(certificate: Certificate, records: string[]): Promise<Unbound> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-unbound-"));
    writeFileSync(`${folder}/chain.pem`, certificate.chain);
    writeFileSync(`${folder}/key.pem`, certificate.key);
    return await atFreePort(async (port) => {
      const file = `${folder}/unbound.conf`;
      writeFileSync(file, Unbound.configuration(folder, port, records));
      const child = new Child("unbound", ["unbound", "-d", "-p", "-c", file]);
      try {
        const ready = () => (/start of service/.test(child.output) ? true : undefined);
        await child.until("its start", ready, 10_000);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return new Unbound(port, folder, child);
    });
  }

  private static configuration(folder: string, port: number, records: string[]): string {
    return `server:
      directory: "${folder}"
      chroot: ""
      username: ""
      pidfile: ""
      use-syslog: no
      logfile: ""
      verbosity: 1
      log-queries: yes
      num-threads: 1
      interface: 127.0.0.1@${port}
      tls-port: ${port}
      tls-service-pem: "${folder}/chain.pem"
      tls-service-key: "${folder}/key.pem"
      local-zone: "test." static
      ${records.map((record) => `local-data: "${record}"`).join("\n      ")}
      module-config: "iterator"
    remote-control:
      control-enable: no
    `;
  }

  /** Waits until its log of queries matches. */
  async logged(pattern: RegExp): Promise<void> {
    const { child } = this;
    await child.until(`${pattern}`, () => pattern.test(child.output) || undefined, 10_000);
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
    rmSync(this.folder, { recursive: true });
  }
}
