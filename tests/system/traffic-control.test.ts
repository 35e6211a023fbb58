/** `tc`: what it accepts, refuses and prints, in iproute2's words. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

const invalid = "RTNETLINK answers: Invalid argument";
const noHandle = 'Error: try "classid" instead of "handle"';
const mismatch = "Error: Invalid qdisc name: must match existing qdisc.";
const handleZero = "Error: Cannot delete qdisc with handle of zero.";

test("an interface has no queue until it is given one", async () => {
  const lab = await Lab.at("S1");
  assert.deepEqual(printed(lab, "tc qdisc"), ["qdisc noqueue 0: dev net0 root refcnt 2"]);
  assert.deepEqual(printed(lab, "tc class show; tc filter show dev net0"), []);
  assert.deepEqual(printed(lab, "tc qdisc del dev net0 root; echo $?"), [
    "Error: Cannot delete qdisc with handle of zero.",
    "1",
  ]);
});

test("tc qdisc show prints every kind as iproute2 does", async () => {
  const lab = await Lab.at("S1");
  const kinds: [string, string][] = [
    ["pfifo limit 10", "limit 10p"],
    ["bfifo limit 10k", "limit 10Kb"],
    ["prio", "bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1"],
    ["prio bands 4 priomap 3 3", "bands 4 priomap 3 3 2 2 1 2 0 0 1 1 1 1 1 1 1 1"],
    ["sfq perturb 10", "limit 128p quantum 1514b depth 128 divisor 128 perturb 10sec"],
    ["fq_codel", "limit 128p flows 128 quantum 1514 target 5ms interval 100ms ecn"],
    [
      "fq_codel limit 50 flows 16 quantum 300 target 1ms interval 20ms noecn",
      "limit 50p flows 16 quantum 300 target 1ms interval 20ms",
    ],
    ["tbf rate 1mbit burst 32kb latency 400ms", "rate 1Mbit burst 32Kb lat 400ms"],
    ["tbf rate 1500kbit burst 5000 limit 9000", "rate 1500Kbit burst 5000b lat 21.333ms"],
    ["htb default 30", "r2q 10 default 0x30 direct_packets_stat 0 direct_qlen 128"],
  ];
  for (const [options, shown] of kinds) {
    const kind = options.split(" ")[0];
    assert.deepEqual(printed(lab, `tc qdisc replace dev net0 root ${options}`), []);
    const [line, ...more] = printed(lab, "tc qdisc show dev net0");
    assert.equal(line.replace(/ 800[12]: /, " "), `qdisc ${kind} dev net0 root refcnt 2 ${shown}`);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(printed(lab, "tc qdisc replace dev net0 root noqueue; tc q"), [
    "qdisc noqueue 0: dev net0 root refcnt 2",
  ]);
});

test("a tree of htb, sfq, classes and filters is shown as it was made", async () => {
  const lab = await Lab.at("S1");
  for (const words of [
    "qdisc add dev net0 root handle 1: htb default 20",
    "class add dev net0 parent 1: classid 1:1 htb rate 6mbit burst 15k",
    "class add dev net0 parent 1:1 classid 1:10 htb rate 5mbit ceil 6mbit burst 15k prio 1",
    "class add dev net0 parent 1:1 classid 1:20 htb rate 1mbit ceil 6mbit",
    "qdisc add dev net0 parent 1:20 handle 20: sfq",
    "filter add dev net0 protocol ip parent 1: prio 1 u32 match ip dport 80 0xffff " +
      "match ip dsfield 0xb8 0xfc flowid 1:10",
    "filter add dev net0 parent 1: prio 1 u32 match ip dst 10.0.0.0/8 flowid 1:10",
  ]) {
    assert.deepEqual(printed(lab, `tc ${words}`), [], words);
  }
  assert.deepEqual(printed(lab, "tc qdisc show dev net0"), [
    "qdisc htb 1: dev net0 root refcnt 2 r2q 10 default 0x20 direct_packets_stat 0 direct_qlen 128",
    "qdisc sfq 20: dev net0 parent 1:20 limit 128p quantum 1514b depth 128 divisor 128",
  ]);
  assert.deepEqual(printed(lab, "tc class show dev net0"), [
    "class htb 1:1 root rate 6Mbit ceil 6Mbit burst 15Kb cburst 4600b ",
    "class htb 1:10 parent 1:1 prio 1 rate 5Mbit ceil 6Mbit burst 15Kb cburst 4600b ",
    "class htb 1:20 parent 1:1 leaf 20: prio 0 rate 1Mbit ceil 6Mbit burst 2100b cburst 4600b ",
  ]);
  assert.deepEqual(printed(lab, "tc filter show dev net0"), [
    "filter parent 1: protocol ip pref 1 u32 chain 0 ",
    "filter parent 1: protocol ip pref 1 u32 chain 0 fh 800: ht divisor 1 ",
    "filter parent 1: protocol ip pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 " +
      "flowid 1:10 not_in_hw ",
    "  match 00000050/0000ffff at 20",
    "  match 00b80000/00fc0000 at 0",
    "filter parent 1: protocol ip pref 1 u32 chain 0 fh 800::801 order 2049 key ht 800 bkt 0 " +
      "flowid 1:10 not_in_hw ",
    "  match 0a000000/ff000000 at 16",
  ]);
  assert.deepEqual(printed(lab, "tc class del dev net0 classid 1:10; echo $?"), [
    "RTNETLINK answers: Device or resource busy",
    "1",
  ]);
  assert.deepEqual(printed(lab, "tc filter del dev net0 parent 1:; tc filter show dev net0"), []);
  assert.deepEqual(printed(lab, "tc class del dev net0 classid 1:10; echo $?"), ["0"]);
  assert.deepEqual(printed(lab, "tc qdisc del dev net0 root; tc class show dev net0"), []);
});

test("tc refuses what Linux refuses", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "tc qdisc add dev net0 root handle 1: prio");
  const refusals: [string, string, number][] = [
    ["qdisc add dev net0 root prio", "Error: Exclusivity flag on, cannot modify.", 1],
    ["qdisc add dev eth9 root prio", 'Cannot find device "eth9"', 1],
    ["qdisc add dev net0 root foo", "Error: Specified qdisc kind is unknown.", 1],
    [
      "qdisc add dev net0 root foo bar 1",
      'Unknown qdisc "foo", hence option "bar" is unparsable',
      2,
    ],
    ["qdisc add dev net0 parent 2:1 sfq", "Error: Failed to find specified qdisc.", 1],
    ["qdisc add dev net0 parent 1:9 sfq", "Error: Specified class not found.", 1],
    [
      "qdisc replace dev net0 root handle x prio",
      'Error: argument "x" is wrong: invalid qdisc ID',
      2,
    ],
    ["qdisc replace dev net0 root tbf rate x", 'tbf: illegal value for "rate": "x"', 2],
    [
      "qdisc replace dev net0 root tbf rate 1mbit latency 1ms",
      'tbf: the "burst" parameter is mandatory.',
      2,
    ],
    [
      "qdisc replace dev net0 root tbf rate 1mbit burst 2k",
      'tbf: either "limit" or "latency" is required.',
      2,
    ],
    [
      "qdisc replace dev net0 root tbf rate 101gbit burst 2k",
      'tbf: illegal value for "rate": "101gbit"',
      2,
    ],
    ["qdisc replace dev net0 root prio bands 2", "RTNETLINK answers: Invalid argument", 1],
    ["qdisc replace dev net0 root htb junk", 'What is "junk"?', 2],
    ["qdisc replace dev net0 root pfifo limit 129", 'pfifo: illegal value for "limit": "129"', 2],
    ["class add dev net0 parent 1: classid 1:5 htb", '"rate" is required.', 2],
    [
      "class add dev net0 parent 1: classid 1:5 htb rate 1mbit",
      "Error: Specified class not found.",
      1,
    ],
    ["class add dev net0 parent 1: classid 1:5 prio", 'Error: Qdisc "prio" is classless.', 1],
    [
      "filter add dev net0 parent 1: u32 match ip dport 80 0xffff flowid 1:9",
      "Error: Specified class not found.",
      1,
    ],
    ["filter add dev net0 parent 1: u32 match ip foo 1 flowid 1:1", 'Illegal "match": ip foo 1', 2],
    ["foo", 'Object "foo" is unknown, try "tc help".', 2],
    ["qdisc foo", 'Command "foo" is unknown (try: show, add, replace or del)', 2],
  ];
  for (const [words, message, code] of refusals) {
    assert.deepEqual(printed(lab, `tc ${words}; echo $?`), [message, `${code}`], words);
  }
  assert.match(printed(lab, "tc qdisc")[0], /^qdisc prio 1: /);
});

test("tc del heeds handle, kind and parent, and refuses other words", async () => {
  const lab = await Lab.at("S1");
  const says = (words: string, ...lines: string[]) =>
    assert.deepEqual(printed(lab, `tc ${words}; echo $?`), lines, words);
  const end = (word: string) => `Error: argument "${word}" is wrong: expected the end of the line`;
  const unknown = (word: string) => `What is "${word}"?`;
  says("qdisc add dev net0 root handle 1: htb", "0");
  says("class add dev net0 root classid 1:10 htb rate 1mbit", "0");
  says("class add dev net0 parent 1: classid 2:11 htb rate 1mbit", invalid, "1");
  says("class add dev net0 handle 1:11 htb rate 1mbit", noHandle, "2");
  says("class del dev net0 parent 2: classid 1:10", invalid, "1");
  says("class del dev net0 classid 1:10 htb foo", end("foo"), "2");
  says("class del dev net0 classid 1:10 sfq", 'Error: Qdisc "sfq" is classless.', "1");
  says("class del dev net0 classid 1:10 foo", 'Error: argument "foo" is wrong: expected htb', "2");
  says("qdisc del dev net0 root handle 5:", "Error: Invalid handle.", "1");
  says("qdisc del dev net0 root prio", mismatch, "1");
  says("qdisc del dev net0 root htb foo", end("foo"), "2");
  says(
    "qdisc del dev net0 root foo bar",
    'Unknown qdisc "foo", hence option "bar" is unparsable',
    "2",
  );
  says("qdisc del dev net0 parent 1:10", handleZero, "1");
  says("filter show dev net0 foo", unknown("foo"), "2");
  says("filter show dev net0 handle 1:", unknown("handle"), "2");
  says("class show dev net0 foo", end("foo"), "2");
  assert.equal(printed(lab, "tc class show dev net0").length, 1);
  says("class del dev net0 parent 1: classid 1:10 htb", "0");
  says("qdisc del dev net0 root handle 1: htb", "0");
});

test("tc filter add chooses a preference among the upper half, as Linux", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "tc qdisc add dev net0 root handle 1: prio");
  const added = "tc filter add dev net0 parent 1:";
  for (const words of [" prio 10", "", "", " prio 40000", ""]) {
    assert.deepEqual(printed(lab, `${added}${words} u32 match ip dport 80 0xffff flowid 1:1`), []);
  }
  const shown = printed(lab, "tc filter show dev net0").filter((line) => /flowid/.test(line));
  const preferences = shown.map((line) => line.match(/pref (\d+)/)?.[1]);
  assert.deepEqual(preferences, ["10", "39999", "40000", "49151", "49152"]);
});

test("tc filter del without a preference deletes all, and refuses other words", async () => {
  const lab = await Lab.at("S1");
  const says = (words: string, ...lines: string[]) =>
    assert.deepEqual(printed(lab, `tc filter ${words}; echo $?`), lines, words);
  const count = () =>
    printed(lab, "tc filter show dev net0").filter((line) => line.includes("flowid")).length;
  const match = "u32 match ip dport 80 0xffff";
  const flush = "Error: Cannot flush filters with protocol, handle or kind set.";
  printed(lab, "tc qdisc add dev net0 root handle 1: prio");
  says("del dev net0 parent 1:", "0");
  says(`add dev net0 parent 1: prio 1 ${match} classid 1:1`, "0");
  says(`add dev net0 parent 1: prio 1 ${match} flowid 1:2`, "0");
  says(`add dev net0 parent 1: prio 2 ${match} flowid 1:3`, "0");
  says(`add dev net0 parent 1: prio 2 ${match} classid x`, 'Illegal "classid": "x"', "2");
  says(`add dev net0 parent 1: handle 800::5 ${match} flowid 1:3`, 'What is "handle"?', "2");
  says(`del dev net0 parent 1: ${match}`, flush, "1");
  says("del dev net0 parent 1: protocol ip", flush, "1");
  says("del dev net0 parent 1: handle 800::800", flush, "1");
  const absent = "Error: Filter with specified priority/protocol not found.";
  says("del dev net0 parent 1: prio 7", absent, "1");
  says("del dev net0 parent 1: prio 1 handle x u32", "Illegal filter ID", "2");
  says(
    "del dev net0 parent 1: prio 1 handle 800::805 u32",
    "Error: Specified filter handle not found.",
    "1",
  );
  assert.equal(count(), 3);
  says("del dev net0 parent 1: prio 1 handle 800::801 u32", "0");
  assert.match(printed(lab, "tc filter show dev net0").join(), /fh 800::800 .* flowid 1:1 /);
  assert.equal(count(), 2);
  says("del dev net0 parent 1: prio 1", "0");
  assert.equal(count(), 1);
  says("del dev net0 parent 1:", "0");
  assert.equal(count(), 0);
});

test("tc -s shows the counters of fq_codel", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "tc qdisc add dev net0 root fq_codel; ping -c 2 -i 0.1 10.0.2.2");
  const lines = printed(lab, "tc -s qdisc show dev net0");
  assert.match(lines[1], /^ Sent \d+ bytes 2 pkt \(dropped 0, overlimits 0 requeues 0\) $/);
  assert.deepEqual(lines.slice(3), [
    "  maxpacket 98 drop_overlimit 0 new_flow_count 2 ecn_mark 0",
    "  new_flows_len 0 old_flows_len 0",
  ]);
});

test("sfq and fq_codel bound their options; a long latency of tbf is not shortened", async () => {
  const lab = await Lab.at("S1");
  const add = (words: string) => printed(lab, `tc qdisc replace dev net0 root ${words}`);
  for (const quantum of ["1", "63", "262137", "1g"]) {
    const illegal = `sfq: illegal value for "quantum": "${quantum}"`;
    assert.deepEqual(add(`sfq quantum ${quantum}`), [illegal]);
  }
  for (const quantum of ["0", "64", "262136"]) assert.deepEqual(add(`sfq quantum ${quantum}`), []);
  assert.deepEqual(add("fq_codel flows 129"), ['fq_codel: illegal value for "flows": "129"']);
  assert.deepEqual(add("fq_codel memory_limit 1m"), ['What is "memory_limit"?']);
  assert.deepEqual(add("tbf rate 100gbit burst 1mb latency 1000s"), []);
  // The limit is 4 GiB at most.
  assert.match(printed(lab, "tc qdisc show dev net0")[0], /burst 1Mb lat 343\.\d+ms$/);
});

test("queues, classes and filters are bounded", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "tc qdisc add dev net0 root handle 1: htb");
  for (let i = 1; i <= 16; i++) {
    const id = i.toString(16);
    assert.deepEqual(printed(lab, `tc class add dev net0 classid 1:${id} htb rate 1mbit`), []);
  }
  assert.deepEqual(printed(lab, "tc class add dev net0 classid 1:99 htb rate 1mbit"), [
    "RTNETLINK answers: No buffer space available (at most 16 classes)",
  ]);
  const filter = "tc filter add dev net0 parent 1: u32 match ip dport 80 0xffff flowid 1:1";
  for (let i = 0; i < 32; i++) assert.deepEqual(printed(lab, filter), []);
  assert.deepEqual(printed(lab, filter), [
    "RTNETLINK answers: No buffer space available (at most 32 filters)",
  ]);
});

test("a discipline can be replaced when no more can be added", async () => {
  const lab = await Lab.at("S1");
  const add = (words: string) =>
    assert.deepEqual(printed(lab, `tc qdisc add dev net0 ${words}`), []);
  add("root handle 1: prio bands 16");
  for (let i = 1; i <= 16; i++) {
    const handle = (i + 1).toString(16);
    add(`parent 1:${i.toString(16)} handle ${handle}: prio bands 16`);
  }
  for (let i = 1; i <= 15; i++) add(`parent 2:${i.toString(16)} pfifo limit 5`);
  assert.match(printed(lab, "tc qdisc add dev net0 parent 2:10 pfifo").join(), /at most 32/);
  assert.match(printed(lab, "tc qdisc replace dev net0 parent 2:10 pfifo").join(), /at most 32/);
  assert.deepEqual(printed(lab, "tc qdisc replace dev net0 parent 2:1 bfifo limit 9k"), []);
  assert.match(printed(lab, "tc qdisc show dev net0").join(), /bfifo 80..: dev net0 parent 2:1 /);
  assert.deepEqual(printed(lab, "tc qdisc replace dev net0 root pfifo"), []);
});
