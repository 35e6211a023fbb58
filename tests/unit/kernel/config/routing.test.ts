/** The sections [Route] and [RoutingPolicyRule] of anonymos.conf (kernel/config). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/config.ts");
const text = (pointer: number) => readString(wasm.memory, pointer);

/** Reads a file. Returns the settings and the problems. */
function read(...lines: string[]): [string, string[]] {
  wasm.reset();
  const [pointer, length] = writeText(wasm, lines.join("\n"));
  wasm.file(pointer, length, length);
  return [text(wasm.settings(0, 0n)), text(wasm.problems()).split("\n").filter(Boolean)];
}

const TO = ["[Route]", "Destination=10.1.0.0/16"];

test("reads tables, types, MTU, source, scope and next hops of routes", () => {
  const via = [...TO, "Gateway=10.0.2.2"];
  const route = "dhcp=true route=10.1.0.0/16>";
  for (const [lines, expected] of [
    [[...via, "Table=100"], "10.0.2.2(table 100)"],
    [[...via, "Table=default"], "10.0.2.2(table 253)"],
    [[...via, "Table=main", "Type=unicast"], "10.0.2.2"],
    [[...via, "MTUBytes=1400"], "10.0.2.2(mtu 1400)"],
    [[...via, "MTUBytes=9K"], "10.0.2.2(mtu 9216)"],
    [[...via, "PreferredSource=10.0.2.15"], "10.0.2.2(src 10.0.2.15)"],
    [[...via, "Scope=global"], "10.0.2.2(scope 0)"],
    [[...TO, "Scope=link"], "0.0.0.0(scope 253)"],
    [[...TO, "Type=blackhole"], "0.0.0.0(type 1)"],
    [[...TO, "Type=unreachable", "Metric=7"], "0.0.0.0~7(type 2)"],
    [[...TO, "Type=prohibit"], "0.0.0.0(type 3)"],
    [[...TO, "Type=throw", "Table=7"], "0.0.0.0(table 7)(type 4)"],
    [
      [...TO, "MultiPathRoute=10.0.2.2@net1 3", "MultiPathRoute=10.0.2.3"],
      "0.0.0.0(10.0.2.2@net1 3)(10.0.2.3@ 1)",
    ],
    [
      [...TO, "MultiPathRoute=10.0.2.2", "MultiPathRoute=", "MultiPathRoute=10.0.2.3 256"],
      "0.0.0.0(10.0.2.3@ 256)",
    ],
  ] as [string[], string][]) {
    assert.deepEqual(read(...lines), [route + expected, []], lines.join());
  }
});

test("an invalid value of a route is reported, and no wrong route is added", () => {
  const table = "invalid table, expected main, default or 1 to 4294967295";
  const type = "invalid type, expected unicast, blackhole, unreachable, prohibit or throw";
  const hop = "invalid next hop, expected ADDRESS[@DEVICE] [WEIGHT], a weight from 1 to 256";
  const kept = "dhcp=true route=10.1.0.0/16>10.0.2.2";
  for (const [line, why, settings] of [
    ["Table=0", table, "dhcp=true"],
    ["Table=4294967296", table, "dhcp=true"],
    ["Table=local", table, "dhcp=true"],
    ["Type=nat", type, "dhcp=true"],
    ["MultiPathRoute=10.0.2.9 0", hop, "dhcp=true"],
    ["MultiPathRoute=10.0.2.9 257", hop, "dhcp=true"],
    ["MultiPathRoute=10.0.2.9 1 1", hop, "dhcp=true"],
    ["MultiPathRoute=10.0.2.9@", hop, "dhcp=true"],
    ["MultiPathRoute=moon", hop, "dhcp=true"],
    ["MTUBytes=67", "invalid MTU, expected 68 to 65535 bytes", kept],
    ["MTUBytes=64K", "invalid MTU, expected 68 to 65535 bytes", kept],
    ["MTUBytes=9007199254740993K", "invalid MTU, expected 68 to 65535 bytes", kept],
    ["PreferredSource=x", "invalid address, expected an ADDRESS of this host", kept],
    ["Scope=256", "invalid scope, expected global, link, host or 0 to 255", kept],
  ]) {
    assert.deepEqual(
      read(...TO, "Gateway=10.0.2.2", line),
      [settings, [`anonymos.conf:4: ${line}: ${why}`]],
      line,
    );
  }
});

test("a route with an invalid gateway is not added, whatever else it has", () => {
  const why = "invalid address, expected ADDRESS";
  for (const other of ["Scope=link", "MultiPathRoute=10.0.2.3", "Type=blackhole", "Metric=5"]) {
    const [settings, problems] = read(...TO, "Gateway=10.0.2.300", other);
    assert.equal(settings, "dhcp=true", other);
    assert.equal(problems.length, 1);
    assert.ok(problems[0].startsWith(`anonymos.conf:3: Gateway=10.0.2.300: ${why}`), problems[0]);
  }
});

