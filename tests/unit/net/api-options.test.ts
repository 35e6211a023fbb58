/** The socket options of the public API (net/api.ts), and what they change on the wire. */
import assert from "node:assert/strict";
import test from "node:test";
import { Program } from "../../lab/machine/program.ts";
import type { Connection } from "../../lab/network/tcp.ts";
import { address } from "../../lab/packets/bytes.ts";
import type { Exports } from "../../lab/scripted/assembly.ts";

const GATEWAY = "10.0.2.2";

/** As `SocketOption` in net/service/socket-option.ts. */
const OPTIONS = [
  ...["IP_TOS", "IP_TTL", "SO_ERROR", "SO_KEEPALIVE", "SO_LINGER", "SO_MARK"],
  ...["SO_MAX_PACING_RATE", "SO_RCVBUF", "SO_REUSEADDR", "SO_SNDBUF"],
  ...["TCP_CONGESTION", "TCP_DEFER_ACCEPT", "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT"],
  ...["TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL"],
  ...["TCP_LINGER2", "TCP_MAXSEG", "TCP_NODELAY", "TCP_NOTSENT_LOWAT", "TCP_QUICKACK"],
  ...["TCP_SYNCNT", "TCP_USER_TIMEOUT"],
];

/** Sets and reads the options of a TCP socket. */
function optionsOf(api: Exports, socket: number) {
  const set = (name: string, value: number) =>
    api.tcpSetOption(socket, OPTIONS.indexOf(name), BigInt(value));
  const get = (name: string) => Number(api.tcpGetOption(socket, OPTIONS.indexOf(name)));
  return { set, get };
}

test("TCP: options have the ranges of setsockopt(2)", async () => {
  const program = await Program.boot();
  const { set, get } = optionsOf(program.api, program.object("tcpSocket"));
  for (const [name, low, high, unset] of [
    ["IP_TOS", 0, 255, 0],
    ["IP_TTL", 1, 255, 0],
    ["SO_KEEPALIVE", 0, 1, 0],
    ["SO_LINGER", -1, 65535, -1],
    ["SO_MARK", 0, 0xffffffff, 0],
    ["SO_MAX_PACING_RATE", 1, 0xffffffff, 0xffffffff],
    ["SO_REUSEADDR", 0, 1, 0],
    ["TCP_CONGESTION", 0, 1, -1],
    ["TCP_DEFER_ACCEPT", 0, 120, 0],
    ["TCP_FASTOPEN", 0, 256, 0],
    ["TCP_FASTOPEN_CONNECT", 0, 1, 0],
    ["TCP_KEEPCNT", 1, 127, 0],
    ["TCP_KEEPIDLE", 1, 32767, 0],
    ["TCP_KEEPINTVL", 1, 32767, 0],
    ["TCP_MAXSEG", 88, 32767, 0],
    ["TCP_LINGER2", -1, 120, 0],
    ["TCP_NODELAY", 0, 1, 0],
    ["TCP_NOTSENT_LOWAT", 0, 0xffffffff, 0],
    ["TCP_QUICKACK", 0, 1, 0],
    ["TCP_SYNCNT", 1, 127, 0],
    ["TCP_USER_TIMEOUT", 0, 0x7fffffff, 0],
  ] as const) {
    assert.equal(get(name), unset, name);
    assert.deepEqual([set(name, low - 1), set(name, high + 1)], [0, 0], name);
    for (const value of [low, high]) {
      assert.deepEqual([set(name, value), get(name)], [1, value], name);
    }
  }
  assert.equal(set("SO_ERROR", 0), 0, "read-only");
});

test("TCP: options reach the packets", async () => {
  const program = await Program.boot();
  const { api, gateway } = program;
  const ends: string[] = [];
  gateway.tcp.listeners.set(7, (peer: Connection) => {
    peer.onClose = (why) => ends.push(why);
  });
  const frames = program.tap();
  const socket = program.object("tcpSocket");
  const { set, get } = optionsOf(api, socket);
  for (const [name, value] of [
    ["TCP_CONGESTION", 1],
    ["SO_RCVBUF", 200_000],
    ["SO_SNDBUF", 1],
    ["SO_MARK", 0],
    ["IP_TTL", 9],
    ["IP_TOS", 0xb8],
    ["TCP_MAXSEG", 600],
    ["SO_LINGER", 0],
  ] as const) {
    assert.equal(set(name, value), 1);
  }
  assert.deepEqual([get("SO_RCVBUF"), get("SO_SNDBUF")], [262_144, 16_384]);
  program.call("tcpBind", socket, 4000);
  assert.equal(program.call("tcpConnect", socket, address(GATEWAY), 7), 1);
  program.pass(1);
  assert.equal(program.says("tcpSays", socket), "ESTAB Success");
  assert.deepEqual([get("SO_RCVBUF"), get("SO_SNDBUF")], [262_144, 16_384]);
  assert.equal(get("TCP_CONGESTION"), 1);
  assert.ok(get("TCP_MAXSEG") <= 600);
  const [syn] = frames();
  assert.deepEqual([syn[15], syn[22]], [0xb8, 9], "the DS field and the TTL");
  assert.equal(syn.readUInt16BE(34), 4000, "the local port");
  assert.equal(syn.readUInt16BE(56), 600, "the segment size");
  const other = program.object("tcpSocket");
  program.call("tcpBind", other, 4000);
  assert.equal(program.call("tcpConnect", other, address(GATEWAY), 7), 0, "the port is in use");
  set("TCP_CONGESTION", 0);
  assert.equal(get("TCP_CONGESTION"), 0);
  program.call("tcpClose", socket);
  program.pass(1);
  assert.deepEqual(ends, ["reset"], "SO_LINGER 0");
});

test("UDP: has the options of IP, and no others", async () => {
  const program = await Program.boot();
  const { api } = program;
  const socket = program.object("udpSocket");
  const set = (name: string, value: number) =>
    api.udpSetOption(socket, OPTIONS.indexOf(name), BigInt(value));
  const get = (name: string) => Number(api.udpGetOption(socket, OPTIONS.indexOf(name)));
  const frames = program.tap();
  assert.deepEqual([set("IP_TTL", 0), set("IP_TTL", 7), get("IP_TTL")], [0, 1, 7]);
  assert.deepEqual([set("IP_TOS", 256), set("IP_TOS", 8), get("IP_TOS")], [0, 1, 8]);
  assert.deepEqual([set("SO_MARK", 5), get("SO_MARK")], [1, 5]);
  assert.deepEqual([set("SO_ERROR", 0), get("SO_ERROR")], [0, 0]);
  assert.equal(set("TCP_NODELAY", 1), 0);
  program.call("udpSend", socket, program.bytes("hello"), address(GATEWAY), 9);
  program.pass(1);
  const [datagram] = frames();
  assert.deepEqual([datagram[15], datagram[22]], [8, 7]);
});
