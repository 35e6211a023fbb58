/**
 * What a peer or somebody on the way may do to the bytes of TLS: a proxy spoils records between
 * the harness and a good server, or a server speaks anything but TLS. TLS-18 to TLS-44.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { type Certificate, Workshop } from "./certificates.ts";
import { build, harness, nodeServer, type Report } from "./harness.ts";

const HANDSHAKE = 22;
const DATA = 23;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const KEY_EXCHANGE = 12;

const workshop = new Workshop();
let chain: Certificate[];
let trust: string[];

before(() => {
  build();
  const root = workshop.authority();
  chain = [workshop.server(root)];
  trust = [`root=${root.file}`];
});
after(() => workshop.close());

/** Changes a record of the server's, or answers undefined to leave it; `index` counts its type. */
type Edit = (record: Buffer, type: number, index: number) => Buffer | undefined;

/** The whole records that `bytes` begins with, and the rest. */
function records(bytes: Buffer): [Buffer[], Buffer] {
  const found: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 5 && bytes.length - at >= 5 + bytes.readUInt16BE(at + 3)) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    found.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return [found, Buffer.from(bytes.subarray(at))];
}

/** A server on a free port that does `serve` to each connection; runs the harness against it. */
async function against(serve: (socket: Socket) => void, ...words: string[]): Promise<Report> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const all = ["client", String(port), "good.test", "send=hello?", "patience=3000", ...trust];
  const report = await harness(...all, ...words);
  for (const socket of sockets) socket.destroy();
  server.close();
  return report;
}

async function spoil(version: "TLSv1.2" | "TLSv1.3", edit: Edit): Promise<Report> {
  const options = { minVersion: version, maxVersion: version };
  const { port, server } = await nodeServer(chain, options);
  const report = await against((client) => {
    const upstream = connect(port, "127.0.0.1");
    const counts = new Map<number, number>();
    let rest: Buffer = Buffer.alloc(0);
    upstream.on("error", () => {});
    client.on("close", () => upstream.destroy());
    client.pipe(upstream);
    upstream.on("close", () => client.end());
    upstream.on("data", (data: Buffer) => {
      const [whole, left] = records(Buffer.concat([rest, data]));
      rest = left;
      for (const record of whole) {
        const index = counts.get(record[0]) ?? 0;
        counts.set(record[0], index + 1);
        client.write(edit(record, record[0], index) ?? record);
      }
    });
  });
  server.close();
  return report;
}

/** Refused in the handshake, with that alert, and nothing was believed. */
function refused(report: Report, ...alerts: number[]): void {
  assert.equal(report.get("state"), "failed", report.text);
  assert.equal(report.number("received"), 0);
  assert.equal(report.number("after"), 0);
  if (alerts.length > 0) assert.ok(alerts.includes(report.number("alert-sent")), report.text);
}

/** Changes a handshake message of the server's that travels in clear: offsets from its body. */
function message(kind: number, change: (body: Buffer) => void): Edit {
  return (record, type) => {
    if (type !== HANDSHAKE || record[5] !== kind) return undefined;
    change(record.subarray(9));
    return record;
  };
}

/** Offsets in ServerHello: version, random, session id (32 bytes where one was sent). */
const RANDOM = 2;
const SESSION = 34;
const suiteAt = (body: Buffer) => SESSION + 1 + body[SESSION];

/** Offset of an extension's data in ServerHello. */
function extension(body: Buffer, wanted: number): number {
  let at = suiteAt(body) + 3 + 2;
  while (body.readUInt16BE(at) !== wanted) at += 4 + body.readUInt16BE(at + 2);
  return at + 4;
}

describe("ServerHello", () => {
  test("TLS-23: the mark of a downgrade from 1.3", async () => {
    const mark = Buffer.from("DOWNGRD\x01", "latin1");
    const edit = message(SERVER_HELLO, (body) => void mark.copy(body, RANDOM + 24));
    refused(await spoil("TLSv1.2", edit), 47);
  });
  for (const suite of [0x0005, 0x000a, 0x0000, 0x0003, 0x1302, 0xc013, 0x00ff]) {
    test(`TLS-25: cipher suite 0x${suite.toString(16)}, not offered or not fitting`, async () => {
      const edit = message(SERVER_HELLO, (body) => void body.writeUInt16BE(suite, suiteAt(body)));
      refused(await spoil("TLSv1.2", edit), 40, 47);
    });
  }
  test("TLS-25: a suite that was not offered, in 1.3", async () => {
    const edit = message(SERVER_HELLO, (body) => void body.writeUInt16BE(0x1304, suiteAt(body)));
    refused(await spoil("TLSv1.3", edit), 47);
  });
  test("TLS-25: a version that was not offered", async () => {
    const edit = message(SERVER_HELLO, (body) => {
      body.writeUInt16BE(0x0305, extension(body, 43));
    });
    refused(await spoil("TLSv1.3", edit), 47, 70);
  });
  test("TLS-26: another session id, and compression", async () => {
    refused(
      await spoil(
        "TLSv1.3",
        message(SERVER_HELLO, (body) => void body[SESSION + 1]++),
      ),
      47,
    );
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const edit = message(SERVER_HELLO, (body) => {
        body[suiteAt(body) + 2] = 1;
      });
      refused(await spoil(version, edit), 47);
    }
  });
  test("TLS-27: an extension nobody asked for", async () => {
    const edit = message(SERVER_HELLO, (body) => {
      body.writeUInt16BE(0x3374, extension(body, 43) - 4);
    });
    refused(await spoil("TLSv1.3", edit), 40, 47, 70, 109, 110);
  });
  test("TLS-28: an extension twice, and one that is longer than the message", async () => {
    const twice = message(SERVER_HELLO, (body) => {
      body.writeUInt16BE(51, extension(body, 43) - 4);
    });
    refused(await spoil("TLSv1.3", twice), 40, 47, 50);
    const long = message(SERVER_HELLO, (body) => {
      body.writeUInt16BE(0x7fff, extension(body, 43) - 2);
    });
    refused(await spoil("TLSv1.3", long), 50);
  });
  test("TLS-30: a key share of zeros, and one of another group", async () => {
    const zero = message(SERVER_HELLO, (body) => {
      const at = extension(body, 51);
      body.fill(0, at + 4, at + 36);
    });
    refused(await spoil("TLSv1.3", zero), 40, 47);
    const group = message(SERVER_HELLO, (body) => {
      body.writeUInt16BE(23, extension(body, 51));
    });
    refused(await spoil("TLSv1.3", group), 47, 40, 50);
  });
});

