/** `sock`: the public API on the console, between two kernels, and its words for wrong input. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { Twin } from "../lab/machine/twin.ts";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import { SECOND, World } from "../lab/network/world.ts";

/** Two kernels on one link, and what their consoles print for a command. */
async function pair() {
  const world = new World(1);
  const network = new Switch(world);
  const { twin: server } = await station(world, network, 15);
  const { twin: client } = await station(world, network, 16);
  world.pass(3);
  const lines = (twin: Twin, command: string) =>
    world.command(twin, command, 60).split("\r\n").slice(1, -1);
  return {
    world,
    onServer: (command: string) => lines(server, command),
    onClient: (command: string) => lines(client, command),
  };
}

const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

test("listens, connects, transfers both ways, and ends both directions", async () => {
  const { onServer, onClient } = await pair();
  assert.deepEqual(onServer("sock tcp; sock bind 1 4000; sock listen 1 8"), ["1"]);
  assert.deepEqual(onServer("sock"), ["1 tcp LISTEN *:4000 *:* 0/8"]);
  assert.deepEqual(onClient("sock tcp; sock bind 1 5000; sock connect 1 10.0.2.15 4000"), ["1"]);
  assert.deepEqual(onServer("sock accept 1"), ["2 10.0.2.16 5000"]);
  assert.deepEqual(onClient("sock send 1 hello world"), ["11"]);
  assert.deepEqual(onServer("sock recv 2 -n 5; sock recv 2"), ["hello", " world"]);
  assert.deepEqual(onServer("sock send 2 -e 'a\\r\\n\\x41\\\\'"), ["5"]);
  assert.deepEqual(onClient("sock recv 1 -x"), ["610d0a415c"]);
  assert.deepEqual(onServer("sock send 2 -x 00ff 10"), ["3"]);
  assert.deepEqual(onClient("sock recv 1 -x"), ["00ff10"]);
  assert.deepEqual(onClient("sock recv 1 -w 0.5; echo $?"), [
    "sock: Resource temporarily unavailable",
    "1",
  ]);
  assert.deepEqual(onClient("sock shutdown 1; sock"), [
    "1 tcp FIN-WAIT-1 10.0.2.16:5000 10.0.2.15:4000",
  ]);
  assert.deepEqual(onServer("sock recv 2; echo $?"), ["sock: end of data", "1"]);
  assert.deepEqual(onServer("sock send 2 bye; sock close 2; sock close 1; sock"), ["3"]);
  assert.deepEqual(onClient("sock recv 1; sock recv 1; sock close 1; sock"), [
    "bye",
    "sock: end of data",
  ]);
});

test("info shows the state of a connection, get and set its options", async () => {
  const { onServer, onClient } = await pair();
  onServer("sock tcp; sock bind 1 4000; sock set 1 TCP_MAXSEG 500; sock listen 1");
  onClient("sock tcp; sock set 1 TCP_CONGESTION reno; sock set 1 TCP_KEEPIDLE 0x10");
  assert.deepEqual(onClient("sock connect 1 10.0.2.15 4000; sock get 1 TCP_CONGESTION"), ["reno"]);
  const [ends, details] = onClient("sock info 1");
  assert.match(ends, /^tcp ESTAB 10\.0\.2\.16:\d+ 10\.0\.2\.15:4000 0 0$/);
  assert.match(details, /^\t.* reno .*mss:488 /);
  assert.match(onClient("sock get 1 TCP_INFO")[1], /^\t.* reno .*mss:488 /);
  assert.deepEqual(onClient("sock get 1 TCP_MAXSEG; sock get 1 TCP_KEEPIDLE"), ["488", "16"]);
  assert.deepEqual(onClient("sock set 1 TCP_CONGESTION cubic; sock get 1 TCP_CONGESTION"), [
    "cubic",
  ]);
  assert.deepEqual(onServer("sock accept 1; sock get 2 TCP_MAXSEG")[1], "488");
  assert.deepEqual(onClient("sock set 1 SO_LINGER 0; sock close 1"), []);
  assert.deepEqual(onServer("sock recv 2; sock get 2 SO_ERROR"), [
    "sock: Connection reset by peer",
    "2 Connection reset by peer",
  ]);
});

