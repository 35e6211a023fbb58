/** `ip route` and `ip rule`: tables, types, several next hops, rules, with iproute2's words. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { OFF_LINK } from "../lab/scripted/ip-host.ts";

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

/** Types each line, followed by `echo $?`, and compares what is printed. */
function dialogue(lab: Lab, lines: [line: string, ...says: string[]][]): void {
  for (const [line, ...says] of lines) {
    const code = says.length > 0 && /^(RTNETLINK|Error: [A-Z])/.test(says[0]) ? "1" : "0";
    assert.deepEqual(printed(lab, `${line}; echo $?`), [...says, code], line);
  }
}

test("blackhole, unreachable, prohibit and throw routes have Linux's errors", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ip route add blackhole 10.20/16"],
    ["ip route add unreachable 10.21/16"],
    ["ip route add prohibit 10.22/16 metric 5"],
    ["ip route add throw 10.23/16"],
    ["ip route get 10.20.0.1", "RTNETLINK answers: Invalid argument"],
    ["ip route get 10.21.0.1", "RTNETLINK answers: No route to host"],
    ["ip route get 10.22.0.1", "RTNETLINK answers: Permission denied"],
    ["ip route get 10.23.0.1", "RTNETLINK answers: Network is unreachable"],
    ["ip route show type blackhole", "blackhole 10.20.0.0/16 proto static"],
    ["ip route show 10.22/16", "prohibit 10.22.0.0/16 proto static metric 5"],
    [
      "ip route add blackhole 10.24/16 via 10.0.2.2",
      "Error: Gateway, device and multipath can not be specified for this route type.",
    ],
    ["ip route del blackhole 10.20/16"],
    ["ip route del blackhole 10.21/16", "RTNETLINK answers: No such process"],
  ]);
  assert.deepEqual(printed(lab, "ping -c 1 10.22.0.1"), ["ping: connect: Permission denied"]);
  assert.match(printed(lab, "nc 10.21.0.1 80")[0], /failed: No route to host$/);
  assert.match(printed(lab, "curl http://10.22.0.1/")[0], /^curl: \(7\) /);
});

test("curl does not use an idle connection whose route is gone", async () => {
  const lab = await Lab.at("S1");
  assert.match(lab.command("curl -v http://10.0.2.2/text/9"), /Connected to/);
  assert.match(lab.command("curl -v http://10.0.2.2/text/9"), /Re-using existing connection/);
  lab.command("ip route add unreachable 10.0.2.2");
  const before = lab.world.now;
  assert.match(printed(lab, "curl http://10.0.2.2/text/9")[0], /^curl: \(7\) .*No route to host/);
  assert.ok(lab.world.now - before < 1e9, "waited");
});

test("append, replace and change, mtu, src and scope", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ip route add 10.1/16 via 10.0.2.3 mtu 1400 src 10.0.2.15"],
    [
      "ip route show 10.1/16",
      "10.1.0.0/16 via 10.0.2.3 dev net0 proto static src 10.0.2.15 mtu 1400",
    ],
    ["ip route get 10.1.2.3", "10.1.2.3 via 10.0.2.3 dev net0 src 10.0.2.15 mtu 1400"],
    ["ip route add 10.1/16 via 10.0.2.4", "RTNETLINK answers: File exists"],
    ["ip route append 10.1/16 via 10.0.2.4"],
    ["ip route show 10.1/16 via 10.0.2.4", "10.1.0.0/16 via 10.0.2.4 dev net0 proto static"],
    ["ip route append 10.1/16 via 10.0.2.4", "RTNETLINK answers: File exists"],
    ["ip route append 10.1/16 via 10.0.2.4 mtu 1300"],
    ["ip route del 10.1/16 mtu 1300"],
    ["ip route replace 10.1/16 via 10.0.2.5"],
    ["ip route get 10.1.2.3", "10.1.2.3 via 10.0.2.5 dev net0 src 10.0.2.15"],
    ["ip route change 10.9/16 via 10.0.2.5", "RTNETLINK answers: No such file or directory"],
    ["ip route change 10.1/16 via 10.0.2.6"],
    ["ip route get 10.1.2.3", "10.1.2.3 via 10.0.2.6 dev net0 src 10.0.2.15"],
    ["ip route add 10.32/16 dev net0 scope global"],
    ["ip route show 10.32/16", "10.32.0.0/16 dev net0 proto static"],
  ]);
});

