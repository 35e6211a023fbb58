/** Commands in unusual situations: what they print, and that Ctrl-C interrupts them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { be16 } from "../lab/packets/bytes.ts";

/** Commands on objects that exist already or do not exist, and those that follow from them. */
const outcomes: [command: string, says: RegExp][] = [
  ["httpd", /^httpd\r\nanonymos> $/],
  ["httpd", /httpd: already running \(try: httpd stop\)/],
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
  ["ping -c 1 10.0.2.2", /network is not configured: net0 has no address/],
  ["dhcp renew", /DHCP lease 10\.0\.2\.15\/24 from 10\.0\.2\.2/],
  ["ping -c 1 10.0.2.2", / 1 received/],
];

test("reports an object that exists already or is missing; other commands succeed", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of outcomes) assert.match(lab.command(command), says);
});

const methods = "m ".repeat(101).trim();
const NO_DEVICE = /^resolvectl: Failed to resolve interface "eth0": No such device$/;
/** An invalid command line and the one line that it prints. */
const mistakes: [command: string, says: RegExp][] = [
  ["nc -p 9000 10.0.2.2", /^nc: -p requires -l \(usage: nc \[-w SECONDS\] HOST PORT /],
  ["nc -l 1.2.3.4 9000", /^nc: extra operand '9000' \(usage: /],
  ["nc -l -p 9000 9001", /^nc: extra operand '9001' \(usage: /],
  ["nc -l", /^nc: missing operand \(usage: /],
  ["curl -d x -d @bytes:5 10.0.2.2", /^curl: -d @bytes:5: cannot be combined with another -d$/],
  ["curl -d @bytes:5 -d x 10.0.2.2", /^curl: -d @bytes:5: cannot be combined with another -d$/],
  ["curl -d x -d @file 10.0.2.2", /^curl: -d @file: there are no files \(use text or @bytes:N\)$/],
  ["curl -o '' 10.0.2.2", /^curl: -o: there are no files \(only -o null works\) \(usage: /],
  ["curl -H Host:a -H host:b 10.0.2.2", /^curl: more than one Host header$/],
  ["curl -H nothing 10.0.2.2", /^curl: -H nothing: expected NAME: VALUE, /],
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
  ["host .", /^host: \.: the name is empty, /],
  ["ping -- -x", /^ping: -x: Name or service not known \(a label begins or ends with '-', /],
  ["tcpdump port x", /^tcpdump: syntax error in filter expression: "x": expected a port/],
];

test("each user error prints exactly one line, and its exit code is 2", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of mistakes) {
    const output = lab.command(command);
    const lines = output.slice(output.indexOf("\r\n") + 2).split("\r\n");
    assert.match(lines[0], says);
    assert.deepEqual(lines.slice(1), ["anonymos> "], command);
  }
  assert.match(lab.command(`rpc -b http://10.0.2.2/rpc ${methods}; echo $?`), /\n2\r\nanonymos> $/);
  assert.match(lab.command("tcpdump port x; echo $?"), /\n2\r\nanonymos> $/);
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

test("ping without an address gives the reason: no DHCP server, or no link", async () => {
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

/** Commands that keep waiting while everything that the guest sends is lost. */
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
