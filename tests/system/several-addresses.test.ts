/**
 * Whoever connects to a name tries its next address: at once if one refuses, and after 250 ms
 * without an answer (RFC 8305).
 */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { identity, trust } from "../lab/host/identity.ts";
import { ntpAnswer } from "../lab/host/ntp.ts";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import { address } from "../lab/packets/bytes.ts";

/** See core/limits.ts. */
const TLS_CONNECTIONS = 128;
const SILENT = "10.0.2.77";
const REFUSING = "10.0.2.2";

/** Boots a client for which b.test has an unusable address before the server's. */
function pairWith(first: string, commandLine?: string): Promise<SecurePair> {
  const hosts = `${first} b.test\n10.0.2.16 b.test\n`;
  const modules = [...trust, { name: "hosts", bytes: Buffer.from(hosts) }];
  return SecurePair.boot({ trust: modules, client: commandLine ? { commandLine } : {} });
}

const commands: Array<[string, RegExp]> = [
  ["curl -s -o null https://b.test/bytes/1", /\r\n0\r\n/],
  ["nc -vz b.test 443", /Connection to b\.test 443 port \[tcp\/\*\] succeeded!\r\n0\r\n/],
  ["nc -z -w 1 b.test 443", /\r\n0\r\n/],
  [
    "tls b.test",
    /\nConnected to 10\.0\.2\.16 port 443\r\n[\s\S]*verification: ok\r\n[\s\S]*\r\n0\r\n/,
  ],
  ["sock tcp; sock connect 1 b.test 443 -w 1; sock send 1 x", /\r\n1\r\n1\r\n0\r\n/],
  [
    "check https://b.test",
    /ok {3}tcp {2}10\.0\.2\.16:443 handshake[\s\S]*\nok {3}tls {2}b\.test veri/,
  ],
  ["iperf3 -c b.test -n 64K", /connected to 10\.0\.2\.16 port 5201[\s\S]*iperf Done\.\r\n0\r\n/],
];

for (const [kind, first, limit] of [
  ["silent", SILENT, 0.8],
  ["refusing", REFUSING, 0.2],
] as const) {
  test(`commands connect to the second address if the first is ${kind}`, async () => {
    const pair = await pairWith(first);
    pair.world.command(pair.server, "iperf3 -s");
    for (const [command, expected] of commands) {
      pair.world.pass(31);
      const started = pair.world.now;
      const output = pair.ask(`${command}; echo $?`);
      assert.match(output, expected);
      const seconds = (pair.world.now - started) / 1e9;
      const own = command.startsWith("check") ? 2.5 : 0.6;
      assert.ok(seconds < own + limit, `${command}: ${seconds} s`);
    }
    assert.doesNotMatch(pair.ask("ss -tn"), /10\.0\.2\.(77|2):/);
  });
}

test("a failed handshake is reported at once, though another address is silent", async () => {
  const hosts = `${SILENT} b.test\n10.0.2.16 b.test\n`;
  const modules = [{ name: "hosts", bytes: Buffer.from(hosts) }];
  const pair = await SecurePair.boot({ trust: modules });
  for (const command of ["curl https://b.test/", "tls b.test"]) {
    const started = pair.world.now;
    assert.match(pair.ask(`${command}; echo $?`), /its issuer is not trusted\r\n(.*\r\n)*60\r\n/);
    assert.ok(pair.world.now - started < 1e9);
  }
});

test("a server that accepts but is slow with TLS has 2 s before the next is tried", async () => {
  const pair = await pairWith(REFUSING);
  let slow = 0;
  pair.gateway.tcp.listeners.set(443, () => slow++);
  const started = pair.world.now;
  const said = pair.ask("curl -s -o null -w %{time_connect} https://b.test/bytes/1");
  const seconds = (pair.world.now - started) / 1e9;
  assert.equal(slow, 1);
  assert.ok(seconds > 2 && seconds < 2.5, `${seconds} s`);
  const connected = Number(/\n(\d\.\d+)/.exec(said)?.[1]);
  assert.ok(connected > 2, `the winner's time, not that of the first connection: ${said}`);
});

test("the log goes to the third address of a TLS server if two are unusable", async () => {
  const hosts = [SILENT, REFUSING, "10.0.2.16"].map((address) => `${address} b.test\n`);
  const modules = [...trust, { name: "hosts", bytes: Buffer.from(hosts.join("")) }];
  const address = "ip=10.0.2.15::10.0.2.2:255.255.255.0:::off:10.0.2.2";
  const client = { commandLine: `${address} syslog=tls://b.test:443` };
  const pair = await SecurePair.boot({ trust: modules, client });
  // httpd listens since the third second; the log is sent to no one else, and tried every 5 s.
  pair.world.pass(8);
  assert.match(pair.ask("ss -tn"), /ESTAB.* 10\.0\.2\.16:443/);
});

test("a time server is asked at its next address", async () => {
  const lab = await Lab.at("S1");
  lab.gateway.udp.set(123, ({ source, sourcePort, data }) => {
    const now = Number(lab.world.now) / 1e6 + 1_700_000_000_000;
    lab.gateway.sendUdp(123, source, sourcePort, ntpAnswer(data, {}, now));
  });
  lab.names.refuseUdp(123);
  for (const [first, limit] of [
    ["10.0.2.3", 0.5],
    [SILENT, 4],
  ] as const) {
    lab.dns.names[`${limit}.test`] = `${first} 10.0.2.2`;
    const started = lab.world.now;
    assert.match(lab.command(`ntp ${limit}.test; echo $?`), /\r\n0\r\n/);
    assert.ok(lab.world.now - started < limit * 1e9);
  }
});

test("tls shows the handshake that failed with its own address", async () => {
  const hosts = `${REFUSING} b.test\n192.0.2.1 b.test\n`;
  const modules = [...trust, { name: "hosts", bytes: Buffer.from(hosts) }];
  const pair = await SecurePair.boot({ trust: modules });
  // The first never answers the handshake, which ends after 30 s; no SYN reaches the second.
  pair.gateway.tcp.listeners.set(444, () => {});
  const said = pair.ask("tls b.test:444; echo $?", 200);
  assert.match(said, /Connected to 10\.0\.2\.2 port 444\r\n/);
  assert.match(said, /tls: \(28\) b\.test port 444: Connection timed out\r\n28\r\n/);
});

test("strangers who hold all TLS connections of servers leave some to this host", async () => {
  const pair = await SecurePair.boot({ trust: [...trust, ...identity] });
  pair.ask("httpd -s");
  for (let i = 0; i < TLS_CONNECTIONS; i++) pair.gateway.tcp.connect(address("10.0.2.15"), 443);
  pair.world.pass(1);
  assert.match(pair.ask("tls b.test; echo $?"), /verification: ok\r\n.*\r\n0\r\n/);
});

test("the log goes to the next address of a TLS server that closes each connection", async () => {
  const hosts = ["10.0.2.2", "10.0.2.16"].map((host) => `${host} b.test\n`);
  const modules = [...trust, { name: "hosts", bytes: Buffer.from(hosts.join("")) }];
  const own = "ip=10.0.2.15::10.0.2.2:255.255.255.0:::off:10.0.2.2";
  const client = { commandLine: `${own} syslog=tls://b.test:443` };
  const pair = await SecurePair.boot({ trust: modules, client });
  pair.gateway.tcp.listeners.set(443, (connection) => connection.close());
  pair.world.pass(30);
  assert.match(pair.ask("ss -tn"), /ESTAB.* 10\.0\.2\.16:443/);
});
