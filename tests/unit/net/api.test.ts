/**
 * The public API (net/api.ts), called as by a program in a booted kernel, with a gateway that
 * serves DHCP, DNS and HTTP, and another kernel that serves HTTPS.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { Program } from "../../lab/machine/program.ts";
import { DhcpServer } from "../../lab/network/dhcp-server.ts";
import { HttpServer } from "../../lab/network/http-peer.ts";
import type { Connection } from "../../lab/network/tcp.ts";
import { address } from "../../lab/packets/bytes.ts";
import { Status } from "../../lab/scripted/streams.ts";

const [ADDRESS, GATEWAY, SERVER] = ["10.0.2.15", "10.0.2.2", "10.0.2.16"];
/** An unused address on the link. */
const NOBODY = "10.0.2.99";

test("stack: sets a static address, gateway and name servers", async () => {
  const program = await Program.boot();
  const configure = (...words: string[]) => program.call("configureNetwork", ...words);
  const before = program.pair.ask("ip addr");
  const bad = [
    ["10.0.2.999/24", GATEWAY, ""],
    ["10.0.2.40/24", "gateway", ""],
    ["10.0.2.40/24", GATEWAY, `${GATEWAY} name`],
    ["10.0.2.40/24", "10.0.2.40", ""],
    ["10.0.2.40/24", "10.0.2.255", ""],
    ["10.0.2.40/24", "224.0.0.1", ""],
  ];
  for (const words of bad) assert.equal(configure(...words), 0, words.join());
  assert.equal(program.pair.ask("ip addr"), before);
  assert.equal(configure("10.0.2.40/24", GATEWAY, `${GATEWAY}#53  ${SERVER}`), 1);
  const after = program.pair.ask("ip addr");
  assert.ok(after.includes("inet 10.0.2.40/24") && !after.includes(ADDRESS), after);
  assert.match(program.pair.ask("ip route"), /^default via 10\.0\.2\.2 dev net0/m);
  assert.match(program.pair.ask("host b.test"), /has address 10\.0\.2\.16/);
  assert.equal(configure("10.0.2.41/24", "", ""), 1);
  assert.doesNotMatch(program.pair.ask("ip route"), /default/);
});

test("stack: fails without an interface", async () => {
  const program = await Program.boot({ nic: { mac: [1, 0, 0, 0, 0, 0] } });
  assert.equal(program.call("configureNetwork", "10.0.2.40/24", GATEWAY, ""), 0);
  for (const name of ["dhcpDiscover", "dhcpRequest"]) assert.equal(program.object(name), 0);
  assert.equal(program.call("dhcpRenew"), 0);
  assert.equal(program.call("dhcpRelease"), 0);
});

test("names: resolves, uses the cache, and explains failures", async () => {
  const program = await Program.boot();
  const cached = (name: string) => program.call("dnsLookupCache", name);
  assert.equal(cached("b.test"), 0);
  assert.equal(program.call("resolveHostname", "b.test"), 0);
  program.pass(1);
  assert.equal(cached("b.test"), address(SERVER));
  assert.equal(program.call("resolveHostname", "b.test"), address(SERVER));
  const query = program.object("dnsResolve", "no.such.name");
  assert.equal(program.says("dnsSays", query), "");
  program.pass(1);
  assert.match(program.says("dnsSays", query), /not found|does not exist/);
  assert.equal(cached("no.such.name"), 0);
  assert.equal(program.call("resolveHostname", "no.such.name"), 0);
  assert.equal(program.says("dnsSays", program.object("dnsResolve", "10.1.2.3")), "10.1.2.3");
});