test("shutdown ends either direction; a port in TIME-WAIT needs SO_REUSEADDR", async () => {
  const { onServer, onClient } = await pair();
  onServer("sock tcp; sock bind 1 4000; sock listen 1");
  onClient("sock tcp; sock connect 1 10.0.2.15 4000; sock shutdown 1 rd");
  assert.deepEqual(onClient("sock recv 1; echo $?"), ["sock: end of data", "1"]);
  onServer("sock accept 1; sock shutdown 2 rdwr");
  assert.deepEqual(onServer("sock recv 2; echo $?"), ["sock: end of data", "1"]);
  onClient("sock close 1");
  onServer("sock close 2; sock close 1; sock tcp; sock bind 1 4000");
  const busy = ["sock: Address already in use"];
  assert.deepEqual(onServer("sock listen 1"), busy);
  assert.deepEqual(onServer("sock set 1 SO_REUSEADDR 1; sock listen 1; sock"), [
    "1 tcp LISTEN *:4000 *:* 0/256",
  ]);
});

test("close waits until everything is acknowledged, or as long as SO_LINGER says", async () => {
  const { world, onServer, onClient } = await pair();
  onServer("sock tcp; sock bind 1 4000; sock listen 1");
  onClient("sock tcp; sock set 1 SO_LINGER 5; sock connect 1 10.0.2.15 4000; sock send 1 x");
  let before = world.now;
  assert.deepEqual(onClient("sock close 1; sock"), []);
  assert.ok(world.now - before < SECOND);
  onClient("sock tcp; sock set 1 SO_LINGER 5; sock connect 1 10.0.2.15 4000");
  onServer("ip link set net0 down");
  before = world.now;
  assert.deepEqual(onClient("sock send 1 x; sock close 1; sock"), ["1"]);
  assert.ok(world.now - before >= 5 * SECOND && world.now - before < 7 * SECOND);
});

test("sends datagrams to a peer or anywhere, and shows who has sent one", async () => {
  const { onServer, onClient } = await pair();
  assert.deepEqual(onServer("sock udp; sock bind 1 4000; sock"), ["1", "1 udp UNCONN *:4000 *:*"]);
  onClient("sock udp; sock bind 1 5000");
  assert.deepEqual(onClient("sock send 1 -d 10.0.2.15:4000 one two"), ["7"]);
  assert.deepEqual(onServer("sock recv 1"), ["10.0.2.16 5000 7", "one two"]);
  assert.deepEqual(onClient("sock send 1 x"), [
    "sock: Destination address required, expected connect or -d",
  ]);
  assert.deepEqual(onClient("sock connect 1 10.0.2.15 4000; sock send 1 -x ''; sock"), [
    "sock: send: empty operand (usage: sock [VERB [HANDLE] ...])",
    "1 udp ESTAB *:5000 10.0.2.15:4000",
  ]);
  assert.deepEqual(onClient("sock send 1; sock send 1 three"), ["0", "5"]);
  assert.deepEqual(onServer("sock recv 1; sock recv 1 -x"), [
    "10.0.2.16 5000 0",
    "10.0.2.16 5000 5",
    "7468726565",
  ]);
  assert.deepEqual(onServer("sock close 1"), []);
  assert.deepEqual(onClient("sock send 1 x; sock recv 1"), ["1", "sock: Connection refused"]);
});

test("fails with the words of the system calls", async () => {
  const { onClient } = await pair();
  assert.deepEqual(onClient("sock tcp; sock connect 1 10.0.2.15 81; echo $?"), [
    "1",
    "sock: Connection refused",
    "1",
  ]);
  const used = "sock: Address already in use";
  onClient("httpd; sock bind 1 80");
  assert.deepEqual(onClient("sock listen 1; echo $?"), [used, "1"]);
  assert.deepEqual(onClient("sock udp; sock udp; sock bind 2 9; sock bind 3 9"), ["2", "3", used]);
  assert.deepEqual(onClient("sock connect 1 10.0.2.99 81 -w 1"), [
    "sock: Resource temporarily unavailable",
  ]);
  assert.deepEqual(onClient("sock connect 1 10.0.2.15 81"), [
    "sock: Transport endpoint is already connected",
  ]);
  assert.deepEqual(onClient("sock send 2 -d no.such.name:9 x"), [
    "sock: no.such.name: Temporary failure in name resolution (no name servers configured)",
  ]);
});

test("handles are numbered from 1, reused, and bounded", async () => {
  const lab = await Lab.at("S1");
  for (let i = 1; i <= 64; i++) assert.deepEqual(printed(lab, "sock tcp"), [`${i}`]);
  assert.deepEqual(printed(lab, "sock tcp; echo $?"), [
    "sock: too many sockets, expected one to be closed first",
    "1",
  ]);
  assert.deepEqual(printed(lab, "sock close 7; sock udp"), ["7"]);
});

