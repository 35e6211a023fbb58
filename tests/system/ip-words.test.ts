/** `ip`: abbreviated verbs, and routes that Linux rejects or does not find. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

test("abbreviated verbs are those of the object, as in iproute2", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "ip link s net0 mtu 1400");
  assert.match(printed(lab, "ip l sh")[0], / mtu 1400 /);
  printed(lab, "ip link se net0 mtu 1500");
  assert.match(printed(lab, "ip link")[0], / mtu 1500 /);
  assert.deepEqual(printed(lab, "ip addr s"), printed(lab, "ip addr show"));
  assert.deepEqual(printed(lab, "ip addr l"), printed(lab, "ip addr show"));
  assert.deepEqual(printed(lab, "ip route g 10.0.2.2"), printed(lab, "ip route get 10.0.2.2"));
  const unknown = (verb: string, verbs: string) => [`Command "${verb}" is unknown (try: ${verbs})`];
  assert.deepEqual(printed(lab, "ip link g"), unknown("g", "show or set"));
  assert.deepEqual(printed(lab, "ip addr get"), unknown("get", "show, add, replace, del or flush"));
});

test("ip route compares the scope, and rejects one that the route cannot have", async () => {
  const lab = await Lab.at("S1");
  const gone = ["RTNETLINK answers: No such process", "1"];
  assert.deepEqual(printed(lab, "ip route del default scope link; echo $?"), gone);
  assert.deepEqual(printed(lab, "ip route del 10.0.2.0/24 scope global; echo $?"), gone);
  assert.match(printed(lab, "ip route show default")[0], /^default via 10\.0\.2\.2 /);
  assert.deepEqual(printed(lab, "ip route del default scope global; echo $?"), ["0"]);
  assert.deepEqual(printed(lab, "ip route add 10.8.0.0/16 dev net0 scope global; echo $?"), ["0"]);
  assert.deepEqual(printed(lab, "ip route show 10.8.0.0/16"), [
    "10.8.0.0/16 dev net0 proto static",
  ]);
  assert.deepEqual(printed(lab, "ip route add 10.9.0.0/16 via 10.0.2.2 scope link; echo $?"), [
    "Error: Nexthop has invalid scope.",
    "1",
  ]);
  assert.deepEqual(printed(lab, "ip route add 10.9.0.0/16 dev net0 scope link; echo $?"), ["0"]);
  assert.deepEqual(printed(lab, "ip route show 10.9.0.0/255.255.0.0"), [
    "10.9.0.0/16 dev net0 proto static scope link",
  ]);
});

test("ip route add rejects host bits and onlink without a gateway in Linux's words", async () => {
  const lab = await Lab.at("S1");
  assert.deepEqual(printed(lab, "ip route add 10.1.2.3/16 via 10.0.2.2; echo $?"), [
    "Error: Invalid prefix for given prefix length.",
    "1",
  ]);
  assert.deepEqual(printed(lab, "ip route add 10.1.0.0/16 dev net0 onlink; echo $?"), [
    "Error: Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.",
    "1",
  ]);
  for (const bad of ["10.1.0.0/255.0.255.0", "10.1.0.0/33", "10.1.0.0/"]) {
    const says = `Error: any valid prefix is expected rather than "${bad}".`;
    assert.deepEqual(printed(lab, `ip route add ${bad} via 10.0.2.2; echo $?`), [says, "2"]);
  }
});

test("ip route show and flush refuse words without a value or with an unknown one", async () => {
  const lab = await Lab.at("S1");
  const before = printed(lab, "ip route");
  assert.equal(before.length, 2);
  const wrong = (value: string, expected: string) =>
    `Error: argument "${value}" is wrong: expected ${expected}`;
  const prefix = (value: string) => `Error: any valid prefix is expected rather than "${value}".`;
  const incomplete = (expected: string) => `Command line is not complete: expected ${expected}`;
  const scope = "a scope: global, link, host or a number";
  const type = "a type: unicast, blackhole, unreachable, prohibit, throw";
  const network = "default or a network, like 10.1.0.0/16";
  for (const [words, message] of [
    ["scope bogus", wrong("bogus", scope)],
    ["scope", incomplete(scope)],
    ["type bogus", wrong("bogus", type)],
    ["type", incomplete(type)],
    ["proto bogus", wrong("bogus", "kernel, dhcp or static")],
    ["proto", incomplete("kernel, dhcp or static")],
    ["to", incomplete(network)],
    ["to bogus", prefix("bogus")],
    ["to exact bogus", prefix("bogus")],
    ["exact", incomplete(network)],
    ["via", incomplete("a gateway's address")],
    ["dev", incomplete("dev DEVICE")],
    ["table", incomplete("a table: main, default, local, all or a number")],
  ]) {
    for (const verb of ["show", "flush"]) {
      assert.deepEqual(printed(lab, `ip route ${verb} ${words}; echo $?`), [message, "2"], words);
    }
  }
  assert.deepEqual(printed(lab, "ip route"), before);
  assert.deepEqual(printed(lab, "ip route flush to exact default proto dhcp"), []);
  assert.deepEqual(printed(lab, "ip route"), [before[1]]);
});

test("ip route show table local heeds scope and proto", async () => {
  const lab = await Lab.at("S1");
  const local = (words: string) => printed(lab, `ip route show table local ${words}`);
  assert.equal(local("").length, 3);
  assert.match(local("scope link").join(), /^broadcast 10\.0\.2\.255 [^,]*$/);
  assert.deepEqual(local("scope host").length, 2);
  assert.deepEqual(local("proto static"), []);
  assert.deepEqual(local("proto kernel").length, 3);
});

test("check asks the gateway of the default route that packets take", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "ip route add default via 10.0.2.77 metric 2000");
  assert.match(lab.command("check http://192.0.2.1/"), /\nok +ping gateway 10\.0\.2\.2 in /);
});

test("nc, tls and check report a multicast address as an unreachable network", async () => {
  const lab = await Lab.at("S1");
  for (const command of ["nc 224.0.0.1 80", "tls 224.0.0.1", "check http://224.0.0.1/"]) {
    assert.match(lab.command(command), /Network is unreachable\r\n/, command);
  }
});

test("ip accepts short networks and a broadcast address, as iproute2 does", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "ip route add 10/8 via 10.0.2.2; ip route add 172.16/255.240.0.0 via 10.0.2.2");
  const routes = printed(lab, "ip route");
  assert.ok(routes.includes("10.0.0.0/8 via 10.0.2.2 dev net0 proto static"), routes.join("\n"));
  assert.ok(routes.includes("172.16.0.0/12 via 10.0.2.2 dev net0 proto static"), routes.join("\n"));
  assert.deepEqual(printed(lab, "ip addr add 10.0.2.16/24 brd + dev net0; echo $?"), ["0"]);
  const full = "ip addr add 10.0.2.17/24 broadcast 10.0.2.255 dev net0; echo $?";
  assert.deepEqual(printed(lab, full), ["0"]);
  assert.deepEqual(printed(lab, "ip addr add 10.0.2.18/24 brd 10.0.2.254 dev net0; echo $?"), [
    'Error: argument "10.0.2.254" is wrong: expected + or the broadcast address of the network',
    "2",
  ]);
});

test("ip route keeps a connected network while another address needs it", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "ip addr add 10.0.9.1/24 dev net0; ip addr add 10.0.9.2/24 dev net0");
  printed(lab, "ip addr del 10.0.9.1/24 dev net0");
  const network = "10.0.9.0/24 dev net0 proto kernel scope link src 10.0.9.2";
  assert.ok(printed(lab, "ip route").includes(network));
});

/** Types each line, followed by `echo $?`, and compares what is printed with its last words. */
function dialogue(lab: Lab, lines: [line: string, code: number, ...says: string[]][]): void {
  for (const [line, code, ...says] of lines) {
    assert.deepEqual(printed(lab, `${line}; echo $?`), [...says, `${code}`], line);
  }
}

