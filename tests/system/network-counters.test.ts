/** `nstat` and `netstat -s`: the names, columns and options of iproute2 and net-tools. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { echoRequest } from "../lab/scripted/ip-host.ts";

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);
const row = (name: string, value: number) => `${name.padEnd(32)}${`${value}`.padEnd(16)}   0.0`;

function ping(lab: Lab, count: number): void {
  for (let i = 0; i < count; i++) lab.inject([echoRequest({})]);
  lab.take();
}

test("nstat prints what was counted since the last call; -a, -s and -r change that", async () => {
  const lab = await Lab.at("S1");
  const before = Number(/\d+/.exec(printed(lab, "nstat -az IcmpInEchos")[1])?.[0]);
  ping(lab, 3);
  assert.deepEqual(printed(lab, "nstat -s IcmpInEchos"), ["#kernel", row("IcmpInEchos", 3)]);
  assert.deepEqual(printed(lab, "nstat IcmpInEchos"), ["#kernel", row("IcmpInEchos", 3)]);
  assert.deepEqual(printed(lab, "nstat IcmpInEchos"), ["#kernel"]);
  assert.deepEqual(printed(lab, "nstat -z icmpinechos"), ["#kernel", row("IcmpInEchos", 0)]);
  // Another pattern has a history of its own.
  printed(lab, "nstat -rs; nstat -n IcmpInEchos");
  assert.deepEqual(printed(lab, "nstat icmpout?chor[a-f]ps"), [
    "#kernel",
    row("IcmpOutEchoReps", before + 3),
  ]);
  ping(lab, 2);
  assert.deepEqual(printed(lab, "nstat -a IcmpInEchos"), [
    "#kernel",
    row("IcmpInEchos", before + 5),
  ]);
  assert.deepEqual(printed(lab, "nstat IcmpInEchos"), ["#kernel"]);
  assert.deepEqual(printed(lab, "nstat -r IcmpInEchos"), [
    "#kernel",
    row("IcmpInEchos", before + 5),
  ]);
  ping(lab, 1);
  assert.deepEqual(printed(lab, "nstat -j IcmpInEchos"), ['{"kernel":{"IcmpInEchos":1}}']);
  assert.deepEqual(printed(lab, "nstat -n IcmpInEchos"), []);
  assert.deepEqual(printed(lab, "nstat NoSuchCounter; echo $?"), ["#kernel", "0"]);
  assert.match(printed(lab, "nstat -q")[0], /^nstat: invalid option -- 'q'/);
  const all = printed(lab, "nstat -az").slice(1);
  assert.ok(all.length > 100 && all.every((line) => /^[A-Z]\w+ +\d+ +0\.0$/.test(line)));
  const names = all.map((line) => line.split(" ")[0]);
  assert.equal(new Set(names).size, names.length, "each name once");
  const groups = names.map((name) => /^(TcpExt|IpExt|[A-Z][a-z]+)/.exec(name)?.[0]);
  const order = groups.filter((group, i) => group !== groups[i - 1]);
  assert.deepEqual(order, ["Ip", "Icmp", "Tcp", "Udp", "TcpExt", "IpExt", "Arp", "Neighbor"]);
});

test("nstat counts packets that are dropped, by their reasons", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "nstat -n");
  const bad = echoRequest({});
  bad[14 + 20 + 2] ^= 1;
  lab.inject([bad]);
  for (let i = 0; i < 9; i++) lab.inject([echoRequest({ source: "10.0.2.99" })]);
  lab.take();
  assert.deepEqual(printed(lab, "nstat 'Icmp*' '*Full' Neighbor* IpInDelivers"), [
    "#kernel",
    row("IpInDelivers", 10),
    row("IcmpInMsgs", 9),
    row("IcmpInEchos", 9),
    row("IcmpOutMsgs", 9),
    row("IcmpOutEchoReps", 9),
    row("IcmpInErrors", 1),
    row("IcmpInCsumErrors", 1),
    row("NeighborOverflow", 5),
  ]);
  lab.pass(4);
  assert.deepEqual(printed(lab, "nstat NeighborUnreachable")[1], row("NeighborUnreachable", 4));
  printed(lab, "nstat -n; ip route del default; ping -c 1 10.99.0.1");
  assert.match(printed(lab, "nstat IpOutNoRoutes")[1], /^IpOutNoRoutes +\d+/);
});

test("netstat -s prints counters in the words of net-tools", async () => {
  const lab = await Lab.at("S1");
  const lines = printed(lab, "netstat -s");
  const heads = lines.filter((line) => !line.startsWith(" "));
  assert.deepEqual(heads, [
    "Ip:",
    "Icmp:",
    "Tcp:",
    "Udp:",
    "TcpExt:",
    "IpExt:",
    "Arp:",
    "Neighbor:",
  ]);
  for (const line of [
    "    2 ICMP messages received",
    "    InEchos: 1",
    "    0 connections established",
    "    0 packets to unknown port received",
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.deepEqual(
    printed(lab, "netstat -stu").filter((line) => !line.startsWith(" ")),
    ["Tcp:", "Udp:", "TcpExt:"],
  );
  assert.equal(
    printed(lab, "netstat -rn")[0].includes("only -s is supported (try: ip route)"),
    true,
  );
  assert.match(printed(lab, "netstat -tulpn")[0], /only -s is supported \(try: ss\)/);
});
