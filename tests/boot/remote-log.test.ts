/** netconsole= and syslog= to sockets of this host: by UDP, and over TLS to Node's server. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { after, before, suite, test } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured, until } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { listening } from "../lab/host/servers.ts";

const root = makeRoot("Test Root");
const certificate = makeServer(["10.0.2.2"], root);

/** Splits a stream of syslog messages, each after its length and a space (RFC 5425 section 4.3). */
function split(stream: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < stream.length; ) {
    const space = stream.indexOf(" ", at);
    const length = Number(stream.toString("latin1", at, space));
    assert.ok(space > at && length > 0, stream.toString());
    messages.push(stream.toString("utf8", space + 1, space + 1 + length));
    at = space + 1 + length;
  }
  return messages;
}

suite("the log on other hosts", () => {
  const lines: string[] = [];
  let stream = Buffer.alloc(0);
  let connections = 0;
  let last: TLSSocket | undefined;
  const server = createServer({ key: certificate.key, cert: certificate.chain }, (socket) => {
    connections++;
    last = socket;
    socket.on("data", (bytes) => {
      stream = Buffer.concat([stream, bytes]);
    });
    socket.on("error", () => {});
  });
  let datagrams: Socket;
  let machine: Machine;

  before(async () => {
    datagrams = createSocket("udp4").on("message", (bytes) => lines.push(bytes.toString()));
    datagrams.bind(0, "127.0.0.1");
    await once(datagrams, "listening");
    const port = await listening(server);
    const console = `netconsole=@/,${datagrams.address().port}@10.0.2.2/`;
    const append = `${console} syslog=tls://10.0.2.2:${port} ip=dhcp`;
    machine = await Machine.boot({ append, modules: { "ca.pem": root.pem } });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    datagrams?.close();
    last?.destroy();
    server.close();
  });

  /** Returns the lines that dmesg prints. */
  const logged = async () =>
    (await machine.ok("dmesg")).split("\n").filter((line) => /^\[ *\d+\.\d{6}\] /.test(line));

  test("netconsole has every line since the start", async () => {
    const log = await logged();
    await until("all lines are here", 20_000, async () => lines.length >= log.length);
    assert.deepEqual(lines.slice(0, log.length).join(""), `${log.join("\n")}\n`);
  });

  test("syslog over TLS has every line, after its length", async () => {
    const log = await logged();
    await until("all messages are here", 20_000, async () => split(stream).length >= log.length);
    const texts = split(stream).map((message) => {
      const [, text] = /^<6>1 20\S+Z anonymos kernel - - - (.*)$/.exec(message) ?? [];
      return text;
    });
    assert.deepEqual(
      texts.slice(0, log.length),
      log.map((line) => line.slice(line.indexOf("] ") + 2)),
    );
  });

  test("syslog connects again when the server has closed the connection", async () => {
    stream = Buffer.alloc(0);
    last?.end();
    await until("another connection", 30_000, async () => connections === 2);
    const text = "the server closed the connection";
    await until("the reason arrives", 20_000, async () =>
      split(stream).some((m) => m.endsWith(text)),
    );
  });
});