test("ip addr add, ip link set and ip neigh add take their words in any order", async () => {
  const lab = await Lab.at("S1");
  const exists = "RTNETLINK answers: File exists";
  dialogue(lab, [
    ["ip addr add dev net0 10.0.9.1/24", 0],
    ["ip addr add brd + local 10.0.9.2/24 dev net0", 0],
    ["ip addr add 10.0.9.2/24 dev net0", 1, exists],
    ["ip addr replace 10.0.9.2/24 dev net0", 0],
    ["ip addr add 10.0.9.1", 1, `${exists} (with /24, an address has one prefix length)`],
    ["ip addr add 10.0.9.3 x", 2, 'Error: argument "x" is wrong: expected dev DEVICE'],
    ["ip link set mtu 1400 dev net0", 0],
    ["ip link set lo up", 0],
    ["ip neigh add dev net0 lladdr 02:00:00:00:00:01 nud permanent to 10.0.2.9", 0],
    ["ip neigh get 10.0.2.9", 0, "10.0.2.9 dev net0 lladdr 02:00:00:00:00:01 PERMANENT"],
    ["ip neigh get 10.0.2.99", 1, "Error: Neighbour entry not found."],
    ["ip neigh add 10.0.2.10", 1, "Error: No link layer address given."],
    ["ip neigh add", 2, "Device and destination are required arguments."],
    ["ip route get", 2, "need at least a destination address"],
    ["ip route get abc", 2, 'Error: any valid prefix is expected rather than "abc".'],
    ["ip route get to 10.0.2.2", 0, "10.0.2.2 dev net0 src 10.0.2.15"],
  ]);
  assert.match(printed(lab, "ip link")[0], / mtu 1400 /);
});