test("several next hops share conversations, and are shown as iproute2 shows them", async () => {
  const lab = await Lab.at("S1");
  const way = (gateway: string, weight: number) =>
    `nexthop via ${gateway} dev net0 weight ${weight}`;
  dialogue(lab, [
    ["ip route del default"],
    [`ip route add default ${way("10.0.2.2", 1)} ${way("10.0.2.3", 2)}`],
    [
      "ip route show default",
      "default proto static",
      `\t${way("10.0.2.2", 1)}`,
      `\t${way("10.0.2.3", 2)}`,
    ],
    [
      `ip route append default ${way("10.0.2.2", 1)} ${way("10.0.2.3", 2)}`,
      "RTNETLINK answers: File exists",
    ],
    [`ip route append default ${way("10.0.2.2", 1)} ${way("10.0.2.3", 3)}`],
    ["ip route del default"],
    ["ip route del default nexthop via 10.0.2.2 dev net0", "RTNETLINK answers: No such process"],
    [
      "ip route add 10.3/16 via 10.0.2.2 nexthop via 10.0.2.3",
      "Error: Nexthop configuration does not match.",
    ],
    ["ip route del default"],
  ]);
  for (const [words, wrong] of [
    ["nexthop via 10.0.2.2 weight 0", '"0" is wrong: expected a weight from 1 to 256'],
    ["nexthop moon", '"moon" is wrong: expected via, dev, weight, onlink or nexthop'],
  ]) {
    assert.deepEqual(printed(lab, `ip route add 10.36/16 ${words}`), [`Error: argument ${wrong}`]);
  }
});

test("rules select tables by source, destination and mark", async () => {
  const lab = await Lab.at("S1");
  const standard = ["0:\tfrom all lookup local", "32766:\tfrom all lookup main"];
  dialogue(lab, [
    ["ip rule", ...standard, "32767:\tfrom all lookup default"],
    ["ip route add default via 10.0.2.3 table 100"],
    ["ip route show table 100", "default via 10.0.2.3 dev net0 proto static"],
    ["ip rule add fwmark 1 lookup 100 priority 50"],
    ["ip rule add fwmark 1 lookup 100 priority 50", "RTNETLINK answers: File exists"],
    ["ip rule add from 10.0.2.15 to 192.0.2/24 table 100"],
    ["ip rule add prohibit from 10.7.0.0/16 fwmark 0x10/0xff"],
    [
      "ip rule",
      standard[0],
      "48:\tfrom 10.7.0.0/16 fwmark 0x10/0xff prohibit",
      "49:\tfrom 10.0.2.15 to 192.0.2.0/24 lookup 100",
      "50:\tfrom all fwmark 0x1 lookup 100",
      standard[1],
      "32767:\tfrom all lookup default",
    ],
    [`ip route get ${OFF_LINK}`, `${OFF_LINK} via 10.0.2.2 dev net0 src 10.0.2.15`],
    [`ip route get ${OFF_LINK} mark 1`, `${OFF_LINK} via 10.0.2.3 dev net0 src 10.0.2.15 mark 1`],
    ["ip route get 192.0.2.1", "192.0.2.1 via 10.0.2.3 dev net0 src 10.0.2.15"],
    ["ip route get 192.0.2.1 from 10.0.2.15", "192.0.2.1 from 10.0.2.15 via 10.0.2.3 dev net0"],
    ["ip rule del priority 77", "RTNETLINK answers: No such file or directory"],
    ["ip rule del from 10.0.2.15"],
  ]);
  lab.take();
  lab.command(`ping -c 1 -W 1 -m 1 ${OFF_LINK}`);
  lab.command(`ping -c 1 -W 1 ${OFF_LINK}`);
  const to = lab.frames().map((frame) => frame.subarray(0, 6).toString("hex"));
  assert.deepEqual(to, ["52550a000203", "52550a000202"], "the mark selects the gateway");
  dialogue(lab, [
    ["ip rule flush"],
    ["ip rule", "0:\tfrom all lookup local"],
    [`ip route get ${OFF_LINK}`, "RTNETLINK answers: Network is unreachable"],
  ]);
});