test("UDP: opens a port, sends and receives", async () => {
  const program = await Program.boot();
  const { gateway } = program;
  gateway.udp.set(9, ({ source, sourcePort, data }) => {
    gateway.sendUdp(9, source, sourcePort, Buffer.from(`${sourcePort}: ${data}`));
  });
  const first = program.object("udpSocket");
  assert.notEqual(program.call("udpPort", first), 0);
  assert.equal(program.object("udpBind", first, 0), 0);
  const bound = program.object("udpBind", first, 4000);
  assert.equal(program.call("udpPort", bound), 4000);
  assert.equal(program.object("udpBind", program.object("udpSocket"), 4000), 0, "in use");
  const send = (socket: number) =>
    program.call("udpSend", socket, program.bytes("hello"), address(GATEWAY), 9);
  assert.equal(send(first), 0, "closed by udpBind");
  assert.equal(send(bound), 1);
  assert.equal(program.read("udpReceive", bound), "end");
  program.pass(1);
  assert.equal(program.read("udpReceive", bound, 8), "4000: he");
  assert.equal(program.says("udpSender", bound), `${GATEWAY}:9`);
  program.call("udpClose", bound);
  assert.equal(send(bound), 0);
  assert.notEqual(program.object("udpBind", program.object("udpSocket"), 4000), 0, "free again");
});

test("TCP: connects, transfers and closes; reports refusals and unreachable hosts", async () => {
  const program = await Program.boot();
  const ends: string[] = [];
  program.gateway.tcp.listeners.set(7, (connection: Connection) => {
    connection.onData = (data) => connection.write(data);
    connection.onFinish = () => connection.close();
    connection.onClose = (why) => ends.push(why);
  });
  const socket = program.object("tcpSocket");
  const says = () => program.says("tcpSays", socket);
  assert.equal(says(), "CLOSED Success");
  assert.equal(program.call("tcpSend", socket, program.bytes("early")), 0);
  assert.equal(program.read("tcpReceive", socket), "end");
  assert.equal(program.call("tcpConnect", socket, address(GATEWAY), 7), 1);
  assert.equal(says(), "SYN-SENT Success");
  program.pass(1);
  assert.equal(says(), "ESTAB Success");
  assert.equal(program.read("tcpReceive", socket), "");
  assert.equal(program.call("tcpSend", socket, program.bytes("hello")), 5);
  program.pass(1);
  assert.equal(program.read("tcpReceive", socket, 4), "hell");
  assert.equal(program.read("tcpReceive", socket, 4), "o");
  program.call("tcpClose", socket);
  assert.equal(says(), "CLOSED Success");
  program.pass(1);
  assert.deepEqual(ends, [""]);
  assert.equal(program.call("tcpConnect", socket, address(GATEWAY), 8), 1);
  program.pass(1);
  assert.equal(says(), "CLOSED Connection refused");
  assert.equal(program.read("tcpReceive", socket), "end");
  assert.equal(program.call("tcpConnect", socket, address(NOBODY), 7), 1);
  program.pass(10);
  assert.equal(says(), "CLOSED No route to host");
  program.pair.ask("ip route del default");
  assert.equal(program.call("tcpConnect", socket, address("192.0.2.1"), 7), 1);
  assert.equal(says(), "CLOSED Network is unreachable");
});

test("TCP: keep-alive and user timeout abort a connection to a dead peer", async () => {
  const program = await Program.boot();
  const { api, gateway } = program;
  const peers: Connection[] = [];
  gateway.tcp.listeners.set(7, (connection: Connection) => peers.push(connection));
  /** Takes the peers' host down: it neither receives nor sends from now on. */
  const takeDown = () => {
    for (const peer of peers) peer.receive = () => {};
  };
  const [probed, impatient] = [program.object("tcpSocket"), program.object("tcpSocket")];
  api.tcpSetKeepAlive(probed, 10_000_000n);
  for (const socket of [probed, impatient]) program.call("tcpConnect", socket, address(GATEWAY), 7);
  program.pass(1);
  api.tcpSetUserTimeout(impatient, 5_000_000n);
  takeDown();
  program.call("tcpSend", impatient, program.bytes("hello"));
  program.pass(4);
  assert.equal(program.says("tcpSays", impatient), "ESTAB Success");
  program.pass(3);
  assert.equal(program.says("tcpSays", impatient), "CLOSED Connection timed out");
  program.pass(600);
  assert.equal(program.says("tcpSays", probed), "ESTAB Success", "9 probes, 75 s apart");
  program.pass(100);
  assert.equal(program.says("tcpSays", probed), "CLOSED Connection timed out");
  const early = program.object("tcpSocket");
  api.tcpSetUserTimeout(early, 2_000_000n);
  program.call("tcpConnect", early, address("192.0.2.1"), 7);
  program.pass(4);
  assert.equal(program.says("tcpSays", early), "CLOSED Connection timed out");
});