test("says what was expected instead of a wrong word", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "sock tcp; sock udp; sock tcp; sock bind 3 4000; sock listen 3");
  for (const [words, says, code] of [
    ["open", "open: unknown verb, expected tcp, udp, bind, listen, accept,", 2],
    ["tcp 1", "extra operand '1'", 2],
    ["bind", "bind: a handle is missing, expected a handle that sock lists", 2],
    ["bind 9 80", "bind: 9: no such socket, expected a handle that sock lists", 2],
    ["bind x 80", "bind: x: no such socket", 2],
    ["close 18446744073709551617", "close: 18446744073709551617: no such socket", 2],
    ["bind 1", "bind: missing operand", 2],
    ["bind 1 0", "0: invalid port, expected 1 to 65535", 2],
    ["bind 1 65536", "65536: invalid port, expected 1 to 65535", 2],
    ["bind 1 80 81", "bind: extra operand '81'", 2],
    ["bind 3 80", "Invalid argument, expected a socket that is not in use yet", 1],
    ["listen 1", "Destination address required, expected bind", 1],
    ["listen 1 0", "0: invalid backlog, expected 1 or more", 2],
    ["listen 2", "Operation not supported, expected a TCP socket", 1],
    ["listen 3", "Invalid argument, expected a socket that is not in use yet", 1],
    ["accept 1", "Invalid argument, expected a listening socket", 1],
    ["accept 2", "Invalid argument, expected a listening socket", 1],
    ["accept 3 -w x", "accept: invalid argument: 'x': expected 0 to 1000000 seconds", 2],
    ["connect 1 10.0.2.2", "connect: missing operand", 2],
    ["connect 1 10.0.2.2 http", "http: invalid port, expected 1 to 65535", 2],
    ["connect 3 10.0.2.2 80", "Transport endpoint is already connected", 1],
    ["send 1 x", "Transport endpoint is not connected", 1],
    ["send 1 -d 10.0.2.2:9 x", "-d requires a UDP socket", 1],
    ["send 2 -d 10.0.2.2 x", "10.0.2.2: invalid end, expected HOST:PORT", 2],
    ["send 2 -d 10.0.2.2:0 x", "10.0.2.2:0: invalid end, expected HOST:PORT", 2],
    ["send 2 -x 123", "send: invalid text, expected pairs of hexadecimal digits", 2],
    ["send 2 -x 1g", "send: invalid text, expected pairs of hexadecimal digits", 2],
    ["send 2 -e '\\q'", "send: invalid text, expected \\n, \\r, \\t, \\\\ or \\xHH", 2],
    ["send 2 -e '\\x1'", "send: invalid text, expected \\n, \\r, \\t, \\\\ or \\xHH", 2],
    ["send 2 -q", "send: invalid option -- 'q'", 2],
    ["recv 1", "Transport endpoint is not connected", 1],
    ["recv 2 -n 8193", "recv: invalid argument: '8193': out of range: 1 <= value <= 8192", 2],
    ["recv 2 x", "recv: extra operand 'x'", 2],
    ["shutdown 1", "Transport endpoint is not connected", 1],
    ["shutdown 1 x", "x: unknown, expected one of rd, wr, rdwr", 2],
    ["shutdown 2", "Transport endpoint is not connected", 1],
    ["set 1 TCP_NODELAY", "set: expected an option and a value", 2],
    ["set 1 TCP_NODELAY 2", "TCP_NODELAY: invalid value 2, expected 0 to 1", 1],
    ["set 1 SO_LINGER -2", "SO_LINGER: invalid value -2, expected -1 to 65535", 1],
    ["set 1 IP_TTL x", "IP_TTL: invalid value x, expected 1 to 255", 1],
    ["set 1 SO_ERROR 0", "SO_ERROR: read-only, expected sock get", 1],
    ["set 1 TCP_CONGESTION bbr", "TCP_CONGESTION: invalid value bbr, expected cubic or reno", 1],
    ["set 2 TCP_NODELAY 1", "TCP_NODELAY: no such option, expected IP_TOS, IP_TTL, SO_ERROR", 1],
    ["get 1", "get: expected an option", 2],
    ["get 1 SO_NONE", "SO_NONE: no such option, expected IP_TOS, IP_TTL, SO_ERROR, ", 1],
    ["info", "info: a handle is missing", 2],
    ["info 1 x", "info: extra operand 'x'", 2],
  ] as const) {
    const [line, status] = printed(lab, `sock ${words}; echo $?`);
    assert.ok(line.startsWith(`sock: ${says}`), `${words}: ${line}`);
    assert.equal(status, `${code}`, words);
  }
  assert.equal(printed(lab, "sock").length, 3, "nothing has changed");
});
