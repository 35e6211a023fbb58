/** Commands in unusual situations: what they print, and that Ctrl-C interrupts them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { be16 } from "../lab/packets/bytes.ts";

/** Commands on objects that already exist or do not exist, and commands that succeed. */
const outcomes: [command: string, says: RegExp][] = [
  ["httpd", /^httpd\r\nServing HTTP on port 80\r\nanonymos> $/],
  ["httpd", /httpd: already running on port 80 \(try: httpd stop\)/],
  ["ip link set net0 up", /^ip link set net0 up\r\nanonymos> $/],
  ["ip route del 10.9.0.0/16", /RTNETLINK answers: No such process/],
  ["ip neigh del 10.0.2.77", /RTNETLINK answers: No such file or directory/],
  ["ip addr add 10.0.2.15/16 dev net0", /RTNETLINK answers: File exists/],
  ["ip link set net9 up", /\nCannot find device "net9"/],
  ["ntp", /ntp: no time server is configured \(try: ntp SERVER\)/],
  [
    "ntp 10.0.2.2",
    /10\.0\.2\.2: no answer\r\nntp: no server suitable for synchronization found, clock not set/,
  ],
  ["hostname kernel7", /^hostname kernel7\r\nanonymos> $/],
  ["hostname", /\nkernel7\r/],
  ["dhcp release", /^dhcp release\r\nanonymos> $/],
  ["dhcp release", /dhcp: no lease\r\n/],
  ["ping -c 1 10.0.2.2", /ping: connect: Network is unreachable\r\n/],
  ["dhcp renew", /DHCP lease 10\.0\.2\.15\/24 from 10\.0\.2\.2/],
  ["ping -c 1 10.0.2.2", / 1 received/],
];

test("reports objects that already exist or do not exist", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of outcomes) assert.match(lab.command(command), says);
});