test("a line without = or a key leaves open which route or rule is meant", () => {
  for (const line of ["Gateway 10.0.2.3", "=10.0.2.3"]) {
    const settings = read(...TO, "Gateway=10.0.2.2", line, "[RoutingPolicyRule]", "Table=7", line);
    assert.equal(settings[0], "dhcp=true", line);
    assert.deepEqual(
      settings[1].map((problem) => problem.split(":")[1]),
      ["4", "7"],
    );
  }
});

test("keys of a route that contradict each other are reported with the section's line", () => {
  const gateway = "Gateway=10.0.2.2";
  const dropped =
    "gateway of a route that drops packets, expected neither Gateway= nor MultiPathRoute=";
  for (const [lines, why] of [
    [[gateway, "Type=blackhole"], dropped],
    [["MultiPathRoute=10.0.2.2", "Type=throw"], dropped],
    [[gateway, "MultiPathRoute=10.0.2.3"], "two gateways, expected Gateway= or MultiPathRoute="],
    [[gateway, "Scope=link"], "invalid scope of a route with a gateway, expected Scope=global"],
    [[], "missing gateway, expected Gateway=ADDRESS or Gateway=_dhcp4"],
  ] as [string[], string][]) {
    const expected = ["dhcp=true", [`anonymos.conf:1: [Route]: ${why}`]];
    assert.deepEqual(read(...TO, ...lines), expected, lines.join());
  }
  const seventeen = Array.from({ length: 17 }, (_, i) => `MultiPathRoute=10.0.2.${i + 1}`);
  assert.deepEqual(read(...TO, ...seventeen)[1], [
    "anonymos.conf:19: MultiPathRoute=10.0.2.17: too many next hops, expected at most 16",
  ]);
});

test("reads routing rules", () => {
  const all = "0.0.0.0/0";
  for (const [lines, expected] of [
    [[], `${all},${all},0/0>254.0~any`],
    [["From=10.0.2.15", "Table=100"], `10.0.2.15/32,${all},0/0>100.0~any`],
    [["To=192.0.2.9/24", "Priority=0"], `${all},192.0.2.0/24,0/0>254.0~0`],
    [["FirewallMark=7", "Type=prohibit"], `${all},${all},7/ffffffff>254.3~any`],
    [
      ["FirewallMark=0x10/0xff", "Type=table", "Table=default", "InvertRule=yes"],
      `!${all},${all},10/ff>253.0~any`,
    ],
    [
      ["TypeOfService=16", "IncomingInterface=lo", "OutgoingInterface=net1"],
      `${all},${all},0/0,tos 16,iif lo,oif net1>254.0~any`,
    ],
    [["Type=blackhole"], `${all},${all},0/0>254.1~any`],
    [["Type=unreachable", "Priority=4294967295"], `${all},${all},0/0>254.2~4294967295`],
  ] as [string[], string][]) {
    const settings = `dhcp=true rule=${expected}`;
    assert.deepEqual(read("[RoutingPolicyRule]", ...lines), [settings, []], lines.join());
  }
});

test("a rule with an invalid line is not added, as it would match too much", () => {
  for (const [line, why] of [
    ["From=moon", "invalid network, expected ADDRESS or NETWORK/PREFIX"],
    ["To=10.0.0.0/33", "invalid network, expected ADDRESS or NETWORK/PREFIX"],
    ["FirewallMark=x", "invalid mark, expected MARK or MARK/MASK like 0x1/0xff"],
    ["FirewallMark=1/", "invalid mark, expected MARK or MARK/MASK like 0x1/0xff"],
    ["FirewallMark=4294967296", "invalid mark, expected MARK or MARK/MASK like 0x1/0xff"],
    ["TypeOfService=32", "invalid TOS, expected 4, 8, 12, ... or 28"],
    ["TypeOfService=x", "invalid TOS, expected 4, 8, 12, ... or 28"],
    ["InvertRule=perhaps", "invalid value, expected yes or no"],
    ["Table=moon", "invalid table, expected main, default or 1 to 4294967295"],
    ["Priority=4294967296", "invalid priority, expected 0 to 4294967295"],
    ["Priority=-1", "invalid priority, expected 0 to 4294967295"],
    ["Type=throw", "invalid type, expected table, blackhole, unreachable or prohibit"],
    ["Type=unicast", "invalid type, expected table, blackhole, unreachable or prohibit"],
  ]) {
    const expected = ["dhcp=true", [`anonymos.conf:3: ${line}: ${why}`]];
    assert.deepEqual(read("[RoutingPolicyRule]", "Table=100", line), expected, line);
  }
  const keys =
    "From=, To=, TypeOfService=, FirewallMark=, IncomingInterface=, OutgoingInterface=, " +
    "InvertRule=, Table=, Priority= or Type=";
  const [settings, problems] = read("[RoutingPolicyRule]", "SourcePort=5", "Colour=red");
  assert.equal(settings, "dhcp=true");
  assert.deepEqual(problems, [
    "anonymos.conf:2: SourcePort=5: not supported, ignored",
    `anonymos.conf:3: Colour=red: unknown key in section [RoutingPolicyRule], expected ${keys}`,
    `anonymos.conf:1: [RoutingPolicyRule]: rule not added, expected only ${keys}`,
  ]);
});