test("TCP: accepted sockets inherit keep-alive from their listener", async () => {
  const program = await Program.boot();
  const listener = program.object("tcpSocket");
  program.call("tcpBind", listener, 8080);
  program.api.tcpSetKeepAlive(listener, 10_000_000n);
  program.call("tcpListen", listener, 4);
  const peer = program.gateway.tcp.connect(address(ADDRESS), 8080);
  program.pass(1);
  assert.notEqual(program.object("tcpAccept", listener), 0);
  let probes = 0;
  peer.receive = () => {
    probes++;
  };
  program.pass(9);
  assert.equal(probes, 0);
  program.pass(2);
  assert.equal(probes, 1);
});

test("TCP and TLS: connecting fails with a reason once memory is used up", async () => {
  const program = await Program.boot({ machine: { memoryLimit: 16 << 20 } });
  const secure = () => {
    const context = program.object("tlsCreateContext", "b.test");
    const begun = program.call("tlsConnect", context, address(NOBODY), 443);
    return begun === 1 ? "" : program.says("tlsFailure", context);
  };
  const plain = () =>
    program.call("tcpConnect", program.object("tcpSocket"), address(NOBODY), 7) === 1 ? "" : "full";
  const fill = (begin: () => string) => {
    for (let count = 0; count < 10_000; count++) {
      const failure = begin();
      if (failure !== "") return `${count}: ${failure}`;
    }
    return "";
  };
  assert.match(fill(secure), /^\d+: TLS: too many connections or out of memory$/);
  assert.match(fill(plain), /^\d+: full$/);
  assert.equal(secure(), "too many connections");
});

test("TCP: listens, accepts and replies; closing frees the port", async () => {
  const program = await Program.boot();
  const listener = program.object("tcpSocket");
  const bind = (port: number) => program.call("tcpBind", listener, port);
  assert.deepEqual([bind(0), bind(65_536), bind(8080)], [0, 0, 1]);
  assert.equal(program.object("tcpAccept", listener), 0, "not listening yet");
  assert.equal(program.call("tcpListen", listener, 4), 1);
  assert.equal(program.says("tcpSays", listener), "LISTEN Success");
  const second = program.object("tcpSocket");
  assert.equal(program.call("tcpListen", second, 4), 0, "not bound");
  program.call("tcpBind", second, 8080);
  assert.equal(program.call("tcpListen", second, 4), 0, "in use");
  assert.equal(program.object("tcpAccept", listener), 0, "no client yet");
  let heard = "";
  const connection = program.gateway.tcp.connect(address(ADDRESS), 8080);
  connection.onData = (data) => {
    heard += data;
  };
  connection.write(Buffer.from("question"));
  program.pass(1);
  const accepted = program.object("tcpAccept", listener);
  assert.equal(program.says("tcpSays", accepted), "ESTAB Success");
  assert.equal(program.read("tcpReceive", accepted), "question");
  assert.equal(program.call("tcpSend", accepted, program.bytes("answer")), 6);
  program.pass(1);
  assert.equal(heard, "answer");
  connection.close();
  program.pass(1);
  assert.equal(program.read("tcpReceive", accepted), "end");
  program.call("tcpClose", accepted);
  program.call("tcpClose", listener);
  assert.equal(program.says("tcpSays", listener), "CLOSED Success");
  let end = "open";
  program.gateway.tcp.connect(address(ADDRESS), 8080).onClose = (why) => {
    end = why;
  };
  program.pass(1);
  assert.equal(end, "reset");
  assert.equal(program.call("tcpListen", second, 4), 1, "free again");
});