test("ip rule: abbreviations, selectors of show and flush, and the first rule stays", async () => {
  const lab = await Lab.at("S1");
  const refused = "RTNETLINK answers: Operation not permitted (the rule for table local stays)";
  dialogue(lab, [
    ["ip rule add prio 70 ta default"],
    ["ip rule add fwmark 0x1/0 pref 60 lookup 100"],
    ["ip rule add not from 10.7.0.0/16 order 80 fwmark 0/0xff table 100"],
    ["ip rule show prio 70", "70:\tfrom all lookup default"],
    ["ip rule show fwmark 1/0", "60:\tfrom all fwmark 0x1/0 lookup 100"],
    ["ip rule show not", "80:\tnot from 10.7.0.0/16 fwmark 0/0xff lookup 100"],
    [
      "ip rule show table 100",
      "60:\tfrom all fwmark 0x1/0 lookup 100",
      "80:\tnot from 10.7.0.0/16 fwmark 0/0xff lookup 100",
    ],
    ["ip rule del pref 0", refused],
    ["ip rule del table local", refused],
    ["ip rule del from 10.7.0.0/16", "RTNETLINK answers: No such file or directory"],
    ["ip rule flush table 100"],
    ["ip rule show table 100"],
    ["ip rule del prio 70"],
  ]);
  assert.equal(printed(lab, "ip rule").length, 3);
  for (const [words, says] of [
    ["prio", "Command line is not complete: expected a priority from 0 to 4294967295"],
    ["table x", 'Error: argument "x" is wrong: expected a table: main, default, local or a number'],
    ["table", "Command line is not complete: expected a table: main, default, local or a number"],
  ]) {
    assert.deepEqual(printed(lab, `ip rule add ${words}; echo $?`), [says, "2"]);
  }
});

test("ip rule: iif, oif and tos as iproute2 reads and prints them", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ip route add default via 10.0.2.3 table 100"],
    ["ip rule add tos 0x10 lookup 100"],
    ["ip rule add not from 1.2.3.4 to 5.6.7.8 dsfield 8 fwmark 3 iif lo oif d0 lookup 18"],
    ["ip rule add dev net0 prohibit"],
    ["ip rule add t 1c iif a table 4"],
    ["ip rule add tos default oif net0 table 100 priority 90"],
    [
      "ip rule",
      "0:\tfrom all lookup local",
      "90:\tfrom all oif net0 lookup 100",
      "32762:\tfrom all tos 0x1c iif a [detached] lookup 4",
      "32763:\tfrom all iif net0 prohibit",
      "32764:\tnot from 1.2.3.4 to 5.6.7.8 tos 0x08 fwmark 0x3 iif lo oif d0 [detached] lookup 18",
      "32765:\tfrom all tos 0x10 lookup 100",
      "32766:\tfrom all lookup main",
      "32767:\tfrom all lookup default",
    ],
    ["ip rule show oif net0", "90:\tfrom all oif net0 lookup 100"],
    ["ip rule show tos 10", "32765:\tfrom all tos 0x10 lookup 100"],
    ["ip rule del not tos 8"],
    [`ip route get ${OFF_LINK}`, `${OFF_LINK} via 10.0.2.2 dev net0 src 10.0.2.15`],
    [`ip route get ${OFF_LINK} tos 0x10`, `${OFF_LINK} via 10.0.2.3 dev net0 src 10.0.2.15`],
    [`ip route get ${OFF_LINK} oif net0`, `${OFF_LINK} via 10.0.2.3 dev net0 src 10.0.2.15`],
    ["ip rule add tos 0x11 table 4", "Error: Invalid dsfield (tos): ECN bits must be 0."],
    ["ip rule add tos 20 table 4", "Error: Invalid tos."],
  ]);
  const wrong = "is wrong: expected";
  for (const [words, says] of [
    [
      "ip rule add tos 100",
      `Error: argument "100" ${wrong} a TOS from 0x04 to 0x1c, in hexadecimal`,
    ],
    [
      "ip rule add iif abcdefghijklmnop",
      `Error: argument "abcdefghijklmnop" ${wrong} the name of a`,
    ],
    ["ip rule add oif", "Command line is not complete: expected the name of a device"],
    [`ip route get ${OFF_LINK} oif d0`, 'Cannot find device "d0"'],
    [`ip route get ${OFF_LINK} tos x`, `Error: argument "x" ${wrong} a TOS from 0 to 0xff`],
  ]) {
    assert.ok(printed(lab, words)[0].startsWith(says), words);
  }
});

test("ping -I sends from an address or by a device, which ip rule can select", async () => {
  const lab = await Lab.at("S1");
  const first = (words: string) => printed(lab, `ping -c 1 -W 1 ${words}; echo $?`);
  const heading = "PING 10.0.2.2 (10.0.2.2) from 10.0.2.15";
  assert.equal(first("-I net0 10.0.2.2")[0], `${heading} net0: 56(84) bytes of data.`);
  assert.equal(first("-I 10.0.2.15 10.0.2.2")[0], `${heading} : 56(84) bytes of data.`);
  const absent = "ping: SO_BINDTODEVICE net9: No such device";
  assert.deepEqual(first("-I net9 10.0.2.2"), [absent, "2"]);
  const foreign = "ping: bind: Cannot assign requested address";
  assert.deepEqual(first("-I 10.0.2.77 10.0.2.2"), [foreign, "2"]);
  lab.command("ip route add default via 10.0.2.3 table 100");
  lab.command("ip rule add oif net0 lookup 100");
  lab.command("ping -c 1 10.0.2.3");
  lab.take();
  first(OFF_LINK);
  first(`-I net0 ${OFF_LINK}`);
  const to = lab.frames().map((frame) => frame.subarray(0, 6).toString("hex"));
  assert.deepEqual(to, ["52550a000202", "52550a000203"]);
});

