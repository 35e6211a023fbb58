/**
 * A thousand TLS handshakes with the booted kernel as the server, in both versions, full and
 * resumed, and some with it as the client. None may leak memory.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import {
  configured,
  heapLevel,
  netErrors,
  tcpLines,
  tlsHeapIsFree,
  until,
} from "../lab/host/console.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";
import { OpensslServer } from "../lab/host/tls-servers.ts";

const root = makeRoot("Test Root");
const certificate = makeServer(["127.0.0.1", "10.0.2.2"], makeAuthority("Test Authority", root));
/** Concurrent connections. */
const AT_ONCE = 4;
const old = { maxVersion: "TLSv1.2" } as const;
const modern = { minVersion: "TLSv1.3" } as const;

suite("many handshakes", () => {
  let machine: Machine;
  let port = 0;

  before(async () => {
    machine = await Machine.boot({
      memory: "128",
      nics: [userNet([8443])],
      modules: {
        "ca.pem": root.pem,
        "server.pem": certificate.chain,
        "server.key": certificate.key,
      },
    });
    await configured(machine);
    await machine.ok("httpd -s 8443");
    port = await machine.port(8443);
  });
  after(() => machine?.stop());

  /** Makes a connection and a request; returns its last session, and whether it was resumed. */
  async function shake(
    options: ConnectionOptions,
  ): Promise<{ resumed: boolean; session?: Buffer }> {
    return await new Promise((resolve, reject) => {
      let resumed = false;
      let session: Buffer | undefined;
      const socket = connect({ host: "127.0.0.1", port, ca: root.pem, ...options });
      socket.on("secureConnect", () => {
        resumed = socket.isSessionReused();
        socket.write("GET /bytes/5 HTTP/1.1\r\nHost: x\r\n\r\n");
      });
      socket.on("session", (bytes) => {
        session = bytes;
      });
      // Close first, so that TIME-WAIT is on this side.
      socket.once("data", (bytes) => {
        assert.match(bytes.toString("latin1"), /^HTTP\/1\.1 200 /);
        socket.end();
      });
      socket.on("error", reject);
      socket.on("close", () => resolve({ resumed, session }));
    });
  }

  /** Makes `count` connections, several at a time; returns how many were resumed. */
  async function many(count: number, options: ConnectionOptions): Promise<number> {
    let left = count;
    let resumed = 0;
    const worker = async () => {
      while (left-- > 0) if ((await shake(options)).resumed) resumed++;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return resumed;
  }

  test("leaves nothing in use after 1,000 handshakes as server, up to 600 resumed", async (t) => {
    await many(20, modern);
    const level = await settledHeap();
    for (const [count, options, again] of [
      [250, modern, false],
      [150, old, false],
      [150, modern, true],
      [450, old, true],
    ] as const) {
      const began = performance.now();
      const session = again ? (await shake(options)).session : undefined;
      const resumed = await many(count, { ...options, session });
      // A server that was starved for seconds rejects a ticket's age (RFC 8446 section 8.3).
      assert.ok(again ? resumed >= 0.9 * count : resumed === 0, `${resumed} resumed`);
      const kind = again ? "resumed" : "full";
      const time = ((performance.now() - began) / count).toFixed(1);
      t.diagnostic(`${count} ${JSON.stringify(options)} ${kind}: ${time} ms each`);
    }
    const more = (await settledHeap()) - level;
    assert.ok(more < 16_384, `${more} bytes more are in use`);
    assert.deepEqual(await netErrors(machine), {});
  });

  test("leaves nothing in use after 100 full handshakes as the client", async () => {
    const words = ["-www", "-no_ticket", "-num_tickets", "0", "-no_cache"];
    const server = await OpensslServer.start(certificate, words);
    try {
      const level = await settledHeap();
      const line = Array.from({ length: 10 }, () => `curl -s https://10.0.2.2:${server.port}/`);
      for (let i = 0; i < 10; i++) {
        const pages = await machine.ok(line.join("; "), 120_000);
        assert.equal(pages.match(/^New, TLSv1\.3, /gm)?.length, 10);
      }
      const more = (await settledHeap()) - level;
      assert.ok(more < 16_384, `${more} bytes more are in use`);
    } finally {
      await server.stop();
    }
  });

  /** Returns the heap's level once only TIME-WAIT is left, and TLS's own heap is empty. */
  async function settledHeap(): Promise<number> {
    await tlsHeapIsFree(machine);
    await until("no connection is left", 60_000, async () => {
      return (await tcpLines(machine)).every((line) => /TIME-WAIT/.test(line));
    });
    return await heapLevel(machine);
  }
});
