/** docs/quality-of-service.md does what it says; rates and marks as seen on the wire. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { root } from "../lab/host/process.ts";

const PAGE = readFileSync(`${root}/docs/quality-of-service.md`, "utf8");
const PROMPT = "anonymos> ";
/** Offsets in an Ethernet frame: the octet with the DS field, and the protocol. */
const [DS_FIELD, PROTOCOL] = [15, 23];
const [ICMP, TCP] = [1, 6];

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

/** Returns the indented blocks of the page. */
function blocks(): string[][] {
  const found: string[][] = [];
  let open = false;
  for (const line of PAGE.split("\n")) {
    const code = line.startsWith("    ");
    if (code && !open) found.push([]);
    if (code) found.at(-1)?.push(line.slice(4));
    open = code;
  }
  return found;
}

const frames = (lab: Lab, protocol: number) =>
  lab.take().filter(({ frame }) => frame[PROTOCOL] === protocol);

test("every example of the page prints what the page shows", async () => {
  const lab = await Lab.at("S1");
  const lines = blocks().flatMap((block) => (block[0].startsWith(PROMPT) ? block : []));
  let commands = 0;
  while (lines.length > 0) {
    const command = lines.shift()?.slice(PROMPT.length) ?? "";
    const rest = lines.findIndex((line) => line.startsWith(PROMPT));
    const expected = lines.splice(0, rest < 0 ? lines.length : rest);
    const shown = printed(lab, command).map((line) => line.replace(/ = [\d./]+ ms/, " = TIMES ms"));
    assert.deepEqual(shown, expected, command);
    commands++;
  }
  assert.ok(commands > 12);
});

test("the page's settings apply at boot, and invalid ones are reported", async () => {
  const sections = blocks().filter(([first]) => first.startsWith("["));
  const wrong = "[PFIFO]\nPacketLimit=0\nParent=7:7\n[TokenBucketFilter]\nRate=1M\nLoss=3\n";
  const text = `${sections.flat().join("\n")}\n${wrong}`;
  const lab = await Lab.at("S1", {
    commandLine: "",
    modules: [{ name: "anonymos.conf", bytes: Buffer.from(text) }],
  });
  assert.deepEqual(printed(lab, "tc qdisc show dev net0"), [
    "qdisc tbf 1: dev net0 root refcnt 2 rate 8Mbit burst 16Kb lat 50ms",
    "qdisc sfq 10: dev net0 parent 1:1 limit 128p quantum 1514b depth 128 divisor 128 " +
      "perturb 10sec",
  ]);
  const log = lab.twin.output;
  assert.match(log, /PacketLimit=0: invalid limit, expected 1 to 128/);
  assert.match(log, /net0: pfifo: the discipline of its parent is missing/);
  assert.match(log, /Loss=3: unknown key in section \[TokenBucketFilter\], expected Parent=, /);
  assert.match(log, /\[TokenBucketFilter\]: missing rate or burst, expected Rate= and BurstBytes=/);
});

test("invalid lines change nothing; a section without a valid place is skipped", async () => {
  const text = [
    "[HierarchyTokenBucket]\nHandle=1",
    "[HierarchyTokenBucketClass]\nClassId=1:1\nRate=8M\nBufferBytes=x\nPriority=9\nQuantumBytes=0",
    "[HierarchyTokenBucketClass]\nClassId=root\nRate=8M",
    "[HierarchyTokenBucketClass]\nParent=1:\nClassId=2:7\nRate=8M",
    "[PFIFO]\nParent=nowhere",
    "[BFIFO]\nHandle=ffff",
    "[EnhancedTransmissionSelection]\nParent=1:1\nBands=3",
  ].join("\n");
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from(text) }];
  const lab = await Lab.at("S1", { commandLine: "", modules });
  const [qdisc, ...others] = printed(lab, "tc qdisc show dev net0");
  assert.match(qdisc, /^qdisc htb 1: dev net0 root /);
  assert.deepEqual(others, []);
  const classes = printed(lab, "tc class show dev net0");
  assert.equal(classes.length, 1);
  assert.match(classes[0], /^class htb 1:1 root prio 0 rate 8Mbit .*burst \d{4}b /);
  const log = lab.twin.output;
  for (const wrong of ["BufferBytes=x", "Priority=9", "QuantumBytes=0", "ClassId=root"]) {
    assert.match(log, new RegExp(`${wrong}: invalid `));
  }
  for (const wrong of ["Parent=nowhere", "Handle=ffff"]) {
    assert.match(log, new RegExp(`${wrong}: invalid `));
  }
  assert.match(log, /class 2:7: its parent is of another discipline/);
  assert.match(log, /only strict bands are supported/);
});