test("ip route list table all shows the local table too", async () => {
  const lab = await Lab.at("S1");
  const all = printed(lab, "ip route list table all");
  const local = (kind: string, rest: string) =>
    `${kind} dev net0 table local proto kernel scope ${rest} src 10.0.2.15`;
  for (const line of [
    "default via 10.0.2.2 dev net0 proto dhcp metric 1024",
    "10.0.2.0/24 dev net0 proto kernel scope link src 10.0.2.15",
    local("local 10.0.2.15", "host"),
    local("broadcast 10.0.2.255", "link"),
    "local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1",
  ]) {
    assert.ok(all.includes(line), all.join("\n"));
  }
  for (const [line, says] of [
    ["ip route flush", '"ip route flush" requires arguments.'],
    ["ip rule add", '"ip rule add" requires arguments.'],
    ["ip rule add fwmark x table 4", 'Error: argument "x" is wrong: expected a mark, like 1, or'],
    ["ip route show table foo", 'Error: argument "foo" is wrong: expected a table: main,'],
    ["ip route add default via 10.0.2.2 table local", 'Error: argument "local" is wrong'],
  ] as const) {
    assert.ok(printed(lab, line)[0].startsWith(says), `${line}: ${printed(lab, line)[0]}`);
  }
});

test("addresses of one network have one route, and all but the first are secondary", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ip addr add 10.0.9.70/24 dev net0"],
    ["ip addr add 10.0.9.71/24 dev net0"],
    ["ip addr add 10.0.9.72/16 dev net0"],
    ["ip route show 10.0.9/24", "10.0.9.0/24 dev net0 proto kernel scope link src 10.0.9.70"],
  ]);
  const flags = () =>
    printed(lab, "ip addr")
      .filter((line) => line.includes("inet 10.0.9."))
      .map((line) => / global (.*)net0$/.exec(line)?.[1]);
  assert.deepEqual(flags(), ["", "secondary ", ""]);
  assert.match(lab.command("ping -c 1 -I 10.0.9.71 10.0.2.2"), /from 10\.0\.9\.71 /);
  dialogue(lab, [
    ["ip addr del 10.0.9.70/24 dev net0"],
    ["ip route show 10.0.9/24", "10.0.9.0/24 dev net0 proto kernel scope link src 10.0.9.71"],
  ]);
  assert.deepEqual(flags(), ["", ""]);
});

test("ip route lists routes by destination, then longer prefixes first", async () => {
  const lab = await Lab.at("S1");
  for (const to of ["10.0.0.0/8", "10.0.0.0/24", "9.0.0.0/8", "10.0.0.0/24 metric 5"]) {
    printed(lab, `ip route add ${to} via 10.0.2.2`);
  }
  assert.deepEqual(
    printed(lab, "ip route").map((line) => line.replace(/ (via|dev) .*proto \w+/, "")),
    [
      "default metric 1024",
      "9.0.0.0/8",
      "10.0.0.0/24",
      "10.0.0.0/24 metric 5",
      "10.0.0.0/8",
      "10.0.2.0/24 scope link src 10.0.2.15",
    ],
  );
});

test("routes of a device that is set down go, and only configured ones return", async () => {
  const lab = await Lab.at("S1");
  const before = printed(lab, "ip route");
  dialogue(lab, [
    ["ip route add 10.8.0.0/16 via 10.0.2.2"],
    ["ip route add blackhole 10.9.0.0/16"],
  ]);
  printed(lab, "ip link set net0 down; sleep 1");
  dialogue(lab, [
    ["ip route", "blackhole 10.9.0.0/16 proto static"],
    ["ip route add 10.8.0.0/16 dev net0", "Error: Device for nexthop is not up."],
    ["ip route add 10.8.0.0/16 via 10.0.2.2", "Error: Nexthop device is not up."],
    ["ip route get 10.0.2.2", "RTNETLINK answers: Network is unreachable"],
    ["ip route del 10.9.0.0/16"],
  ]);
  printed(lab, "ip link set net0 up; sleep 2");
  assert.deepEqual(printed(lab, "ip route"), before);
});