test("ip show selects by up, to, scope and type; routes by root and match", async () => {
  const lab = await Lab.at("S1");
  printed(lab, "ip addr add 10.0.9.1/24 dev net0");
  const names = (words: string) => printed(lab, `ip -br ${words}`).map((line) => line.slice(17));
  assert.deepEqual(names("addr show up"), ["UP             10.0.2.15/24 10.0.9.1/24"]);
  assert.deepEqual(names("addr show to 10.0.9.0/24"), ["UP             10.0.9.1/24"]);
  assert.deepEqual(names("addr show to 10.3.0.0/24"), []);
  assert.deepEqual(names("addr show scope host"), []);
  assert.deepEqual(names("addr show dev lo"), ["UNKNOWN        127.0.0.1/8"]);
  assert.deepEqual(names("link show type bridge"), []);
  assert.match(printed(lab, "ip link show lo")[0], /lo: <LOOPBACK,UP,LOWER_UP> .* state UNKNOWN/);
  const to = (words: string) =>
    printed(lab, `ip route show ${words}`).map((line) => line.split(" ")[0]);
  assert.deepEqual(to("match 10.0.2.9"), ["default", "10.0.2.0/24"]);
  assert.deepEqual(to("to root 10.0.8.0/21"), ["10.0.9.0/24"]);
  dialogue(lab, [
    ["ip route flush cache", 0],
    ["ip neigh show 10.0.2.2", 0, ...printed(lab, "ip neigh").slice(0, 1)],
    ["ip neigh show 10.0.2.99", 0],
    ["ip addr show up eth0", 1, 'Device "eth0" does not exist.'],
  ]);
});

test("ip -o prints one line for each address, link and route", async () => {
  const lab = await Lab.at("S1");
  const mac = "52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff";
  printed(lab, "ip addr add 10.0.9.1/24 dev net0");
  printed(lab, "ip route add 10.3.0.0/16 nexthop via 10.0.2.2 nexthop via 10.0.2.3");
  dialogue(lab, [
    [
      "ip -o addr show to 10.0.9.0/24",
      0,
      "1: net0    inet 10.0.9.1/24 brd 10.0.9.255 scope global net0" +
        "\\       valid_lft forever preferred_lft forever",
    ],
    [
      "ip -o link",
      0,
      `1: net0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\\    link/ether ${mac}`,
    ],
    [
      "ip -oneline route show 10.3/16",
      0,
      "10.3.0.0/16 proto static\\\tnexthop via 10.0.2.2 dev net0 weight 1" +
        "\\\tnexthop via 10.0.2.3 dev net0 weight 1",
    ],
  ]);
  assert.deepEqual(printed(lab, "ip -c=always -d link"), printed(lab, "ip link"));
});