test("[FairQueueingControlledDelay] makes an fq_codel", async () => {
  const text = [
    "[FairQueueingControlledDelay]\nHandle=7\nPacketLimit=50\nFlows=16\nQuantumBytes=300",
    "TargetSec=1ms\nIntervalSec=20ms\nECN=no\nFlows=500\nECN=x\nTargetSec=0\nQuantumBytes=1",
    "MemoryLimitBytes=1M",
  ].join("\n");
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from(text) }];
  const lab = await Lab.at("S1", { commandLine: "", modules });
  assert.deepEqual(printed(lab, "tc qdisc show dev net0"), [
    "qdisc fq_codel 7: dev net0 root refcnt 2 limit 50p flows 16 quantum 300 target 1ms " +
      "interval 20ms",
  ]);
  const log = lab.twin.output;
  assert.match(log, /Flows=500: invalid number, expected 1 to 128/);
  assert.match(log, /ECN=x: invalid value, expected yes or no/);
  assert.match(log, /TargetSec=0: invalid time/);
  assert.match(log, /QuantumBytes=1: invalid size, expected 64 to 262136 bytes/);
  assert.match(log, /MemoryLimitBytes=1M: unknown key in section/);
});

test("a rate of tbf is exact on the wire within 1 %, and the queue empties", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "tc qdisc add dev net0 root tbf rate 1mbit burst 1600 latency 50ms");
  lab.take();
  const summary = printed(lab, "ping -q -c 40 -i 0.01 -s 1372 10.0.2.2").join("\n");
  assert.match(summary, / 40 received/);
  const sent = frames(lab, ICMP);
  assert.equal(sent.length, 40);
  // Requests arrive slightly faster than the rate; about ten exhaust the burst.
  const [first, last] = [sent[15], sent[39]];
  const bits = 24 * first.frame.length * 8;
  // Times are in nanoseconds.
  const megabits = (bits / (last.time - first.time)) * 1000;
  assert.ok(Math.abs(megabits - 1) < 0.01, `${megabits} Mbit/s`);
  const [, counters, backlog] = printed(lab, "tc -s qdisc show dev net0");
  assert.match(
    counters,
    /^ Sent 56560 bytes 40 pkt \(dropped 0, overlimits [1-9]\d* requeues 0\) $/,
  );
  assert.equal(backlog, " backlog 0b 0p requeues 0");
});

test("ping -Q and nc -T set the DS field, and tc pedit rewrites it", async () => {
  const lab = await Lab.at("S1");
  const mark = (command: string, protocol: number) => {
    lab.take();
    lab.command(command);
    return frames(lab, protocol)[0].frame[DS_FIELD];
  };
  assert.equal(mark("ping -c 1 -Q 0xb8 10.0.2.2", ICMP), 0xb8);
  assert.equal(mark("ping -c 1 -Q 32 10.0.2.2", ICMP), 32);
  assert.equal(mark("ping -c 1 10.0.2.2", ICMP), 0);
  assert.equal(mark("nc -z -T af21 10.0.2.2 80", TCP), 0x48);
  assert.equal(mark("nc -z -T cs1 10.0.2.2 80", TCP), 0x20);
  assert.equal(mark("nc -z -T 0xff 10.0.2.2 80", TCP), 0xfc, "without the ECN bits");
  printed(lab, "tc qdisc add dev net0 root handle 1: prio");
  const filter =
    "tc filter add dev net0 parent 1: u32 match ip dport 80 0xffff flowid 1:1 " +
    "action pedit ex munge ip dsfield set 0xb8 retain 0xfc";
  assert.deepEqual(printed(lab, filter), []);
  assert.equal(mark("nc -z -T cs1 10.0.2.2 80", TCP), 0xb8);
  assert.deepEqual(printed(lab, "ping -Q 256 10.0.2.2; echo $?").at(-1), "2");
  assert.match(printed(lab, "nc -T gold 10.0.2.2 80").join(), /illegal tos value gold/);
});
