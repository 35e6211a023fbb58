/** The command `dhcp`: what it shows of a lease, and DHCPINFORM for an address set by hand. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { Twin } from "../lab/machine/twin.ts";
import { DhcpServer } from "../lab/network/dhcp-server.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";
import { address, hardware } from "../lab/packets/bytes.ts";
import { classlessRoutes, ips, type Options, searchList } from "../lab/packets/dhcp.ts";
import { gateway } from "../lab/scripted/ip-host.ts";

const more: Options = [
  [12, Buffer.from("guest-7")],
  [15, Buffer.from("test.example")],
  [26, [0x23, 0x29]],
  [42, ips("10.0.2.4")],
  [114, Buffer.from("https://portal.example/api")],
  [119, searchList("lab.example", "test.example")],
];

/** Boots a twin with anonymos.conf beside a DHCP server, and returns them. */
async function booted(...lines: string[]) {
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from(lines.join("\n")) }];
  const world = new World(3);
  const network = new Switch(world);
  const host = new Peer(world, network, "host", gateway.address, hardware(gateway.hardware));
  const router = address(gateway.address);
  const server = new DhcpServer(host, {
    router,
    servers: ["10.0.2.3"].map(address),
    first: "10.0.2.15",
    more,
  });
  const twin = world.add(await Twin.boot({ modules }));
  network.connectTwin(twin);
  world.pass(12);
  return { world, network, server, twin, command: (line: string) => world.command(twin, line, 90) };
}

test("dhcp shows what the lease configures, then its times and options", async () => {
  const { command } = await booted("[DHCPv4]", "UseNTP=no", "UseHostname=no", "UseDomains=no");
  const lines = command("dhcp").split(/\r\n/);
  assert.deepEqual(lines.slice(1, 11), [
    "net0: bound",
    "  address: 10.0.2.15/24",
    "  server: 10.0.2.2",
    "  router: 10.0.2.2",
    "  DNS: 10.0.2.3",
    "  search domains: lab.example test.example (not used: UseDomains=no)",
    "  NTP: 10.0.2.4 (not used: UseNTP=no)",
    "  host name: guest-7 (not used: UseHostname=no)",
    "  MTU: 1500 (limited from 9001)",
    "  captive portal: https://portal.example/api",
  ]);
  assert.match(lines[11], /^ {2}T1 \(renewal\) in: 17\d\d s$/);
  assert.match(command("dmesg"), /net0: captive portal: https:\/\/portal\.example\/api\r\n/);
  assert.match(command("ip link"), /net0: .* mtu 1500 /);
});

test("dhcp names the setting by which the router is not used", async () => {
  for (const setting of ["UseGateway=no", "UseRoutes=no"]) {
    const { command } = await booted("[DHCPv4]", setting);
    const lines = command("dhcp").split(/\r\n/);
    assert.equal(lines[4], `  router: 10.0.2.2 (not used: ${setting})`);
  }
});

test("RouteMetric= is the metric of the lease's routes, and UseMTU=no keeps the MTU", async () => {
  const small: Options = [[26, [0x05, 0x14]]];
  const plain = await booted("[DHCPv4]", "RouteMetric=77");
  assert.match(plain.command("ip route"), /\ndefault via 10\.0\.2\.2 dev net0 .*metric 77\b/);
  plain.server.options.more = small;
  plain.command("dhcp release; dhcp renew");
  plain.world.pass(5);
  assert.match(plain.command("ip link"), /net0: .* mtu 1300 /);
  const other = await booted("[DHCPv4]", "UseMTU=no");
  other.server.options.more = small;
  other.command("dhcp release; dhcp renew");
  other.world.pass(5);
  assert.match(other.command("ip link"), /net0: .* mtu 1500 /);
});

test("SendHostname=no keeps the host name out of every message to the server", async () => {
  for (const [setting, sent] of [
    ["yes", true],
    ["no", false],
  ] as const) {
    const lines = ["[Network]", "Hostname=kernel7", "[DHCPv4]", `SendHostname=${setting}`];
    const { command, network, world } = await booted(...lines);
    const messages: string[] = [];
    network.taps.push((frame) => messages.push(Buffer.from(frame).toString("latin1")));
    command("dhcp release; dhcp renew");
    world.pass(10);
    command("hostname kernel8; dhcp renew");
    world.pass(10);
    assert.ok(messages.length > 5);
    assert.equal(messages.join().includes("kernel7"), sent);
    assert.equal(messages.join().includes("kernel8"), sent);
  }
});

