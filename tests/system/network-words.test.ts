/** Messages of `ping`, `ip`, `dhcp` and the boot when something is wrong with the network. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { Twin } from "../lab/machine/twin.ts";
import { icmp, ipv4 } from "../lab/packets/build.ts";
import { address, be16, ICMP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";
import { framed, guest, OFF_LINK } from "../lab/scripted/ip-host.ts";

/** Types each line and matches its output. */
function dialogue(lab: Lab, lines: [line: string, says: RegExp][]): void {
  for (const [line, says] of lines) {
    assert.match(lab.command(line).slice(line.length + 2), says, line);
  }
}

/** Returns the whole seconds that a command takes. */
function took(lab: Lab, command: string): number {
  const started = lab.world.now;
  lab.command(command);
  return Math.floor((lab.world.now - started) / 1e9);
}

test("ping does not count echo replies with an error code as received", async () => {
  const lab = await Lab.at("S1");
  lab.network.taps.push((frame, _time, from) => {
    const ip = parseIp(frame);
    if (from !== lab.port.station || ip?.protocol !== ICMP || frame[ip.start] !== 8) return;
    const [request, identifier] = [frame.subarray(14, ip.end), be16(frame, ip.start + 4)];
    const payload = icmp(0, 3, identifier * 0x10000, request);
    const whole = { source: "1.2.3.4", destination: guest.address, protocol: ICMP, payload };
    const answer = framed(ipv4(whole));
    lab.world.after(1e6, () => lab.twin.receive(answer, lab.world.now));
  });
  assert.match(lab.command("ping -c 2 1.2.3.4"), /2 packets transmitted, 0 received, 100% packet/);
  assert.equal(lab.counts()["icmp-reply"], 2);
});

test("ping reports a duplicate reply, and does not count it as received", async () => {
  const lab = await Lab.at("S1");
  lab.port.setFaults({ duplicate: 1 }, {});
  const text = lab.command("ping -c 3 10.0.2.2");
  assert.match(
    text,
    /icmp_seq=1 ttl=64 time=[\d.]+ ms\r\n64 bytes.* icmp_seq=1 .* ms \(DUP!\)\r\n/,
  );
  assert.match(text, /3 packets transmitted, 3 received, \+3 duplicates, 0% packet loss, /);
});

test("ping waits 10 s, or the time of -W, for the first reply; -W 0 is the default", async () => {
  const lab = await Lab.at("S1");
  assert.match(lab.command("ping -c 1 -W 0 10.0.2.2"), / 1 received/);
  const dead = lab.command("ping -c 1 10.0.2.77");
  assert.match(dead, /From 10\.0\.2\.15 icmp_seq=1 Destination Host Unreachable\r\n/);
  assert.match(dead, /0 received, \+1 errors, 100% packet loss/);
  lab.gateway.answersPing = false;
  assert.equal(took(lab, "ping -c 1 10.0.2.2"), 10);
  assert.equal(took(lab, "ping -c 1 -W 2 10.0.2.2"), 2);
  lab.gateway.answersPing = true;
  lab.world.after(15e8, () => {
    lab.gateway.answersPing = false;
  });
  assert.equal(took(lab, "ping -c 4 10.0.2.2"), 4, "after a reply, the wait is short");
});

test("rejects invalid addresses as destination and as gateway", async () => {
  const lab = await Lab.at("S1");
  lab.take();
  for (const nobody of ["10.0.2.255", "10.0.2.0", "255.255.255.255", "224.0.0.1"]) {
    dialogue(lab, [
      [
        `curl http://${nobody}/`,
        /^curl: \(7\) Failed to connect to .*: Network is unreachable\r\n/,
      ],
      [
        `ip route add 10.7.0.0/16 via ${nobody} dev net0`,
        /^Error: Nexthop has invalid gateway\.\r\n/,
      ],
    ]);
  }
  assert.deepEqual(lab.frames(), []);
});