test("TLS: transfers data, and connects only if the certificate is for the name", async () => {
  const program = await Program.boot();
  assert.equal(program.says("initTLS"), "");
  const context = program.object("tlsCreateContext", "b.test");
  const write = () =>
    program.call("tlsWrite", context, program.bytes("GET /bytes/3 HTTP/1.0\r\n\r\n"));
  assert.equal(program.call("tlsStatus", context), Status.Failed);
  assert.deepEqual([write(), program.read("tlsRead", context)], [0, "end"]);
  const connect = (to: number) => program.call("tlsConnect", to, address(SERVER), 443);
  assert.equal(connect(context), 1);
  assert.equal(program.call("tlsStatus", context), Status.Connecting);
  assert.deepEqual([write(), program.read("tlsRead", context)], [0, ""]);
  program.pass(2);
  assert.equal(program.call("tlsStatus", context), Status.Open);
  assert.equal(write(), 25);
  program.pass(2);
  assert.match(program.read("tlsRead", context), /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(program.read("tlsRead", context), "end");
  program.call("tlsClose", context);
  assert.equal(program.call("tlsStatus", context), Status.Failed);
  const wrong = program.object("tlsCreateContext", "other.test");
  assert.equal(connect(wrong), 1);
  program.pass(2);
  assert.equal(program.call("tlsStatus", wrong), Status.Failed);
  assert.match(program.says("tlsFailure", wrong), /not valid for this name/);
  assert.equal(program.read("tlsRead", wrong), "end");
});

test("TLS: does not start without entropy, and reports the reason", async () => {
  const program = await Program.boot({ machine: { random: undefined } });
  assert.match(program.says("initTLS"), /not enough entropy/);
  const context = program.object("tlsCreateContext", "b.test");
  assert.equal(program.call("tlsConnect", context, address(SERVER), 443), 0);
  assert.match(program.says("tlsFailure", context), /not enough entropy/);
});

test("DHCP: discovers, renews, releases and discovers again", async () => {
  const program = await Program.boot();
  const lease = { router: address(GATEWAY), servers: [address(GATEWAY)], first: "10.0.2.50" };
  const server = new DhcpServer(program.gateway, lease);
  assert.deepEqual([program.call("dhcpRenew"), program.call("dhcpRelease")], [0, 0]);
  const client = program.object("dhcpDiscover");
  const says = () => program.says("dhcpSays", client);
  program.pass(20);
  assert.equal(says(), "bound");
  assert.match(program.pair.ask("ip addr"), /inet 10\.0\.2\.50\/24/);
  assert.equal(program.object("dhcpRequest"), client);
  assert.equal(says(), "bound");
  assert.equal(program.call("dhcpRenew"), 1);
  program.pass(20);
  assert.deepEqual([says(), server.acknowledged], ["bound", 2]);
  assert.equal(program.call("dhcpRelease"), 1);
  program.pass(20);
  assert.equal(says(), "stopped");
  program.object("dhcpRequest");
  program.pass(20);
  assert.deepEqual([says(), server.acknowledged], ["bound", 3]);
});

test("HTTP, HTTPS and JSON-RPC: return results and reasons for failures", async () => {
  const program = await Program.boot();
  new HttpServer(program.gateway);
  const requests: [name: string, words: string[], says: string | RegExp][] = [
    ["httpRequest", ["GET", `http://${GATEWAY}/nothing`, ""], "404 not here\n"],
    ["httpRequest", ["POST", "http://b.test:8080/", "x"], /port 8080: Connection refused$/],
    ["httpRequest", ["GET", "https://b.test/bytes/0", ""], "200 "],
    ["httpsRequest", ["POST", "https://b.test/discard", "four"], "200 4 bytes discarded\n"],
    ["httpsRequest", ["GET", "https://b.test/status.json", ""], /^200 \{"hostname":"anonymos",/],
    ["httpsRequest", ["GET", `http://${GATEWAY}/`, ""], "expected an https URL"],
    ["httpsRequest", ["GET", "https://other.test/", ""], /not valid for this name/],
  ];
  for (const [name, words, says] of requests) {
    const call = program.object(name, ...words);
    program.pass(3);
    const said = program.says("httpSays", call);
    if (typeof says === "string") assert.equal(said, says);
    else assert.match(said, says);
  }
  const rpc = (params: string) => {
    const exchange = program.object("jsonRpcCall", `http://${GATEWAY}/rpc`, "add", params);
    program.pass(1);
    return program.says("rpcSays", exchange);
  };
  assert.equal(rpc('[1,"a"]'), '{"method":"add","params":[1,"a"]}');
  assert.equal(rpc(""), '{"method":"add","params":[]}');
  assert.match(rpc("1"), /expected a JSON array or object/);
});