test("DHCP=inform keeps the static address and takes the options", async () => {
  const lines = ["[Network]", "DHCP=inform", "Address=10.0.2.77/24"];
  const { command, twin, world, server } = await booted(...lines);
  assert.match(command("ip addr"), /inet 10\.0\.2\.77\/24 .*scope global net0\r\n/);
  assert.match(command("resolvectl dns"), /net0.*: 10\.0\.2\.3\r\n/);
  assert.match(command("resolvectl domain"), /lab\.example test\.example/);
  assert.match(command("ip route"), /default via 10\.0\.2\.2 dev net0 proto dhcp metric 1024\r\n/);
  assert.match(command("hostname"), /^hostname\r\nguest-7\r\n/);
  const shown = command("dhcp");
  assert.match(shown, /net0: informed\r\n {2}address: 10\.0\.2\.77\/24 \(set by hand\)\r\n/);
  assert.doesNotMatch(shown, /T1|expiry|lease time/);
  assert.equal(server.leases.size, 0, "no lease was taken");
  assert.match(command("dhcp renew; echo $?"), /DHCP options for 10\.0\.2\.77\/24.*\r\n0\r\n/s);
  twin.setLink(false, world.now);
  world.pass(1);
  const before = server.acknowledged;
  twin.setLink(true, world.now);
  world.pass(3);
  assert.equal(server.acknowledged, before + 1, "asks again when the link comes up");
  assert.match(command("dhcp release; echo $?; ip addr"), /\r\n0\r\n.*inet 10\.0\.2\.77\/24/s);
  assert.match(command("ip route; resolvectl dns"), /^(?!.*(default|10\.0\.2\.3))/s);
});

test("a static gateway stays the default route beside that of INFORM", async () => {
  const lines = ["[Network]", "DHCP=inform", "Address=10.0.2.77/24", "Gateway=10.0.2.9"];
  const { command } = await booted(...lines);
  assert.match(command("ip route get 203.0.113.9"), / via 10\.0\.2\.9 dev net0 src 10\.0\.2\.77/);
});

test("dhcp inform asks for the options of an address set on the console", async () => {
  const lab = await Lab.at("S1");
  const says = (line: string, text: RegExp) => assert.match(lab.command(line), text, line);
  says("dhcp inform", /dhcp: the address of net0 is a lease's \(try: dhcp renew\)\r\n/);
  says("dhcp release; dhcp inform", /dhcp: net0 has no address \(try: ip addr add\)\r\n/);
  says("ip addr add 10.0.2.88/24; dhcp inform; echo $?", /10\.0\.2\.88\/24 from 10.*\r\n0\r\n/s);
  says("ping -c 1 10.0.2.2", / 1 received/);
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 1 };
  const asked = lab.world.now;
  says("dhcp inform; echo $?", /\r\ndhcp: no answer from a DHCP server\r\n1\r\n/);
  assert.ok(lab.world.now - asked < 11e9);
  lab.pass(80);
  says("dhcp", /net0: informing\r\n {2}address: 10\.0\.2\.88\/24 \(set by hand\)\r\n/);
  says("dmesg", /DHCP: no answer from a server for \d+ s, INFORM sent \d+ times\r\n/);
  says("ip link set net0 down; dhcp inform", /dhcp: net0 is down \(try: ip link set net0 up\)/);
});

test("dhcp renew after inform takes a lease, and dhcp release ends inform", async () => {
  const lab = await Lab.at("S1");
  const says = (line: string, text: RegExp) => assert.match(lab.command(line), text, line);
  lab.command("dhcp release; ip addr add 10.0.2.88/24");
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 1 };
  says("dhcp inform; echo $?", /\r\n1\r\n/);
  says("dhcp release; echo $?; dhcp", /\r\n0\r\nnet0: stopped\r\n/);
  says("dhcp release; echo $?", /dhcp: no lease\r\n1\r\n/);
  lab.command("dhcp inform");
  says("dhcp", /net0: informing\r\n/);
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
  says("dhcp renew; echo $?", /DHCP lease 10\.0\.2\.15\/24 .*\r\n0\r\n/s);
  says("dhcp", /net0: bound\r\n/);
});

