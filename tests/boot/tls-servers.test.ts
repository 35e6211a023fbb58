/**
 * TLS with several servers: OpenSSL, GnuTLS and nginx with each suite, GnuTLS's tickets, transfers
 * in both directions, and peers that are silent or send a byte at a time.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { createServer, connect as dial, type Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import type { SecureVersion } from "node:tls";
import { type Certificate, makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured, netErrors, tlsHeapIsFree } from "../lab/host/console.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";
import {
  crcText,
  listening,
  Nginx,
  patternBytes,
  type Service,
  sha256,
} from "../lab/host/servers.ts";
import { GnutlsServer, OpensslServer, TlsServer } from "../lab/host/tls-servers.ts";

const BULK = 8 * 1024 * 1024;
const root = makeRoot("Test Root");
const rsaRoot = makeRoot("RSA Test Root", { kind: "rsa" });
const names = ["10.0.2.2", "127.0.0.1"];
const certificates: Record<string, Certificate> = {
  ECDSA: makeServer(names, makeAuthority("Test Authority", root)),
  RSA: makeServer(names, makeAuthority("RSA Test Authority", rsaRoot)),
};

/** A suite's names: in GnuTLS, in OpenSSL for TLS 1.2, and for TLS 1.3. */
interface Suite {
  gnutls: string;
  openssl: string;
  modern: string;
}
const suites: Suite[] = [
  {
    gnutls: "CHACHA20-POLY1305",
    openssl: "CHACHA20-POLY1305",
    modern: "TLS_CHACHA20_POLY1305_SHA256",
  },
  { gnutls: "AES-128-GCM", openssl: "AES128-GCM-SHA256", modern: "TLS_AES_128_GCM_SHA256" },
  { gnutls: "AES-256-GCM", openssl: "AES256-GCM-SHA384", modern: "TLS_AES_256_GCM_SHA384" },
];

/** Reduces a suite's name by IANA, mbedTLS or OpenSSL to a common form: "CHACHA20POLY1305". */
const plain = (name: string) => name.replace(/^TLS1-3|TLS|ECDHE|ECDSA|RSA|WITH|SHA\d+$|[-_]/g, "");

/** Starts a server that accepts only one version and one suite. */
type Start = (kind: string, modern: boolean, suite: Suite) => Promise<Service>;

const servers: Record<string, Start> = {
  OpenSSL: (kind, modern, { openssl, modern: name }) => {
    const old = ["-tls1_2", "-cipher", `ECDHE-${kind}-${openssl}`];
    const words = modern ? ["-tls1_3", "-ciphersuites", name] : old;
    return OpensslServer.start(certificates[kind], ["-www", ...words]);
  },
  GnuTLS: (kind, modern, { gnutls }) => {
    const version = modern ? "TLS1.3" : "TLS1.2";
    const priority = `NORMAL:-VERS-ALL:+VERS-${version}:-CIPHER-ALL:+${gnutls}`;
    return GnutlsServer.start(certificates[kind], priority);
  },
  nginx: (kind, modern, { openssl, modern: name }) => {
    const words = modern
      ? `ssl_conf_command MinProtocol TLSv1.3; ssl_conf_command Ciphersuites ${name};`
      : `ssl_conf_command MaxProtocol TLSv1.2; ssl_ciphers ECDHE-${kind}-${openssl};`;
    return Nginx.start({}, { secure: certificates[kind], more: words });
  },
};

