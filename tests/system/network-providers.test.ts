/**
 * The IPv4 networks of hosting providers, as their documentation describes them. Each is configured
 * by DHCP, by anonymos.conf and by `ip=`.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Twin } from "../lab/machine/twin.ts";
import { DhcpServer } from "../lab/network/dhcp-server.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";
import { address, hardware, u32 } from "../lab/packets/bytes.ts";
import { classlessRoutes, ips, type Options, searchList } from "../lab/packets/dhcp.ts";

interface Setup {
  /** The host's address and prefix, and its router. */
  own: string;
  router: string;
  mask: string;
  /** The DHCP server's identifier, which the router also answers for; the router if not given. */
  server?: string;
  servers: string[];
  options: Options;
  /** The lines of `ip route` with a lease. */
  routes: string[];
  mtu?: number;
  /** Lines of anonymos.conf, and `ip=`, for the same network. */
  file: string[];
  parameter: string;
  /** Whether the router is in no network of the host, so that a static route to it is `onlink`. */
  offLink: boolean;
  /** What `dhcp` and `resolvectl` show in addition. */
  shown?: RegExp[];
}

const text = (words: string) => Buffer.from(words);
const HOST_MASK = "255.255.255.255";
const lease = (route: string) => `${route} proto dhcp metric 1024`;
const onLink = (host: string) => `${host} dev net0 proto dhcp scope link metric 1024`;

