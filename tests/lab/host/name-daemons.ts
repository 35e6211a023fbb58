/** unbound, BIND and Knot Resolver on loopback, each over UDP, TCP and TLS (RFC 7858). */
import type { Certificate } from "./certificates.ts";
import { Daemon, type Place } from "./daemon.ts";
import { REAL_TIME } from "./process.ts";

/** Starts unbound. `records` are lines of a zone file: `a.test. A 192.0.2.1`. */
export function startUnbound(certificate: Certificate, records: string[]): Promise<Daemon> {
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
  return Daemon.start(
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
): Promise<Daemon> {
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
  return Daemon.start(
    certificate,
    (place) => ({
      "named.conf": configuration(place),
      ...Object.fromEntries(entries.map(([, content], i) => [`zone${i}`, content])),
    }),
    ({ folder }) => ["named", "-g", "-n", "1", "-c", `${folder}/named.conf`],
    / running\n/,
    REAL_TIME,
  );
}

/** Starts Knot Resolver, which asks the server at `upstream`, a port on loopback. */
export function startKnotResolver(certificate: Certificate, upstream: number): Promise<Daemon> {
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
  return Daemon.start(
    certificate,
    (place) => ({ "kresd.conf": configuration(place) }),
    ({ folder }) => ["kresd", "-n", "-q", "-c", `${folder}/kresd.conf`, folder],
    /ready\n/,
    REAL_TIME,
  );
}