test("a cable moved to another network gets that network's lease, not the old one", async () => {
  const { world, server, twin, command } = await booted("[Network]", "DHCP=yes");
  assert.match(command("ip addr"), /inet 10\.0\.2\.15\/24/);
  twin.setLink(false, world.now);
  world.pass(2);
  // The other network's server ignores what it does not know, as ISC's dhcpd does by default.
  server.behavior = { ...server.behavior, silence: 1 };
  twin.setLink(true, world.now);
  world.pass(3);
  server.behavior = { ...server.behavior, silence: 0 };
  server.leases.clear();
  server.options.first = "10.0.2.120";
  world.pass(30);
  assert.match(command("ip addr"), /inet 10\.0\.2\.120\/24/);
  assert.doesNotMatch(command("ip addr"), /10\.0\.2\.15/);
});

test("ip link set down and up on one line confirm the lease with its server", async () => {
  const { world, server, command } = await booted("[Network]", "DHCP=yes");
  const before = server.acknowledged;
  command("ip link set net0 down; ip link set net0 up");
  world.pass(2);
  assert.equal(server.acknowledged, before + 1);
  command("ip link set net0 down");
  world.pass(2);
  command("ip link set net0 up");
  world.pass(2);
  assert.equal(server.acknowledged, before + 2, "once");
});

test("another server renews the lease of one that is gone", async () => {
  const { world, network, server, command } = await booted("[Network]", "DHCP=yes");
  const mac = hardware("52:55:0a:00:02:09");
  const heir = new Peer(world, network, "heir", "10.0.2.9", mac);
  const router = address(gateway.address);
  const second = new DhcpServer(heir, { router, servers: [router], first: "10.0.2.15" });
  second.behavior = { ...second.behavior, silence: 1 };
  world.pass(600);
  server.behavior = { ...server.behavior, silence: 1 };
  world.pass(2000);
  const silence = /DHCP: no answer from 10\.0\.2\.2 for \d+ s, REQUEST sent \S+/;
  assert.match(command("dmesg"), silence);
  second.behavior = { ...second.behavior, silence: 0 };
  world.pass(700);
  assert.match(command("dhcp"), /\r\n {2}server: 10\.0\.2\.9\r\n/);
  assert.equal(second.acknowledged, 1, "the broadcast at T2");
  world.pass(1810);
  assert.equal(second.acknowledged, 2, "the unicast at T1, to the server that renewed it last");
  assert.match(command("ip addr"), /inet 10\.0\.2\.15\/24/);
});

test("accepts leases with missing or old options", async () => {
  const routes = classlessRoutes([
    ["10.88.0.0/16", "10.0.2.9"],
    ["0.0.0.0/0", "10.0.2.8"],
  ]);
  const cases: [options: Options, route: string, logged?: RegExp][] = [
    [[[51, []]], "default via 10.0.2.2 ", /gives no lease time, assuming 3600 s/],
    [[[51, [0, 0, 0, 0]]], "default via 10.0.2.2 ", /gives no lease time, assuming 3600 s/],
    [[], "default via 10.0.2.2 "],
    [[[1, []]], "10.0.0.0/8 dev net0 proto kernel "],
    [[[3, []]], "10.0.2.0/24 dev net0 proto kernel "],
    [[[249, routes]], "default via 10.0.2.8 "],
    [[[121, routes]], "10.88.0.0/16 via 10.0.2.9 "],
    [[[33, ips("192.0.2.0", "10.0.2.7")]], "192.0.2.0/24 via 10.0.2.7 "],
  ];
  for (const [options, route, logged = /DHCP lease 10\.0\.2\.15/] of cases) {
    const lab = await Lab.at("S0");
    lab.dhcp.options.more = options;
    if (options.length === 0) lab.dhcp.options.identifier = "none";
    lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
    lab.pass(20);
    const shown = `${options[0]?.[0]}: ${lab.command("ip route")}`;
    assert.ok(shown.includes(`\n${route}`), shown);
    assert.match(lab.command("dmesg"), logged);
    assert.match(lab.command("dhcp renew; echo $?"), /\r\n0\r\n/, shown);
  }
});
