/** Fast Open between two kernels (RFC 7413): `curl --tcp-fastopen` and `httpd --fastopen`. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin } from "../lab/machine/twin.ts";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { MILLISECOND, World } from "../lab/network/world.ts";

const DELAY = 50;
const URL = "http://10.0.2.15/bytes/1000";

/** A server and a client, with a round trip of 100 ms between them. */
async function pair() {
  const world = new World(1);
  const network = new Switch(world);
  const { twin: server } = await station(world, network, 15);
  const { twin: client, port } = await station(world, network, 16);
  const far = { delay: DELAY * MILLISECOND };
  port.setFaults(far, far);
  world.pass(3);
  const at = (twin: Twin) => (line: string) => world.command(twin, line);
  // Each learns the other's hardware address.
  at(client)("ping -c 1 10.0.2.15");
  return { world, server: at(server), client: at(client) };
}

/** The milliseconds that a transfer took, of which a round trip takes 100. */
function took(output: string): number {
  return Number(output.match(/took ([\d.]+)/)?.[1]) * 1000;
}

const curl = `curl -s -H 'Connection: close' -o /dev/null -w 'took %{time_total}\\n'`;

test("a request in the SYN saves a round trip", async () => {
  const { server, client } = await pair();
  server("sysctl -q net.ipv4.tcp_fastopen=3");
  server("httpd --fastopen 16");
  const first = took(client(`${curl} --tcp-fastopen ${URL}`));
  const second = took(client(`${curl} --tcp-fastopen ${URL}`));
  assert.ok(first >= 200 && first < 260, `${first} ms: a handshake, a request`);
  assert.ok(second >= 100 && second < 160, `${second} ms: a request`);
  const plain = took(client(`${curl} ${URL}`));
  assert.ok(plain >= 200 && plain < 260, `${plain} ms: only if it is asked for`);
  assert.match(client("nstat -a TcpExtTCPFastOpenActive"), /TcpExtTCPFastOpenActive +1 /);
  const counters = server("nstat -az 'TcpExtTCPFastOpen*'");
  assert.match(counters, /TcpExtTCPFastOpenPassive +1 /);
  assert.match(counters, /TcpExtTCPFastOpenCookieReqd +1 /);
  assert.match(counters, /TcpExtTCPFastOpenPassiveFail +0 /);
  assert.match(server("netstat -st"), /TCPFastOpenPassive: 1/);
});

test("a server without Fast Open gets the request after the handshake", async () => {
  const { server, client } = await pair();
  server("httpd --fastopen 16");
  for (let i = 0; i < 3; i++) {
    const time = took(client(`${curl} --tcp-fastopen ${URL}`));
    assert.ok(time >= 200 && time < 260, `${time} ms`);
  }
  assert.match(client("nstat -az TcpExtTCPFastOpenActive"), /TcpExtTCPFastOpenActive +0 /);
  assert.match(server("nstat -az TcpExtTCPFastOpenPassive"), /TcpExtTCPFastOpenPassive +0 /);
});

test("a server whose key has changed takes the request after the handshake, once", async () => {
  const { server, client } = await pair();
  server("sysctl -q net.ipv4.tcp_fastopen=3");
  server("httpd --fastopen 16");
  client(`${curl} --tcp-fastopen ${URL}`);
  server("sysctl -q net.ipv4.tcp_fastopen_key=00000001-00000002-00000003-00000004");
  const refused = took(client(`${curl} --tcp-fastopen ${URL}`));
  assert.ok(refused >= 200 && refused < 260, `${refused} ms`);
  const taken = took(client(`${curl} --tcp-fastopen ${URL}`));
  assert.ok(taken >= 100 && taken < 160, `${taken} ms`);
  assert.match(server("nstat -az 'TcpExtTCPFastOpen*'"), /TcpExtTCPFastOpenPassiveFail +1 /);
  assert.match(client("nstat -az 'TcpExtTCPFastOpen*'"), /TcpExtTCPFastOpenActiveFail +1 /);
});

test("ss marks a connection whose data in the SYN was accepted", async () => {
  const { world, server, client } = await pair();
  server("sysctl -q net.ipv4.tcp_fastopen=3");
  server("httpd --fastopen 16");
  client(`${curl} --tcp-fastopen ${URL}`);
  client(`curl -s --tcp-fastopen -o /dev/null ${URL}`);
  world.pass(0.2);
  assert.match(server("ss -tin"), / fastopen .*cubic/s);
  assert.match(client("ss -tin"), / fastopen .*cubic/s);
});

test("httpd --fastopen has a range", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  assert.match(
    twin.command("httpd --fastopen 257"),
    /httpd: invalid argument: '257': out of range: 0 <= value <= 256/,
  );
  assert.match(twin.command("httpd --fastopen x"), /httpd: invalid argument: 'x'/);
});