const setups: Record<string, Setup> = {
  "Google Compute Engine": {
    own: "10.128.0.7/32",
    router: "10.128.0.1",
    mask: HOST_MASK,
    server: "169.254.169.254",
    servers: ["169.254.169.254"],
    options: [
      [3, ips("10.128.0.1")],
      [12, text("vm-1.c.project.internal")],
      [15, text("c.project.internal")],
      [26, [0x05, 0xb4]],
      [42, ips("169.254.169.254")],
      [51, u32(86400)],
      [119, searchList("c.project.internal", "google.internal")],
      [
        121,
        classlessRoutes([
          ["10.128.0.1/32", "0.0.0.0"],
          ["0.0.0.0/0", "10.128.0.1"],
        ]),
      ],
    ],
    routes: [lease("default via 10.128.0.1 dev net0"), onLink("10.128.0.1")],
    mtu: 1460,
    file: [
      "[Network]",
      "Address=10.128.0.7/32",
      "DNS=169.254.169.254",
      "[Route]",
      "Gateway=10.128.0.1",
      "GatewayOnLink=yes",
      "[Link]",
      "MTUBytes=1460",
    ],
    parameter: `10.128.0.7::10.128.0.1:${HOST_MASK}:::off:169.254.169.254`,
    offLink: true,
    shown: [/search domains: c\.project\.internal google\.internal\r\n/, /NTP: 169\.254\.169\.254/],
  },
  "AWS EC2": {
    own: "172.31.16.10/20",
    router: "172.31.16.1",
    mask: "255.255.240.0",
    servers: ["169.254.169.253"],
    options: [
      [12, text("ip-172-31-16-10")],
      [15, text("eu-central-1.compute.internal")],
      [26, [0x23, 0x29]],
      [28, ips("172.31.31.255")],
      [42, ips("169.254.169.123")],
    ],
    routes: [
      lease("default via 172.31.16.1 dev net0"),
      "172.31.16.0/20 dev net0 proto kernel scope link src 172.31.16.10",
    ],
    file: [
      "[Network]",
      "Address=172.31.16.10/20",
      "Gateway=172.31.16.1",
      "DNS=169.254.169.253",
      "NTP=169.254.169.123",
    ],
    parameter: "172.31.16.10::172.31.16.1:255.255.240.0::::169.254.169.253::169.254.169.123",
    offLink: false,
    shown: [/MTU: 1500 \(limited from 9001\)/, /NTP: 169\.254\.169\.123/],
  },
  "Microsoft Azure": {
    own: "172.16.3.4/24",
    router: "172.16.3.1",
    mask: "255.255.255.0",
    server: "168.63.129.16",
    servers: ["168.63.129.16"],
    options: [
      [15, text("abc.ix.internal.cloudapp.net")],
      [51, u32(0xffffffff)],
      [58, u32(0xffffffff)],
      [59, u32(0xffffffff)],
      [
        121,
        classlessRoutes([
          ["0.0.0.0/0", "172.16.3.1"],
          ["168.63.129.16/32", "172.16.3.1"],
          ["169.254.169.254/32", "172.16.3.1"],
        ]),
      ],
      [245, ips("168.63.129.16")],
    ],
    routes: [
      lease("default via 172.16.3.1 dev net0"),
      lease("168.63.129.16 via 172.16.3.1 dev net0"),
      lease("169.254.169.254 via 172.16.3.1 dev net0"),
      "172.16.3.0/24 dev net0 proto kernel scope link src 172.16.3.4",
    ],
    file: ["[Network]", "Address=172.16.3.4/24", "Gateway=172.16.3.1", "DNS=168.63.129.16"],
    parameter: "172.16.3.4::172.16.3.1:255.255.255.0::eth0:none:168.63.129.16",
    offLink: false,
    shown: [/Azure WireServer \(245\): 168\.63\.129\.16/, /expiry in: never/],
  },
  "Hetzner Cloud": {
    own: "203.0.113.10/32",
    router: "172.31.1.1",
    mask: HOST_MASK,
    servers: ["185.12.64.2", "185.12.64.1"],
    options: [
      [51, u32(86400)],
      [
        121,
        classlessRoutes([
          ["172.31.1.1/32", "0.0.0.0"],
          ["0.0.0.0/0", "172.31.1.1"],
        ]),
      ],
    ],
    routes: [lease("default via 172.31.1.1 dev net0"), onLink("172.31.1.1")],
    file: [
      "[Network]",
      "Address=203.0.113.10/32",
      "DNS=185.12.64.2 185.12.64.1",
      "[Route]",
      "Gateway=172.31.1.1",
      "GatewayOnLink=yes",
    ],
    parameter: `203.0.113.10::172.31.1.1:${HOST_MASK}::eth0:off:185.12.64.2:185.12.64.1`,
    offLink: true,
  },
  "Hetzner, dedicated": {
    own: "192.0.2.250/32",
    router: "192.0.2.193",
    mask: HOST_MASK,
    servers: ["185.12.64.1"],
    options: [],
    routes: [`${lease("default via 192.0.2.193 dev net0")} onlink`],
    file: [
      "[Address]",
      "Address=192.0.2.250/32",
      "Peer=192.0.2.193/32",
      "[Network]",
      "Gateway=192.0.2.193",
      "DNS=185.12.64.1",
    ],
    parameter: `192.0.2.250::192.0.2.193:${HOST_MASK}:::off:185.12.64.1`,
    offLink: false,
  },
  "OVH, additional address": {
    own: "198.51.100.77/32",
    router: "203.0.113.254",
    mask: HOST_MASK,
    servers: ["213.186.33.99"],
    options: [[15, text("openstacklocal")]],
    routes: [`${lease("default via 203.0.113.254 dev net0")} onlink`],
    file: ["[Network]", "Address=198.51.100.77/32", "Gateway=203.0.113.254", "DNS=213.186.33.99"],
    parameter: `198.51.100.77::203.0.113.254:${HOST_MASK}::ens3:none:213.186.33.99`,
    offLink: true,
  },
  "KubeVirt, masquerade": {
    own: "10.0.2.2/24",
    router: "10.0.2.1",
    mask: "255.255.255.0",
    servers: ["10.96.0.10"],
    options: [
      [12, text("vmi-masquerade")],
      [15, text("default.svc.cluster.local")],
      [26, [0x05, 0xc8]],
      [51, u32(999 * 86400)],
      [119, searchList("default.svc.cluster.local", "svc.cluster.local", "cluster.local")],
    ],
    routes: [
      lease("default via 10.0.2.1 dev net0"),
      "10.0.2.0/24 dev net0 proto kernel scope link src 10.0.2.2",
    ],
    mtu: 1480,
    file: [
      "[Network]",
      "Address=10.0.2.2/24",
      "Gateway=10.0.2.1",
      "DNS=10.96.0.10",
      "[Link]",
      "MTUBytes=1480",
    ],
    parameter: "10.0.2.2::10.0.2.1:255.255.255.0:::off:10.96.0.10",
    offLink: false,
    shown: [/search domains: default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\r\n/],
  },
  "KubeVirt, bridge over Calico": {
    own: "10.244.1.7/32",
    router: "169.254.1.1",
    mask: HOST_MASK,
    server: "169.254.75.10",
    servers: ["10.96.0.10"],
    options: [
      [51, u32(999 * 86400)],
      [
        121,
        classlessRoutes([
          ["169.254.1.1/32", "0.0.0.0"],
          ["0.0.0.0/0", "169.254.1.1"],
        ]),
      ],
    ],
    routes: [lease("default via 169.254.1.1 dev net0"), onLink("169.254.1.1")],
    file: [
      "[Network]",
      "Address=10.244.1.7/32",
      "DNS=10.96.0.10",
      "[Route]",
      "Gateway=169.254.1.1",
      "GatewayOnLink=yes",
    ],
    parameter: `10.244.1.7::169.254.1.1:${HOST_MASK}:::off:10.96.0.10`,
    offLink: true,
  },
};

