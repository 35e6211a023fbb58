/** Networks of hosting providers: leases of /32, routers off the subnet, routes on the link. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { Twin } from "../lab/machine/twin.ts";
import { address } from "../lab/packets/bytes.ts";
import { OFF_LINK } from "../lab/scripted/ip-host.ts";

/** Returns a lab that has just taken a lease from a DHCP server with these options. */
async function leased(options: { mask?: string; router?: string; port?: number }): Promise<Lab> {
  const lab = await Lab.at("S0");
  const { router, ...rest } = options;
  Object.assign(lab.dhcp.options, rest);
  if (router !== undefined) lab.dhcp.options.router = address(router);
  lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
  lab.pass(20);
  return lab;
}

test("takes the router of a /32 lease to be on the link, and logs it once", async () => {
  const lab = await leased({ mask: "255.255.255.255", port: 40067 });
  assert.match(lab.command("ip addr"), /inet 10\.0\.2\.15\/32 scope global dynamic net0/);
  const route = /\ndefault via 10\.0\.2\.2 dev net0 proto dhcp metric 1024 onlink\r\n/;
  assert.match(lab.command("ip route"), route);
  const logged =
    /net0: router 10\.0\.2\.2 is in no network of net0: assuming that it is on the link/g;
  assert.match(lab.command("dmesg"), logged);
  assert.match(lab.command("ping -c 1 10.0.2.2"), / 1 received/);
  assert.match(lab.command("ip route get 10.0.2.9"), /^.*\r\n10\.0\.2\.9 via 10\.0\.2\.2 dev net0/);
  const times = lab.command("dmesg").match(logged)?.length;
  assert.match(lab.command("dhcp renew; ip route"), route);
  assert.equal(lab.command("dmesg").match(logged)?.length, times, "not again by a renewal");
});

test("uses a router off the subnet, and logs it", async () => {
  const lab = await leased({ router: "172.31.1.1" });
  lab.addPeer("router", { hardware: "52:55:0a:00:02:77", address: "172.31.1.1" });
  assert.match(lab.command(`ip route get ${OFF_LINK}`), / via 172\.31\.1\.1 dev net0 src 10\.0\.2/);
  assert.match(lab.command("ping -c 1 172.31.1.1"), / 1 received/);
  assert.match(lab.command("dmesg"), /router 172\.31\.1\.1 is in no network of net0/);
});

test("ip= and anonymos.conf accept a /32, a gateway off the subnet, and a peer", async () => {
  const conf = (...lines: string[]) => [
    { name: "anonymos.conf", bytes: Buffer.from(lines.join("\n")) },
  ];
  for (const [commandLine, modules, route] of [
    [
      "ip=10.0.2.15::10.0.2.2:255.255.255.255::eth0",
      [],
      "default via 10.0.2.2 dev net0 proto static onlink",
    ],
    [
      "ip=10.0.2.15::172.31.1.1:255.255.255.0",
      [],
      "default via 172.31.1.1 dev net0 proto static onlink",
    ],
    [
      "",
      conf(
        "[Network]",
        "Address=10.0.2.15/24",
        "[Route]",
        "Gateway=172.31.1.1",
        "GatewayOnLink=yes",
      ),
      "default via 172.31.1.1 dev net0 proto static onlink",
    ],
    [
      "",
      conf(
        "[Address]",
        "Address=10.0.2.15/32",
        "Peer=10.0.2.2/32",
        "[Network]",
        "Gateway=10.0.2.2",
      ),
      "10.0.2.2 dev net0 proto kernel scope link src 10.0.2.15",
    ],
  ] as const) {
    const twin = await Twin.boot({ commandLine, modules: [...modules] });
    twin.pass(2);
    const routes = twin.command("ip route").split(/\r\n/);
    twin.command("ip link set net0 down; sleep 1; ip link set net0 up; sleep 1");
    assert.deepEqual(twin.command("ip route").split(/\r\n/), routes, "restored");
    assert.ok(routes.includes(route), routes.join("\n"));
    assert.ok(
      routes.some((line) => line.startsWith("default via ")),
      routes.join("\n"),
    );
    assert.doesNotMatch(twin.output, /expected/);
  }
});

test("ip route add accepts onlink, src and scope, and rejects impossible routes", async () => {
  const lab = await Lab.at("S1");
  for (const [line, says] of [
    ["ip route add 10.7.0.0/16 via 172.31.1.1 dev net0", /^Error: Nexthop has invalid gateway\./],
    ["ip route add 10.7.0.0/16 via 172.31.1.1 dev net0 onlink src 10.0.2.15", /^anonymos> $/],
    [
      "ip route",
      /^10\.7\.0\.0\/16 via 172\.31\.1\.1 dev net0 proto static src 10\.0\.2\.15 onlink\r$/m,
    ],
    ["ip route add 10.8.0.0/16 dev net0 onlink", /^Error: Invalid flags for nexthop - /],
    ["ip route add 10.8.0.0/16 dev net0 src 10.9.9.9", /^Error: Invalid prefsrc address\.\r\n/],
    ["ip route add 10.8.0.0/16 via 10.0.2.2 scope link", /^Error: Nexthop has invalid scope\./],
    ["ip route add 10.8.0.0/16 dev net0 scope link", /^anonymos> $/],
    ["ip route add 10.8.0.0/16 dev net0 scope moon", /wrong: expected link or global/],
  ] as const) {
    assert.match(lab.command(line).slice(line.length + 2), says, line);
  }
  lab.twin.setLink(false, lab.world.now);
  lab.pass(1);
  assert.match(lab.command("ip route"), /default via 10\.0\.2\.2 .* linkdown\r\n/);
});