describe("the rest of the handshake", () => {
  test("TLS-18: no certificate at all", async () => {
    const none = Buffer.from("1603030007" + "0b000003000000", "hex");
    const report = await spoil("TLSv1.2", (record, type) =>
      type === HANDSHAKE && record[5] === CERTIFICATE ? none : undefined,
    );
    refused(report);
  });
  test("TLS-19, TLS-21: a signature with a bit flipped, and of another algorithm", async () => {
    const flip = message(KEY_EXCHANGE, (body) => {
      body[body.length - 1] ^= 1;
    });
    refused(await spoil("TLSv1.2", flip), 51);
    const algorithm = message(KEY_EXCHANGE, (body) => {
      body.writeUInt16BE(0x0203, 4 + body[3]);
    });
    refused(await spoil("TLSv1.2", algorithm));
  });
  test("TLS-37: ChangeCipherSpec too early; a message left out", async () => {
    const early = Buffer.from("140303000101", "hex");
    const before = await spoil("TLSv1.2", (record, type, index) =>
      type === HANDSHAKE && index === 0 ? Buffer.concat([record, early]) : undefined,
    );
    refused(before, 10);
    const skipped = await spoil("TLSv1.2", (record, type) =>
      type === HANDSHAKE && record[5] === KEY_EXCHANGE ? Buffer.alloc(0) : undefined,
    );
    refused(skipped, 10);
  });
  test("TLS-36: data before the handshake is over", async () => {
    const data = Buffer.from("170303000568656c6c6f", "hex");
    const report = await spoil("TLSv1.2", (record, type, index) =>
      type === HANDSHAKE && index === 1 ? Buffer.concat([data, record]) : undefined,
    );
    refused(report, 10);
  });
  test("TLS-22: a record of the encrypted handshake with a bit flipped", async () => {
    const report = await spoil("TLSv1.3", (record, type, index) => {
      if (type === DATA && index === 3) record[10] ^= 1;
      return record;
    });
    refused(report, 20);
  });
});

describe("records", () => {
  test("TLS-35: data with a bit flipped: nothing of it is given on", async () => {
    for (const [version, index] of [
      ["TLSv1.2", 0],
      ["TLSv1.3", 6],
    ] as const) {
      const report = await spoil(version, (record, type, count) => {
        if (type === DATA && count === index) record[record.length - 1] ^= 1;
        return record;
      });
      refused(report, 20);
    }
  });
  test("TLS-31: longer than any may be", async () => {
    const long = Buffer.concat([Buffer.from("1703034201", "hex"), Buffer.alloc(0x4201)]);
    const report = await spoil("TLSv1.3", (_record, type, count) =>
      type === DATA && count === 6 ? long : undefined,
    );
    refused(report, 22);
    const longest = Buffer.concat([Buffer.from("160303ffff", "hex"), Buffer.alloc(0xffff)]);
    refused(await against((socket) => void socket.write(longest)));
  });
  test("TLS-34, TLS-43: of an unknown kind; a heartbeat", async () => {
    for (const kind of [0x63, 0x18]) {
      const strange = Buffer.from([kind, 3, 3, 0, 3, 1, 0x40, 0]);
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const report = await spoil(version, (record, type, count) =>
          type === HANDSHAKE && count === 0 ? Buffer.concat([strange, record]) : undefined,
        );
        refused(report, 10);
      }
    }
  });
});

describe("TLS-44: what is not TLS", () => {
  const voices: [string, Buffer][] = [
    ["HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n")],
    ["zeros", Buffer.alloc(4096)],
    ["noise", Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 73 + (i >> 3) * 41) & 255))],
  ];
  for (const [name, bytes] of voices) {
    test(name, async () => {
      refused(await against((socket) => void socket.write(bytes)));
    });
  }
  test("an end at once is no success", async () => {
    const report = await against((socket) => socket.end());
    assert.equal(report.get("state"), "handshaking");
    assert.equal(report.number("after"), 0);
  });
});
