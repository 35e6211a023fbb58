/** unbound, BIND and Knot Resolver on loopback, each over UDP, TCP and TLS (RFC 7858). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { atFreePort, type Service } from "./servers.ts";

/** Where a server listens, and the folder with its files: `chain.pem` and `key.pem` for TLS. */
interface Place {
  port: number;
  tlsPort: number;
  folder: string;
}

/** A name server in the foreground, as the test's user. */
export class NameDaemon implements Service {
  private constructor(
    private readonly place: Place,
    private readonly child: Child,
  ) {}

  /** Starts `words` once `files` are written; the output matches `ready` when it is up. */
  static async start(
    certificate: Certificate,
    files: (place: Place) => Record<string, string>,
    words: (place: Place) => string[],
    ready: RegExp,
  ): Promise<NameDaemon> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-names-"));
    return await atFreePort(async (port) => {
      return await atFreePort(async (tlsPort) => {
        const place = { port, tlsPort, folder };
        const all = { "chain.pem": certificate.chain, "key.pem": certificate.key, ...files(place) };
        for (const [name, content] of Object.entries(all)) {
          writeFileSync(`${folder}/${name}`, content);
        }
        const [program, ...rest] = words(place);
        const child = new Child(program, [program, ...rest], { cwd: folder });
        try {
          await child.until("its start", () => ready.test(child.output) || undefined, 20_000);
          if (/in use/.test(child.output)) throw new Error(child.output);
        } catch (error) {
          await child.stop();
          throw error;
        }
        return new NameDaemon(place, child);
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

/** Starts unbound. `records` are lines of a zone file: `a.test. A 192.0.2.1`. */
export function startUnbound(certificate: Certificate, records: string[]): Promise<NameDaemon> {
  const configuration = ({ port, tlsPort, folder }: Place) => `server:
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
      interface: 127.0.0.1@${tlsPort}
      tls-port: ${tlsPort}
      tls-service-pem: "${folder}/chain.pem"
      tls-service-key: "${folder}/key.pem"
      local-zone: "test." static
      ${records.map((record) => `local-data: "${record}"`).join("\n      ")}
      module-config: "iterator"
    remote-control:
      control-enable: no
    `;
  return NameDaemon.start(
    certificate,
    (place) => ({ "unbound.conf": configuration(place) }),
    ({ folder }) => ["unbound", "-d", "-p", "-c", `${folder}/unbound.conf`],
    /start of service/,
  );
}

/** Starts BIND with the given zones: their names, and their files in the master format. */
export function startBind(
  certificate: Certificate,
  zones: Record<string, string>,
): Promise<NameDaemon> {
  const entries = Object.entries(zones);
  const listed = entries.map(([name], i) => `zone "${name}" { type primary; file "zone${i}"; };`);
  const configuration = ({ port, tlsPort, folder }: Place) => `
    tls own { cert-file "${folder}/chain.pem"; key-file "${folder}/key.pem"; };
    controls {};
    options {
      directory "${folder}";
      listen-on port ${port} { 127.0.0.1; };
      listen-on port ${tlsPort} tls own { 127.0.0.1; };
      listen-on-v6 { none; };
      pid-file none;
      session-keyfile "${folder}/session.key";
      dnssec-validation no;
      empty-zones-enable no;
      rrset-order { order none; };
      querylog yes;
    };
    ${listed.join("\n    ")}
    `;
  return NameDaemon.start(
    certificate,
    (place) => ({
      "named.conf": configuration(place),
      ...Object.fromEntries(entries.map(([, content], i) => [`zone${i}`, content])),
    }),
    ({ folder }) => ["named", "-g", "-n", "1", "-c", `${folder}/named.conf`],
    / running\n/,
  );
}

/** Starts Knot Resolver, which asks the server at `upstream`, a port on loopback. */
export function startKnotResolver(certificate: Certificate, upstream: number): Promise<NameDaemon> {
  const configuration = ({ port, tlsPort, folder }: Place) => `
    log_target('stdout')
    net.listen('127.0.0.1', ${port}, { kind = 'dns' })
    net.listen('127.0.0.1', ${tlsPort}, { kind = 'tls' })
    net.tls('${folder}/chain.pem', '${folder}/key.pem')
    cache.open(10 * MB, 'lmdb://${folder}/cache')
    trust_anchors.remove('.')
    policy.add(policy.all(policy.STUB('127.0.0.1@${upstream}')))
    print('ready')
    `;
  return NameDaemon.start(
    certificate,
    (place) => ({ "kresd.conf": configuration(place) }),
    ({ folder }) => ["kresd", "-n", "-q", "-c", `${folder}/kresd.conf`, folder],
    /ready\n/,
  );
}