test("ip route get shows the path of packets", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ip route get 127.0.0.1", /^local 127\.0\.0\.1 dev lo src 127\.0\.0\.1\r\n/],
    ["ip route get 10.0.2.15", /^local 10\.0\.2\.15 dev lo src 10\.0\.2\.15\r\n/],
    ["ip route get 10.0.2.9", /^10\.0\.2\.9 dev net0 src 10\.0\.2\.15\r\n/],
    ["ip route get 10.0.2.255", /^broadcast 10\.0\.2\.255 dev net0 src 10\.0\.2\.15\r\n/],
    ["ip route get 255.255.255.255", /^broadcast 255\.255\.255\.255 dev net0 src /],
    ["ip route get 224.0.0.1", /^multicast 224\.0\.0\.1 dev net0 src 10\.0\.2\.15\r\n/],
    [`ip route get ${OFF_LINK}`, /^[\d.]+ via 10\.0\.2\.2 dev net0 src 10\.0\.2\.15\r\n/],
    ["ip route get 240.0.0.1", /^RTNETLINK answers: Network is unreachable\r\n/],
    ["ip route del default", /^anonymos> $/],
    [`ping -c 1 ${OFF_LINK}`, /^ping: connect: Network is unreachable\r\nanonymos> $/],
  ]);
});

test("ip neigh add accepts unknown neighbors and unicast addresses only", async () => {
  const lab = await Lab.at("S1");
  const station = /^Error: argument ".*" is wrong: expected a station's address, like /;
  dialogue(lab, [
    ["ip neigh add 10.0.2.2 lladdr 52:54:00:00:00:09", /^RTNETLINK answers: File exists\r\n/],
    ["ip neigh", /^10\.0\.2\.2 dev net0 lladdr (?!52:54:00:00:00:09)/m],
    ["ip neigh add 10.0.2.66 lladdr 52:54:00:00:00:09", /^anonymos> $/],
    ["ip neigh replace 10.0.2.66 lladdr 52-54-00-00-00-0a", /^anonymos> $/],
    ["ip neigh", /^10\.0\.2\.66 dev net0 lladdr 52:54:00:00:00:0a PERMANENT\r$/m],
    ["ip neigh add 10.0.2.67 lladdr 00:00:00:00:00:00", station],
    ["ip neigh replace 10.0.2.67 lladdr ff:ff:ff:ff:ff:ff", station],
    ["ip neigh replace 10.0.2.67 lladdr 01:00:5e:00:00:01", station],
  ]);
});

test("dhcp renew reports what prevents it, without waiting", async () => {
  const lab = await Lab.at("S1");
  const before = lab.world.now;
  dialogue(lab, [
    ["ip route del 10.0.2.0/24; ip route del default", /^anonymos> $/],
    ["dhcp renew", /^dhcp: Network is unreachable: no route to the server 10\.0\.2\.2\r\n/],
    ["ip link set net0 down", /^anonymos> |down/],
    ["dhcp renew", /dhcp: net0 is down \(try: ip link set net0 up\)\r\n/],
  ]);
  assert.ok(lab.world.now - before < 2e9, "it waits");
  dialogue(lab, [
    ["ip link set net0 up; ip addr flush net0; dhcp renew", /DHCP lease 10\.0\.2\.15\/24/],
  ]);
  lab.twin.setLink(false, lab.world.now);
  const pulled = lab.world.now;
  dialogue(lab, [["dhcp renew", /dhcp: net0 has no link\r\n/]]);
  assert.ok(lab.world.now - pulled < 4e9, "it waits for a server");
});

test("reports an empty server.pem", async () => {
  const key = { name: "server.key", bytes: Buffer.from("no key") };
  const twin = await Twin.boot({ modules: [{ name: "server.pem", bytes: new Uint8Array() }, key] });
  twin.pass(2);
  assert.match(twin.command("dmesg"), /\] server\.pem is empty\r\n/);
  assert.doesNotMatch(twin.output, /key of the server are set/);
});

test("reports boot modules, sections and options without effect", async () => {
  const file = (name: string, ...lines: string[]) => ({
    name,
    bytes: Buffer.from(lines.join("\n")),
  });
  const twin = await Twin.boot({
    commandLine: 'ip=off run="echo one" run="echo two"',
    modules: [
      file("anonymous.conf", "[Network]"),
      file("anonymos.conf", "[Match]", "Name=eth0", "[Network]", "DHCP=no"),
      file("hosts", "10.0.2.2 gateway"),
    ],
  });
  twin.pass(2);
  const found = /(?<=^\[ +\d+\.\d+\] )(module|anonymos.conf|cmdline|hosts)\b.*(?=\r$)/gm;
  const problems = twin.output.match(found);
  assert.deepEqual(problems, [
    "cmdline: run=echo one: overridden by a later run=, expected only one",
    'module "anonymous.conf": used only by curl (for example -T anonymous.conf), ' +
      "as its name is not " +
      "anonymos.conf, hosts, run or one of ca.pem, crl.pem, client.pem, client.key, " +
      "server.pem, server.key",
    "anonymos.conf:1: [Match]: no device matches eth0",
  ]);
  assert.match(twin.output, /\ntwo\r\n\[exit 0\] echo two\r\n/);
  assert.deepEqual(twin.command("dmesg").match(found), problems, "in the log too");
});