suite("TLS servers", () => {
  let machine: Machine;

  before(async () => {
    machine = await Machine.boot({
      memory: "128",
      nics: [userNet([8443])],
      modules: {
        "ca.pem": root.pem + rsaRoot.pem,
        "server.pem": certificates.ECDSA.chain,
        "server.key": certificates.ECDSA.key,
      },
    });
    await configured(machine);
  });
  after(() => machine?.stop());

  for (const [name, start] of Object.entries(servers)) {
    test(`${name}: works with every suite, both versions, RSA and ECDSA chains`, async (t) => {
      for (const kind of ["ECDSA", "RSA"]) {
        for (const modern of [false, true]) {
          for (const suite of suites) {
            const server = await start(kind, modern, suite);
            try {
              const output = await machine.ok(`tls 10.0.2.2:${server.port}`, 60_000);
              const [, version, shown] = /^TLSv1\.(\d), (\S+), /m.exec(output) ?? [];
              assert.equal(version, modern ? "3" : "2", output);
              assert.equal(plain(shown), plain(suite.modern));
              assert.match(output, /^verification: ok$/m);
              assert.match(output, /^certificate 2 of 2$/m);
              assert.match(output, /^root: CN=.*Test Root \(added\)$/m);
              const time = /handshake [\d.]+ ms/.exec(output)?.[0];
              t.diagnostic(`${kind}, TLS 1.${version}, ${shown}: ${time}`);
              const page = await machine.ok(`curl -i https://10.0.2.2:${server.port}/`, 60_000);
              assert.match(page, /^HTTP\/1\.[01] /);
            } finally {
              await server.stop();
            }
          }
        }
      }
    });
  }

  test("TLS-41: resumes GnuTLS's sessions in both versions", async () => {
    for (const version of ["TLS1.2", "TLS1.3"]) {
      const priority = `NORMAL:-VERS-ALL:+VERS-${version}`;
      const server = await GnutlsServer.start(certificates.ECDSA, priority);
      try {
        const line = `tls 10.0.2.2:${server.port}`;
        assert.match(await machine.ok(line, 60_000), /, new session$/m);
        const curl = `curl -v -H 'Connection: close' https://10.0.2.2:${server.port}/`;
        assert.match(await machine.ok(curl, 60_000), /, resumed$/m);
        assert.match(await machine.ok(line, 60_000), /, new session$/m);
      } finally {
        await server.stop();
      }
    }
  });

  test("TLS-41: reaches a server that changed its version since the last session", async () => {
    const only = (version: SecureVersion) =>
      TlsServer.start(certificates.ECDSA, {}, { minVersion: version, maxVersion: version });
    const servers = [await only("TLSv1.2"), await only("TLSv1.3")];
    let port = 0;
    const relay = createServer((client) => pass(client, dial(port, "127.0.0.1")));
    const here = `10.0.2.2:${await listening(relay)}`;
    try {
      for (const [index, command] of [
        [0, "tls"],
        [1, "tls"],
        [0, "tls"],
        [1, "curl https://"],
        [0, "curl https://"],
      ] as const) {
        port = servers[index].port;
        const line = command === "tls" ? `tls ${here}` : `${command}${here}/`;
        const output = await machine.ok(line, 60_000);
        assert.match(output, command === "tls" ? /, new session$/m : /^secure \/$/);
      }
    } finally {
      relay.close();
      for (const server of servers) await server.stop();
    }
  });

  test("transfers as client and server at once", async () => {
    const bulk = patternBytes(BULK);
    const nginx = await Nginx.start({ "bulk.bin": bulk }, { secure: certificates.RSA });
    try {
      await machine.ok("httpd -s 8443");
      const served = download(await machine.port(8443), `/bytes/${BULK}`);
      const line = `curl -o null --crc32 ${nginx.url("/bulk.bin")}`;
      const [fetched, bytes] = await Promise.all([machine.ok(line, 120_000), served]);
      assert.match(fetched, new RegExp(`^HTTP 200, ${BULK} bytes, .* crc32 ${crcText(bulk)}$`));
      assert.equal(sha256(bytes), sha256(bulk));
      await machine.ok("httpd stop");
      assert.deepEqual(await netErrors(machine), {});
    } finally {
      await nginx.stop();
    }
  });

  /** Downloads a path from the guest's server over TLS. */
  async function download(port: number, path: string): Promise<Buffer> {
    const asked = get({ host: "127.0.0.1", port, path, ca: root.pem });
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return Buffer.concat(await answer.toArray());
  }

  test("gives up on a silent peer after 30 s, or at the deadline", async () => {
    const silent = createServer((socket: Socket) => socket.resume().on("error", () => {}));
    const port = await listening(silent);
    const url = `https://10.0.2.2:${port}/`;
    try {
      const late = await machine.command(`curl -m 1 ${url}`, 60_000);
      const silence = { output: "curl: (28) SSL connection timeout", code: 28 };
      assert.deepEqual(late, silence);
      assert.deepEqual(await machine.command(`curl ${url}`, 90_000), silence);
    } finally {
      silent.close();
    }
  });

  test("a handshake byte by byte succeeds, or ends at the deadline", async () => {
    const server = await TlsServer.start(certificates.ECDSA);
    const slow = { milliseconds: 0 };
    const relay = createServer((client) => {
      const upstream = dial(server.port, "127.0.0.1");
      trickle(client, upstream, slow).catch(() => {}); // cut short: the client gave up
    });
    const url = `https://10.0.2.2:${await listening(relay)}/`;
    try {
      assert.equal(await machine.ok(`curl ${url}`, 60_000), "secure /");
      slow.milliseconds = 100;
      const late = await machine.command(`curl -m 2 ${url}`, 60_000);
      assert.equal(late.code, 28);
      assert.match(
        late.output,
        /^curl: \(28\) Operation timed out after 2\d\d\d milliseconds with 0 /,
      );
    } finally {
      relay.close();
      await server.stop();
    }
    await tlsHeapIsFree(machine);
  });
});

/** Relays both directions. */
function pass(client: Socket, server: Socket) {
  for (const socket of [client, server]) socket.on("error", () => {});
  client.pipe(server).pipe(client);
}

/** Relays a server's bytes one at a time, and a client's as they arrive. */
async function trickle(client: Socket, server: Socket, slow: { milliseconds: number }) {
  client.setNoDelay(true);
  for (const socket of [client, server]) socket.on("error", () => {});
  client.pipe(server);
  client.on("close", () => server.destroy());
  for await (const bytes of server as AsyncIterable<Buffer>) {
    for (let at = 0; at < bytes.length && client.writable; at++) {
      client.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, slow.milliseconds));
    }
  }
  client.end();
}
