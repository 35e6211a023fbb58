/** The console where things are not as usual: what commands say, and that Ctrl-C ends them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { be16 } from "../network/packet.ts";

/** Whether something is there already, or is not there at all. */
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

test("commands that can change nothing say so, and those that can do", async () => {
  const lab = await Lab.at("S1");
  for (const [command, says] of answers) assert.match(lab.command(command), says);
});

test("without an address the reason is told: no server, no link", async () => {
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

test("a packet to a group goes to the group's hardware address (RFC 1112, 6.4)", async () => {
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
  test(`Ctrl-C ends "${command}" at once, and nothing is left of it`, async () => {
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
