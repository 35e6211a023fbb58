/** Commands in unusual situations: what they print, and that Ctrl-C ends them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { be16 } from "../lab/packets/bytes.ts";

/** Commands for what already exists, or does not exist. */
const answers: [command: string, says: RegExp][] = [
  ["httpd", /^httpd\r\nanonymos> $/],
  ["httpd", /httpd: it runs already, expected httpd stop before/],
  ["ip link set net0 up", /^ip link set net0 up\r\nanonymos> $/],
  ["ip route del 10.9.0.0/16", /ip: No such process: expected a route of ip route/],
  ["ip neigh del 10.0.2.77", /ip: No such file or directory: expected a neighbour/],
  ["ip addr add 10.0.2.15/16 dev net0", /ip: File exists: that address is set/],
  ["ip link set net9 up", /ip: Cannot find device "net9"/],
  ["ntp", /ntp: no time server is configured, expected ntp SERVER/],
  ["ntp 10.0.2.2", /10\.0\.2\.2: no answer\r\nntp: no server tells the time, the clock stays/],
  ["hostname kernel7", /^hostname kernel7\r\nanonymos> $/],
  ["hostname", /\nkernel7\r/],
  ["dhcp release", /^dhcp release\r\nanonymos> $/],
  ["dhcp release", /dhcp: there is no lease, expected one/],
  ["ping -c 1 10.0.2.2", /network is not configured: net0 has no address/],
  ["dhcp renew", /DHCP lease 10\.0\.2\.15\/24 from 10\.0\.2\.2/],
  ["ping -c 1 10.0.2.2", / 1 received/],
];

test("a command without effect says so, and others work", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of answers) assert.match(lab.command(command), says);
});

const calls = "m ".repeat(101).trim();
/** A wrong line and its one line of error. */
const mistakes: [command: string, says: RegExp][] = [
  ["nc -p 9000 10.0.2.2", /^nc: -p goes with -l, expected: nc \[-u\] HOST PORT \| /],
  ["nc -l 1.2.3.4 9000", /^nc: 9000 is one operand too many, /],
  ["nc -l -p 9000 9001", /^nc: 9001 is one operand too many, /],
  ["nc -l", /^nc: an operand is missing, /],
  ["curl -d x -d @bytes:5 10.0.2.2", /^curl: -d @bytes:5 stands alone, /],
  ["curl -d @bytes:5 -d x 10.0.2.2", /^curl: -d @bytes:5 stands alone, /],
  ["curl -d x -d @file 10.0.2.2", /^curl: -d @file: there are no files here, /],
  ["curl -o '' 10.0.2.2", /^curl: there are no files here, -o takes only null, /],
  ["curl -H Host:a -H host:b 10.0.2.2", /^curl: expected one header Host$/],
  ["curl -H nothing 10.0.2.2", /^curl: -H nothing: expected NAME: VALUE, /],
  [`rpc -b http://10.0.2.2/rpc ${calls}`, /^rpc: 101 calls are more than 100, expected: rpc /],
  ["resolvectl dns 10.0.2.3#99999", /^resolvectl: 10\.0\.2\.3#99999 is no server, /],
  ["resolvectl dns eth0 10.0.2.3", /^resolvectl: there is no device eth0, /],
  ["resolvectl revert eth0", /^resolvectl: there is no device eth0, /],
  ["ca show", /^ca: a number of ca list is missing, /],
  ["ca show 0", /^ca: 0 is no number of ca list, /],
  ["ca show 1e9", /^ca: 1e9 is no number of ca list, /],
  ["ca show 999", /^ca: there is no root 999, /],
  ["ca remove 999", /^ca: there is no root 999, /],
  ["ca ''", /^ca: an operand is empty, /],
  ["check ''", /^check: an operand is empty, /],
  ["ip addr ''", /^ip: an operand is empty, /],
  ["host .", /^host: \.: the name is empty, /],
  ["ping -- -x", /^ping: -x: a label begins or ends with '-', /],
  ["tcpdump port x", /^tcpdump: filter "x": expected a port/],
];

test("each user error gives one line, with what was expected once", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of mistakes) {
    const output = lab.command(command);
    const lines = output.slice(output.indexOf("\r\n") + 2).split("\r\n");
    assert.match(lines[0], says);
    assert.match(lines[0], /expected/);
    assert.doesNotMatch(lines[0], /expected.*expected/);
    assert.deepEqual(lines.slice(1), ["anonymos> "], command);
  }
  assert.match(lab.command(`rpc -b http://10.0.2.2/rpc ${calls}; echo $?`), /\n2\r\nanonymos> $/);
  assert.match(lab.command("tcpdump port x; echo $?"), /\n2\r\nanonymos> $/);
});

test("understands what Linux's commands understand", async () => {
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
  assert.match(lab.command("ip r d 10.9.0.0/16"), /ip: No such process/);
  assert.match(lab.command("resolvectl dns 10.0.2.9"), /^[^\n]*\nanonymos> $/);
  assert.match(lab.command("resolvectl revert"), /^[^\n]*\nanonymos> $/);
  assert.match(lab.command("resolvectl dns"), /: 10\.0\.2\.3\r\n/);
});

test("curl counts what was sent, not what was to be sent", async () => {
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

test("without an address, gives the reason: no server, no link", async () => {
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

test("a multicast packet has the group's hardware address (RFC 1112 section 6.4)", async () => {
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

/** Commands that wait for ever while nothing that the guest sends arrives. */
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
  test(`Ctrl-C ends "${command}" at once, and nothing remains of it`, async () => {
    const lab = await Lab.at("S1");
    lab.mute(true);
    lab.type(`${command}\r`);
    lab.pass(0.5);
    assert.ok(!lab.twin.output.endsWith("\nanonymos> "), "it does not wait");
    lab.type("\x03");
    assert.match(lab.twin.output, /\^C\r\n[^>]*\nanonymos> $|\^C\r\nanonymos> $/);
    lab.pass(5);
    lab.take();
    lab.finish();
  });
}