/** Boots a twin in the network of a provider, and returns the console. */
async function booted(setup: Setup, options: { lines?: string[]; parameter?: string }) {
  const world = new World(5);
  const network = new Switch(world);
  const router = new Peer(world, network, "router", setup.router, hardware("52:55:0a:00:02:02"));
  const identifier = address(setup.server ?? setup.router);
  router.services.add(identifier);
  const dhcp = new DhcpServer(router, {
    router: address(setup.router),
    servers: setup.servers.map(address),
    first: setup.own.split("/")[0],
    mask: setup.mask,
    identifier,
    more: setup.options,
  });
  const { lines, parameter } = options;
  const modules = lines ? [{ name: "anonymos.conf", bytes: Buffer.from(lines.join("\n")) }] : [];
  const commandLine = parameter === undefined ? "" : `ip=${parameter}`;
  const twin = world.add(await Twin.boot({ commandLine, modules }));
  network.connectTwin(twin);
  world.pass(12);
  return { world, dhcp, twin, command: (line: string) => world.command(twin, line, 60) };
}

const routesOf = (output: string) => output.split("\r\n").slice(1, -1);

/** Checks what must hold however the host was configured. */
function works(setup: Setup, command: (line: string) => string): void {
  const [own] = setup.own.split("/");
  const literal = (words: string) => words.replaceAll(".", "\\.");
  assert.match(command("ip addr"), new RegExp(`inet ${literal(setup.own)} `));
  assert.match(command(`ping -c 1 ${setup.router}`), / 1 received/);
  for (const to of ["203.0.114.9", "169.254.169.254", ...setup.servers]) {
    const route = new RegExp(` via ${literal(setup.router)} dev net0 src ${literal(own)}`);
    assert.match(command(`ip route get ${to}`), route, to);
  }
  assert.match(command("resolvectl dns"), new RegExp(setup.servers.map(literal).join(" ")));
}

for (const [name, setup] of Object.entries(setups)) {
  suite(name, () => {
    test("by DHCP, with a renewal", async () => {
      const { command, dhcp, world } = await booted(setup, {});
      assert.deepEqual(routesOf(command("ip route")), setup.routes);
      works(setup, command);
      assert.match(command("ip link"), new RegExp(` mtu ${setup.mtu ?? 1500} `));
      const status = command("dhcp") + command("resolvectl status");
      for (const pattern of setup.shown ?? []) assert.match(status, pattern);
      const granted = dhcp.acknowledged;
      assert.match(command("dhcp renew; echo $?"), /\r\n0\r\n/);
      assert.equal(dhcp.acknowledged, granted + 1);
      world.pass(2);
      assert.deepEqual(routesOf(command("ip route")), setup.routes);
    });

    test("by anonymos.conf", async () => {
      const { command, twin, dhcp } = await booted(setup, { lines: setup.file });
      works(setup, command);
      assert.match(command("ip link"), new RegExp(` mtu ${setup.mtu ?? 1500} `));
      assert.equal(/ onlink\r\n/.test(command("ip route")), setup.offLink);
      assert.doesNotMatch(twin.output, /expected/);
      assert.equal(dhcp.leases.size, 0);
    });

    test("by ip=", async () => {
      const { command, twin, dhcp } = await booted(setup, { parameter: setup.parameter });
      works(setup, command);
      assert.doesNotMatch(twin.output, /expected/);
      assert.equal(dhcp.leases.size, 0);
    });
  });
}
