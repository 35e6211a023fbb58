/**
 * TLS alerts reach a peer that is still sending: TLS-56 (RFC 8446 section 6.2, RFC 1122 section
 * 4.2.2.13).
 */
import assert from "node:assert/strict";
import test from "node:test";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import type { Connection } from "../lab/network/tcp.ts";
import { clientHello, shares } from "../tls/peer/client.ts";
import { Extension } from "../tls/peer/hello.ts";
import { clear, HANDSHAKE } from "../tls/peer/wire.ts";

const SERVER = 0x0a000210;
const ILLEGAL_PARAMETER = 47;
const DECODE_ERROR = 50;
/** How much the peer goes on sending: more than a receive buffer holds. */
const MORE = Buffer.alloc(100_000, 23);

interface Seen {
  data: Buffer;
  /** Whether the kernel has closed its direction. */
  finished: boolean;
  /** How the connection ended. */
  why: string | undefined;
}

function watch(connection: Connection): Seen {
  const seen: Seen = { data: Buffer.alloc(0), finished: false, why: undefined };
  connection.onData = (data) => {
    seen.data = Buffer.concat([seen.data, data]);
  };
  connection.onFinish = () => {
    seen.finished = true;
  };
  connection.onClose = (why) => {
    seen.why = why;
  };
  return seen;
}

const alert = (number: number) => Buffer.of(21, 3, 3, 0, 2, 2, number);

/** A ClientHello whose only key share is zero. */
function badShare(): Buffer {
  const hello = clientHello(13);
  hello.set(Extension.KeyShare, shares([29, Buffer.alloc(32)]));
  return clear(HANDSHAKE, hello.emit());
}

const hellos: [string, Buffer, number][] = [
  ["an invalid key share", badShare(), ILLEGAL_PARAMETER],
  ["a malformed hello", clear(HANDSHAKE, Buffer.of(1, 0, 0, 2, 3, 3)), DECODE_ERROR],
];
for (const [what, hello, number] of hellos) {
  test(`TLS-56: httpd answers ${what} by an alert, though more follows`, async () => {
    const pair = await SecurePair.boot();
    const connection = pair.gateway.tcp.connect(SERVER, 443);
    const seen = watch(connection);
    connection.write(Buffer.concat([hello, MORE]));
    pair.world.pass(1);
    assert.deepEqual({ ...seen }, { data: alert(number), finished: true, why: undefined });
    connection.close();
    pair.world.pass(1);
    assert.equal(seen.why, "");
    pair.fetch(1000);
  });
}

test("TLS-56: httpd resets a peer that goes on sending after an alert for 2 s", async () => {
  const pair = await SecurePair.boot();
  const connection = pair.gateway.tcp.connect(SERVER, 443);
  const seen = watch(connection);
  connection.write(badShare());
  let tenths = 0;
  for (; tenths < 30 && seen.why === undefined; tenths++) {
    pair.world.pass(0.1);
    connection.write(Buffer.alloc(100));
  }
  assert.ok(tenths >= 20 && tenths < 25, `${tenths} tenths of a second`);
  assert.deepEqual(seen.data, alert(ILLEGAL_PARAMETER));
  assert.match(seen.why ?? "", /reset/);
});

test("TLS-56: curl's alert reaches a server that goes on sending", async () => {
  const pair = await SecurePair.boot();
  let seen: Seen | undefined;
  pair.gateway.tcp.listeners.set(443, (connection) => {
    seen = watch(connection);
    // A ServerHello of two bytes.
    connection.write(Buffer.concat([clear(HANDSHAKE, Buffer.of(2, 0, 0, 2, 3, 3)), MORE]));
  });
  assert.match(pair.ask("curl https://10.0.2.2/"), /^curl: \(35\) .*cannot parse/m);
  pair.world.pass(1);
  assert.ok(seen?.data.subarray(-7).equals(alert(DECODE_ERROR)), seen?.data.toString("hex"));
  assert.equal(seen?.finished, true);
  assert.equal(seen?.why, undefined);
});