const methods = "m ".repeat(101).trim();
const NO_DEVICE = /^resolvectl: Failed to resolve interface "eth0": No such device$/;
/** Invalid command lines, and the line that each prints. */
const mistakes: [command: string, says: RegExp][] = [
  [
    "nc -p 9000 10.0.2.2",
    /^nc: -p requires -l \(usage: nc \[OPTION\]\.\.\. HOST PORT \| .* -l \[-p\] PORT\)$/,
  ],
  ["nc -l 1.2.3.4 9000", /^nc: extra operand '9000' \(usage: /],
  ["nc -l -p 9000 9001", /^nc: extra operand '9001' \(usage: /],
  ["nc -l", /^nc: missing operand \(usage: /],
  ["curl -d x -d @bytes:5 10.0.2.2", /^curl: -d @bytes:5: cannot be combined with another -d$/],
  ["curl -d @bytes:5 -d x 10.0.2.2", /^curl: -d @bytes:5: cannot be combined with another -d$/],
  ["curl -d x -d @file 10.0.2.2", /^curl: \(26\) -d @file: there is no boot module of that name$/],
  [
    "curl -o '' 10.0.2.2",
    /^curl: -o: there are no files: only -o null, \/dev\/null and - work \(try: curl --help\)$/,
  ],
  ["curl -H Content-Length:5 10.0.2.2", /^curl: header Content-Length: 5: the body has 0 bytes$/],
  ["curl --cacert x https://10.0.2.2", /^curl: \(77\) error setting certificate file: x: only /],
  [
    `rpc -b http://10.0.2.2/rpc ${methods}`,
    /^rpc: too many calls: 101 \(at most 100\) \(usage: rpc /,
  ],
  [
    "resolvectl dns 10.0.2.3#99999",
    /^resolvectl: Failed to parse DNS server address: 10\.0\.2\.3#99999 /,
  ],
  ["resolvectl dns eth0 10.0.2.3", NO_DEVICE],
  ["resolvectl revert eth0", NO_DEVICE],
  ["ca show", /^ca: missing root number \(usage: /],
  ["ca show 0", /^ca: invalid root number '0' \(usage: /],
  ["ca show 1e9", /^ca: invalid root number '1e9' \(usage: /],
  ["ca show 999", /^ca: no such root: 999 \(try: ca list\)$/],
  ["ca remove 999", /^ca: no such root: 999 \(try: ca list\)$/],
  ["ca ''", /^ca: empty operand \(usage: /],
  ["check ''", /^check: empty operand \(usage: /],
  ["ip addr ''", /^ip: empty operand \(usage: /],
  ["hostname a_b", /^hostname: the specified hostname is invalid: letters, .* in a label/],
  ["hostname 1", /^hostname: the specified hostname is invalid: /],
  ["host .", /^host: \.: the name is empty$/],
  ["ping -- -x", /^ping: -x: Name or service not known \(a label begins or ends with '-'\)$/],
  ["tcpdump port x", /^tcpdump: syntax error in filter expression: "x": expected a port/],
];

/** Those of them that are well-formed but refused: exit code 1 instead of 2. */
const refused = [
  "resolvectl dns eth0 10.0.2.3",
  "resolvectl revert eth0",
  "ca show 999",
  "ca remove 999",
  "host .",
];

/** Exit codes that are curl's own. */
const codes: Record<string, number> = {
  "curl --cacert x https://10.0.2.2": 77,
  "curl -d x -d @file 10.0.2.2": 26,
};

test("a user error prints one line; exits with 2, curl's code, or 1 if well-formed", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of mistakes) {
    const output = lab.command(command);
    const lines = output.slice(output.indexOf("\r\n") + 2).split("\r\n");
    assert.match(lines[0], says);
    assert.deepEqual(lines.slice(1), ["anonymos> "], command);
    const code = codes[command] ?? (refused.includes(command) ? 1 : 2);
    assert.equal(lab.command("echo $?"), `echo $?\r\n${code}\r\nanonymos> `, command);
  }
});

test("accepts the options and abbreviations of the Linux commands", async () => {
  const lab = await Lab.at("S1");
  const verbose = "curl -v -H User-Agent: -H 'X-Empty;' -d x -H Content-Type: 10.0.2.2/bytes/1";
  const [request] = lab.command(verbose).split("< HTTP/1.1");
  assert.doesNotMatch(request.slice(request.indexOf("> POST")), /User-Agent|Content-Type/);
  assert.match(request, /> Host: 10\.0\.2\.2\r\n[\s\S]*> X-Empty: *\r\n/);
  assert.match(lab.command("curl -s 10.0.2.2:7; echo $?"), /^[^\n]*\n7\r\nanonymos> $/);
  assert.match(lab.command("curl -sS 10.0.2.2:7; echo $?"), /\ncurl: \(7\) .*\r\n7\r\n/);
  const shown = (line: string) => lab.command(line).split("\r\n").slice(1);
  for (const object of ["addr", "route", "neigh", "link"]) {
    assert.deepEqual(shown(`ip ${object} sh`), shown(`ip ${object} show`));
  }
  assert.match(lab.command("ip r d 10.9.0.0/16"), /RTNETLINK answers: No such process/);
  assert.match(lab.command("resolvectl dns 10.0.2.9"), /^[^\n]*\nanonymos> $/);
  assert.match(lab.command("resolvectl revert"), /^[^\n]*\nanonymos> $/);
  assert.match(lab.command("resolvectl dns"), /: 10\.0\.2\.3\r\n/);
});

test("curl reports the bytes that it sent, not the length of the body", async () => {
  const lab = await Lab.at("S1");
  lab.gateway.tcp.listeners.set(81, (connection) => {
    connection.onData = () => {
      connection.onData = () => {};
      connection.write(Buffer.from("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
    };
  });
  const output = lab.command("curl -o null -d @bytes:4294967296 10.0.2.2:81");
  const [, sent] = /HTTP 413, 0 bytes, (\d+) bytes sent, /.exec(output) ?? [];
  assert.ok(Number(sent) < 1 << 20, output);
});

test("ping reports why there is no address: no DHCP server, or no link", async () => {
  const lab = await Lab.at("S0");
  lab.pass(40);
  const reason = (why: string) =>
    assert.ok(
      lab.command("ping -c 1 10.0.2.2").includes(`ping: network is not configured: ${why}`),
    );
  reason("no answer from a DHCP server on net0");
  lab.twin.setLink(false, lab.world.now);
  lab.pass(2);
  reason("net0 has no link");
});

test("sends multicast to the group's hardware address (RFC 1112 section 6.4)", async () => {
  const lab = await Lab.at("S1");
  const sent: Buffer[] = [];
  lab.network.taps.push((frame) => sent.push(Buffer.from(frame)));
  assert.match(lab.command("ping -c 1 239.129.2.3"), /0 received/);
  const echoes = sent.filter((frame) => be16(frame, 12) === 0x0800 && frame[23] === 1);
  assert.deepEqual(
    echoes.map((frame) => frame.toString("hex", 0, 6)),
    ["01005e010203"],
  );
});

/** Commands that wait while all of the guest's frames are lost. */
const waiting = [
  "curl http://slow.test/",
  "curl http://10.0.2.2/bytes/1",
  "rpc http://slow.test/rpc echo",
  "rpc http://10.0.2.2/rpc echo",
  "host slow.test",
  "ntp 10.0.2.2",
  "ntp slow.test",
  "ping 10.0.2.2",
  "nc 10.0.2.2 80",
];

for (const command of waiting) {
  test(`Ctrl-C ends "${command}" at once and releases all its resources`, async () => {
    const lab = await Lab.at("S1");
    lab.mute(true);
    lab.type(`${command}\r`);
    lab.pass(0.5);
    assert.ok(!lab.twin.output.endsWith("\nanonymos> "), "the command ended before Ctrl-C");
    lab.type("\x03");
    assert.match(lab.twin.output, /\^C\r\n[^>]*\nanonymos> $|\^C\r\nanonymos> $/);
    lab.pass(5);
    lab.take();
    lab.finish();
  });
}

/** Returns a command's output without the echo and the prompt. */
const printed = (lab: Lab, command: string) => lab.command(command).split("\r\n").slice(1, -1);

const FILTER = "syntax error in filter expression:";
/** Mistakes of users who know the command from Linux, messages like Linux's, and exit codes. */
const inLinuxWords: [command: string, says: string, code: number][] = [
  ["ip link show eth0", 'Device "eth0" does not exist.', 1],
  ["ip link set lo down", "RTNETLINK answers: Operation not supported", 1],
  ["ip addr flush eth0", 'Device "eth0" does not exist.', 1],
  ["ip addr add 10.9.0.1/24 dev eth0", 'Cannot find device "eth0"', 1],
  ["ip addr add 10.0.0.1/33", 'Error: any valid prefix is expected rather than "10.0.0.1/33".', 2],
  ["ip route add 10.1/", 'Error: any valid prefix is expected rather than "10.1/".', 2],
  ["ip addr flush", "Flush requires arguments.", 2],
  ["ip link set net0 mtu 9000", "Error: mtu greater than device maximum (1500).", 1],
  ["ip link set net0 mtu 67", "Error: mtu less than device minimum (68).", 1],
  ["ip link del net0", 'Command "del" is unknown (try: show or set)', 2],
  [
    "ip route add 10.1.0.0/16 via 10.0.2.2 metric -1",
    'Error: argument "-1" is wrong: expected a metric from 0 to 4294967295',
    2,
  ],
  ["ip route add default", "Command line is not complete: expected via GATEWAY or dev DEVICE", 2],
  ["ip route replace 10.1.0.0/16 via 192.0.2.1", "Error: Nexthop has invalid gateway.", 1],
  [
    "nc 255.255.255.255 80",
    "nc: connect to 255.255.255.255 port 80 (tcp) failed: Network is unreachable",
    1,
  ],
  ["ping 300.1.1.1", notAnAddress("300.1.1.1"), 2],
  ["ping 10.0.2", notAnAddress("10.0.2"), 2],
  ["ping ::1", "ping: ::1: Name or service not known (IPv6 is not supported)", 2],
  ["host 10.0.2.2", "Host 2.2.0.10.in-addr.arpa. not found: 3(NXDOMAIN)", 1],
  [
    "ping -c 1 10.0.2.255",
    "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules",
    2,
  ],
  ["tcpdump -i eth0", "tcpdump: eth0: No such device exists", 1],
  [
    "tcpdump host 300.1.1.1",
    `tcpdump: ${FILTER} "300.1.1.1": expected an IPv4 address, or a network like 10.0.2.0/24`,
    2,
  ],
  ["tcpdump tcp port", `tcpdump: ${FILTER} end of the filter: expected a port from 0 to 65535`, 2],
];

function notAnAddress(host: string): string {
  const why = "not an IPv4 address, expected four numbers from 0 to 255";
  return `ping: ${host}: Name or service not known (${why})`;
}

test("reports mistakes in words like Linux's", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says, code] of inLinuxWords) {
    assert.deepEqual(printed(lab, `${command}; echo $?`), [says, `${code}`], command);
  }
  const usage = (command: string, says: string) =>
    assert.ok(printed(lab, command)[0].startsWith(`${says} (usage: `), printed(lab, command)[0]);
  assert.equal(printed(lab, "ip -6 addr")[0], 'Option "-6" is unknown, try "ip -help".');
  usage("resolvectl foo 10.0.2.2", "resolvectl: Unknown command verb 'foo'");
  usage("resolvectl statistics x", "resolvectl: Too many arguments");
  usage("nc -z -l 80", "nc: -z requires a TCP connection to HOST");
});

test("reports that the network is unreachable without a route", async () => {
  const lab = await Lab.at("S1");
  lab.command("ip route del default");
  const unreachable = /Network is unreachable$/;
  assert.match(printed(lab, "nc 192.0.2.1 80")[0], unreachable);
  assert.match(printed(lab, "ping -c 1 192.0.2.1")[0], unreachable);
});

test("ip -br prints a line for each device", async () => {
  const lab = await Lab.at("S1");
  assert.deepEqual(printed(lab, "ip -br a"), ["net0             UP             10.0.2.15/24"]);
  assert.deepEqual(printed(lab, "ip -brief link"), [
    "net0             UP             52:54:00:12:34:56 <BROADCAST,MULTICAST,UP,LOWER_UP>",
  ]);
  assert.deepEqual(printed(lab, "ip -stats l"), printed(lab, "ip -s link"));
  assert.deepEqual(printed(lab, "ip -4 a"), printed(lab, "ip addr"));
  for (const line of ["ip help", "ip route help", "ip -h"]) {
    assert.deepEqual(printed(lab, line), printed(lab, "help ip"), line);
  }
});

test("ip route replace replaces a route or adds one; show filters", async () => {
  const lab = await Lab.at("S1");
  const route = "10.1.0.0/16";
  const line = (via: string) => [`${route} via ${via} dev net0 proto static`];
  assert.deepEqual(printed(lab, `ip route replace ${route} via 10.0.2.2`), []);
  assert.deepEqual(printed(lab, `ip route show ${route}`), line("10.0.2.2"));
  assert.deepEqual(printed(lab, `ip route replace ${route} via 10.0.2.3`), []);
  assert.deepEqual(printed(lab, `ip route show ${route} dev net0`), line("10.0.2.3"));
  printed(lab, `ip route replace ${route} via 192.0.2.1`);
  assert.deepEqual(printed(lab, `ip route show ${route}`), line("10.0.2.3"), "rejected: it stays");
  assert.match(printed(lab, "ip route show default")[0], /^default via 10\.0\.2\.2 /);
});

test("nc -vz reports whether a port is open", async () => {
  const lab = await Lab.at("S1");
  const line = "Connection to 10.0.2.2 80 port [tcp/*] succeeded!";
  assert.deepEqual(printed(lab, "nc -vz 10.0.2.2 80; echo $?"), [line, "0"]);
  assert.deepEqual(printed(lab, "nc -z 10.0.2.2 80; echo $?"), ["0"]);
  assert.deepEqual(printed(lab, "nc -z 10.0.2.2 7; echo $?"), [
    "nc: connect to 10.0.2.2 port 7 (tcp) failed: Connection refused",
    "1",
  ]);
});

test("ping -w ends in time, at an error, or with -c once COUNT replies have arrived", async () => {
  const lab = await Lab.at("S1");
  const dead = lab.command("ping -w 9 10.0.2.99; echo $?");
  // The neighbor cache reports all queued requests at once.
  assert.match(dead, /From 10\.0\.2\.15 icmp_seq=4 Destination Host Unreachable\r\n\r\n---/);
  assert.match(dead, / 0 received, \+4 errors, 100% packet loss, time 3000ms\r\n1\r/);
  const quiet = lab.command("ping -q -c 1 10.0.2.99; echo $?");
  assert.match(quiet, /of data\.\r\n\r\n--- .* 0 received, \+1 errors, [\s\S]*\r\n1\r/s);
  lab.gateway.answersPing = false;
  const silent = lab.command("ping -w 3 10.0.2.2; echo $?");
  assert.match(silent, /3 packets transmitted, 0 received, 100% packet loss, time 2000ms\r\n1\r/);
  lab.gateway.answersPing = true;
  const heard = lab.command("ping -n -4 -w 9 -c 2 10.0.2.2; echo $?");
  assert.match(
    heard,
    /2 packets transmitted, 2 received, 0% packet loss, time 100\dms[\s\S]*\r\n0\r/,
  );
  const some = lab.command("ping -w 1.5 -c 4 10.0.2.2; echo $?");
  assert.match(
    some,
    /2 packets transmitted, 2 received, 0% packet loss, time 100\dms[\s\S]*\r\n1\r/,
  );
  assert.match(lab.command("ping -b -c 1 -W 1 10.0.2.255"), /\nWARNING: pinging broadcast address/);
});

test("free counts in the units of -b, -m and -h; ss ignores -p, -n and -4", async () => {
  const lab = await Lab.at("S1");
  const total = (options: string) => lab.command(`free ${options}`).match(/Kernel: +(\S+)/)?.[1];
  const bytes = Number(total("-b"));
  assert.equal(Number(total("")), Math.floor(bytes / 1024));
  assert.equal(Number(total("-m")), Math.floor(bytes / 2 ** 20));
  assert.match(total("-h") ?? "", /^(\d\.\d|\d{2,4})[MG]i$/);
  assert.deepEqual(printed(lab, "ss -tulpn4"), printed(lab, "ss -tul"));
  assert.deepEqual(printed(lab, "resolvectl status"), printed(lab, "resolvectl"));
});
