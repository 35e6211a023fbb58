/** Two boots of one image draw different numbers (TCP-51; RFC 4086 section 4, RFC 6528). */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { boot, configured, type Owner } from "../lab/host/console.ts";
import { listening } from "../lab/host/servers.ts";
import { buildTime, DAY, rtcBase } from "../lab/host/test-clock.ts";
import { be16, be32, TCP, UDP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";

/** The unpredictable numbers of one boot, by name. */
type Drawn = Map<string, number | string>;

/** Yields the frames of a classic pcap file, as written by QEMU's filter-dump. */
function* frames(pcap: Buffer): Generator<Buffer> {
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    yield pcap.subarray(at + 16, at + 16 + length);
    at += 16 + length;
  }
}

/** Keeps the first number of each kind that the guest sent. */
function read(pcap: Buffer, port: number, drawn: Drawn): void {
  const keep = (name: string, value: number | string) => drawn.has(name) || drawn.set(name, value);
  for (const frame of frames(pcap)) {
    const ip = parseIp(frame);
    if (ip === undefined || ip.start + 8 > ip.end) continue;
    const [source, destination] = [be16(frame, ip.start), be16(frame, ip.start + 2)];
    if (ip.protocol === UDP && source === 68) keep("DHCP xid", be32(frame, ip.start + 12));
    // Ports and ids have only 16 bits and may be equal by chance: compare pairs of them.
    if (ip.protocol === UDP && destination === port) {
      keep("DNS port and id", `${source} ${be16(frame, ip.start + 8)}`);
    }
    // The first segment of a connection: SYN without ACK.
    if (ip.protocol === TCP && (frame[ip.start + 13] & 0x12) === 0x02) {
      keep("initial sequence number", be32(frame, ip.start + 4));
    }
  }
}

/** Boots, looks up a name, begins a TLS handshake, and returns the numbers drawn. */
async function drawn(t: Owner, port: number, hello: () => Promise<Buffer>): Promise<Drawn> {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-dump-"));
  t.after(async () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "net0.pcap");
  const more = ["-object", `filter-dump,id=dump0,netdev=n0,file=${file}`];
  const machine = await boot(t, { more, rtc: rtcBase(buildTime() + DAY) });
  await configured(machine);
  // The UDP port is closed, as only the query matters.
  await machine.ok(`resolvectl dns net0 10.0.2.2#${port}`);
  await machine.command("host two-boots.test", 30_000);
  const greeting = hello();
  await machine.command(`curl -k https://10.0.2.2:${port}/`, 60_000);
  const found: Drawn = new Map();
  // The random follows record header, handshake header and version.
  found.set("ClientHello.random", (await greeting).subarray(11, 43).toString("hex"));
  await machine.stop();
  read(readFileSync(file), port, found);
  return found;
}

test("TCP-51: two boots with the same clock draw different numbers", async (t) => {
  let heard: ((bytes: Buffer) => void) | undefined;
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      heard?.(bytes);
      socket.destroy();
    });
  });
  const port = await listening(server);
  t.after(() => void server.close());
  const hello = () => new Promise<Buffer>((resolve) => (heard = resolve));
  const first = await drawn(t, port, hello);
  const second = await drawn(t, port, hello);
  const names = ["ClientHello.random", "DHCP xid", "DNS port and id", "initial sequence number"];
  assert.deepEqual([...first.keys()].sort(), names.sort());
  for (const name of names) assert.notEqual(first.get(name), second.get(name), name);
});