test("commands wait for DHCP, and without it fail at once", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [["dhcp release", /^anonymos> $/]]);
  const started = lab.world.now;
  dialogue(lab, [
    ["ping -c 1 10.0.2.2; echo $?", /^ping: connect: Network is unreachable\r\n2\r\n/],
    ["curl http://10.0.2.2/; echo $?", /^curl: \(7\) .*: Network is unreachable\r\n7\r\n/],
    ["nc 10.0.2.2 80", / failed: Network is unreachable\r\n/],
    ["dig a.test", /^dig: no name servers configured\r\n/],
    ["ping a.test", /: Temporary failure in name resolution /],
  ]);
  assert.ok(lab.world.now - started < 1e9);
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 1 };
  lab.twin.type("dhcp renew\r", lab.world.now);
  lab.pass(1);
  lab.twin.type("\x03", lab.world.now);
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
  assert.match(lab.command("ping -c 1 10.0.2.2"), / 1 received/);
});

test("ping prints the time up to the last request, as iputils does", async () => {
  const lab = await Lab.at("S1");
  dialogue(lab, [
    ["ping -c 1 -W 1 10.0.2.77", / 0 received, 100% packet loss, time 0ms\r\n/],
    ["ping -c 3 10.0.2.2", / 3 received, 0% packet loss, time 2000ms\r\n/],
    ["ping -w 2 10.0.2.2", / 2 received, 0% packet loss, time 1000ms\r\n/],
  ]);
});

test("ping -t sets the TTL, -D prints the time of day, and -I lo stays on this host", async () => {
  const lab = await Lab.at("S1");
  lab.take();
  assert.match(
    lab.command("ping -c 1 -D -v -t 5 10.0.2.2"),
    /\n\[17\d{8}\.\d{6}\] 64 bytes from 10\.0\.2\.2: icmp_seq=1 /,
  );
  const [request] = lab.frames().filter((frame) => frame[23] === ICMP);
  assert.equal(request[22], 5);
  dialogue(lab, [
    ["ping -t 256 10.0.2.2", /^ping: invalid argument: '256': out of range: 1 <= value <= 255 /],
    ["ping -I lo -c 1 127.0.0.1", /^PING .* from 127\.0\.0\.1 lo: [\s\S]* 1 received/],
    ["ping -I lo -c 1 10.0.2.15", / 1 received/],
    ["ping -I lo -c 1 10.0.2.2; echo $?", /^ping: connect: Network is unreachable\r\n2\r\n/],
  ]);
});

test("tcpdump -i any names the device and the direction of each frame", async () => {
  const lab = await Lab.at("S1");
  const printed = (command: string) => {
    lab.twin.type(`${command}\r`, lab.world.now);
    lab.pass(0.1);
    const before = lab.twin.output.length;
    lab.gateway.ping(address("10.0.2.15"), 1, new Uint8Array(8));
    lab.pass(0.5);
    lab.twin.type("\x03", lab.world.now);
    lab.pass(0.1);
    return lab.twin.output.slice(before).split("\r\n").slice(0, 2);
  };
  const time = String.raw`^\d\d:\d\d:\d\d\.\d{6}`;
  const [incoming, outgoing] = printed("tcpdump -i any icmp");
  assert.match(
    incoming,
    new RegExp(`${time} net0  In  IP 10\\.0\\.2\\.2 > 10\\.0\\.2\\.15: ICMP echo req`),
  );
  assert.match(
    outgoing,
    new RegExp(`${time} net0  Out IP 10\\.0\\.2\\.15 > 10\\.0\\.2\\.2: ICMP echo rep`),
  );
  assert.match(printed("tcpdump -i net0 icmp")[0], new RegExp(`${time} IP 10`));
  assert.match(printed("tcpdump -i lo icmp")[0], /^\^C/);
  assert.match(lab.command("tcpdump -D"), /\r\n3\.lo \[Up, Running, Loopback\]\r\n/);
});
