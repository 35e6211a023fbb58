/**
 * How the console, the configuration and the network change the interfaces of a booted kernel:
 * addresses, routes, MTU, name and time servers, late DHCP, `httpd`.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { type NtpBehaviour, ntpAnswer } from "../../../lab/host/ntp.ts";
import { Twin, type TwinOptions } from "../../../lab/machine/twin.ts";
import { DhcpServer } from "../../../lab/network/dhcp-server.ts";
import { DnsServer } from "../../../lab/network/dns-server.ts";
import { type Fetched, fetchFrom, HttpServer } from "../../../lab/network/http-peer.ts";
import { Peer } from "../../../lab/network/peer.ts";
import { Switch } from "../../../lab/network/switch.ts";
import { World } from "../../../lab/network/world.ts";
import { address } from "../../../lab/packets/bytes.ts";

const [OWN, GATEWAY] = ["10.0.2.15", "10.0.2.2"];
const STATIC = `ip=${OWN}::${GATEWAY}:255.255.255.0:::off:${GATEWAY}`;
/** The time on the time server, in milliseconds since 1970; the twin's RTC is years behind. */
const SERVED_TIME = 1_800_000_000_000;

/** A kernel, and a gateway that serves names, and optionally leases and the time. */
class Bench {
  readonly world = new World(1);
  readonly network = new Switch(this.world);
  readonly gateway = new Peer(
    this.world,
    this.network,
    "gateway",
    GATEWAY,
    Uint8Array.of(2, 0, 0, 0, 0, 2),
  );
  readonly dns = new DnsServer(this.gateway, { "time.test": GATEWAY });

  private constructor(readonly twin: Twin) {
    this.world.add(twin);
    this.network.connectTwin(twin);
    this.world.pass(1);
  }

  static async boot(options: TwinOptions = { commandLine: STATIC }): Promise<Bench> {
    return new Bench(await Twin.boot(options));
  }
  /** Boots a kernel with these lines as its anonymos.conf. */
  static configured(...lines: string[]): Promise<Bench> {
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    return Bench.boot({ modules: [{ name: "anonymos.conf", bytes }] });
  }

  ask(line: string): string {
    return this.world.command(this.twin, line);
  }
  /** Types each line and matches its output. */
  dialogue(lines: [line: string, answer: RegExp][]): void {
    for (const [line, answer] of lines) assert.match(this.ask(line), answer, line);
  }
  serveLeases(): DhcpServer {
    const options = { router: address(GATEWAY), servers: [address(GATEWAY)], first: "10.0.2.60" };
    return new DhcpServer(this.gateway, options);
  }
  serveTime(behaviour: NtpBehaviour): void {
    this.gateway.udp.set(123, ({ source, sourcePort, data }) => {
      this.gateway.sendUdp(123, source, sourcePort, ntpAnswer(data, behaviour, SERVED_TIME));
    });
  }
}

test("a network's route outlives one of two addresses; MTU and link state can be set", async () => {
  const bench = await Bench.boot();
  bench.dialogue([
    ["ip addr add 10.0.2.77/24 dev net0", /^/],
    ["ip addr", /inet 10\.0\.2\.15\/24.*inet 10\.0\.2\.77\/24/s],
    ["ip route add 192.0.2.0/24 via 10.0.2.2", /^/],
    ["ip route add 198.51.100.0/24 via 172.16.0.1", /gateway|unreachable|link/i],
    ["ip route", /^192\.0\.2\.0\/24 via 10\.0\.2\.2/m],
    ["ip addr del 10.0.2.15/24 dev net0", /^/],
    ["ip route", /^10\.0\.2\.0\/24 dev net0.*src 10\.0\.2\.77/m],
    ["ping -c 1 10.0.2.2", / 1 received/],
    ["ip link set net0 mtu 1400", /^/],
    ["ip link", /mtu 1400/],
    ["ip link set net0 mtu 20", /mtu/],
    ["ip link set net0 down", /^/],
    ["ping -c 1 10.0.2.2", /down|unreachable|no route/i],
    ["ip link set net0 up", /^/],
    ["ping -c 1 10.0.2.2", / 1 received/],
  ]);
});

test("name servers set by resolvectl override the configured ones", async () => {
  const bench = await Bench.boot();
  bench.dialogue([
    ["host time.test", /has address 10\.0\.2\.2/],
    ["resolvectl dns net0 10.0.2.99", /^/],
    ["resolvectl", /10\.0\.2\.99/],
    ["host other.test", /no servers could be reached|is unreachable/],
    ["resolvectl dns net0 10.0.2.2", /^/],
    ["host other.test", /not found|does not exist|NXDOMAIN/i],
  ]);
});

test("uses a static fallback while DHCP is silent, and drops it for a lease", async () => {
  const bench = await Bench.configured(
    ...["[Match]", "Name=net0", "[Network]", "DHCP=yes", "Address=10.9.9.9/24"],
    ...["Gateway=10.9.9.1", "[Route]", "Destination=192.0.2.0/24", "Gateway=10.9.9.2"],
    ...["[Route]", "Destination=198.51.100.0/24", "Gateway=10.0.2.9"],
  );
  assert.doesNotMatch(bench.ask("ip addr"), /10\.9\.9\.9/);
  bench.world.pass(10);
  assert.match(bench.ask("ip addr"), /inet 10\.9\.9\.9\/24/);
  assert.match(bench.ask("ip route"), /default via 10\.9\.9\.1.*192\.0\.2\.0\/24 via 10\.9\.9\.2/s);
  bench.serveLeases();
  bench.world.pass(120);
  const addresses = bench.ask("ip addr");
  assert.ok(addresses.includes("inet 10.0.2.60/24") && !addresses.includes("10.9.9.9"), addresses);
  const routes = bench.ask("ip route");
  assert.doesNotMatch(routes, /10\.9\.9/);
  assert.match(routes, /^198\.51\.100\.0\/24 via 10\.0\.2\.9 dev net0 proto static\r$/m);
  const unreachable = /Could not set route 192\.0\.2\.0\/24 via 10\.9\.9\.2: Nexthop has/g;
  assert.equal(bench.ask("dmesg").match(unreachable)?.length, 1);
  bench.ask("dhcp renew");
  bench.world.pass(5);
  assert.equal(bench.ask("dmesg").match(unreachable)?.length, 1, "a renewal does not log it again");
});

test("adds Gateway= and [Route] to the routes of a lease, with metrics as in systemd", async () => {
  const bench = await Bench.configured(
    ...["[Network]", "DHCP=yes", "Gateway=10.0.2.9"],
    ...["[Route]", "Destination=192.0.2.0/24", "Gateway=10.0.2.8", "Metric=7"],
    ...["[Route]", "Destination=203.0.113.0/24", "Gateway=_dhcp4"],
    ...["[Route]", "Destination=198.51.100.0/24", "Gateway=_dhcp4", "Metric=0"],
  );
  bench.serveLeases();
  bench.world.pass(20);
  const expected = [
    "default via 10.0.2.9 dev net0 proto static",
    "default via 10.0.2.2 dev net0 proto dhcp metric 1024",
    "192.0.2.0/24 via 10.0.2.8 dev net0 proto static metric 7",
    "203.0.113.0/24 via 10.0.2.2 dev net0 proto dhcp metric 1024",
    "198.51.100.0/24 via 10.0.2.2 dev net0 proto dhcp",
  ];
  for (const line of ["ip route", "dhcp renew; ip route"]) {
    const routes = bench.ask(line).split("\r\n");
    for (const route of expected) assert.ok(routes.includes(route), routes.join("\n"));
  }
});

test("adds the static routes of a lease whose address had been set by hand", async () => {
  const bench = await Bench.configured(
    ...["[Network]", "DHCP=yes", "Gateway=10.0.2.9"],
    ...["[Route]", "Destination=192.0.2.0/24", "Gateway=10.0.2.8"],
  );
  bench.ask("ip addr add 10.0.2.60/24 dev net0");
  bench.serveLeases();
  bench.world.pass(40);
  assert.match(bench.ask("ip addr"), /inet 10\.0\.2\.60\/24 .* dynamic net0/);
  const routes = bench.ask("ip route").split("\r\n");
  for (const route of [
    "default via 10.0.2.9 dev net0 proto static",
    "192.0.2.0/24 via 10.0.2.8 dev net0 proto static",
  ]) {
    assert.ok(routes.includes(route), routes.join("\n"));
  }
});

test("reports settings that cannot be applied at boot, and applies the others", async () => {
  const bench = await Bench.configured(
    ...["[Match]", "Name=net0", "[Network]"],
    ...Array.from({ length: 20 }, (_, i) => `Address=10.0.2.${100 + i}/24`),
    ...["[Route]", "Destination=192.0.2.0/24", "Gateway=172.16.0.1"],
  );
  const log = bench.ask("dmesg");
  assert.match(
    log,
    /Could not set address 10\.0\.2\.\d+\/24: too many addresses, expected at most 8$/m,
  );
  assert.doesNotMatch(log, /expected at most (9|1\d)$/m);
  // A gateway outside the interface's networks is taken to be on its link; the log says so.
  assert.match(log, /172\.16\.0\.1 is in no network of net0/);
  assert.match(bench.ask("ip route"), /^192\.0\.2\.0\/24 via 172\.16\.0\.1 /m);
  assert.match(bench.ask("ping -c 1 10.0.2.2"), / 1 received/);
});

test("sets the clock from a credible time server, and reports why it rejects others", async () => {
  const bench = await Bench.boot();
  const wrong: [behaviour: NtpBehaviour, why: RegExp][] = [
    [{ stratum: 0, reference: "RATE" }, /kiss-o'-death received \(RATE\)/],
    [{ leap: 3 }, /not synchronised/],
    [{ stratum: 16 }, /not synchronised/],
    [{ offset: -40 * 365 * 86_400_000 }, /before this kernel was built|inconsistent/],
    [{ silent: true }, /no answer|no time/],
    [{ forged: true }, /no answer/],
  ];
  assert.match(bench.ask("ntp 10.0.2.2"), /Connection refused|no answer/);
  assert.match(bench.ask("ntp never.test"), /not found|does not exist|NXDOMAIN/i);
  for (const [behaviour, why] of wrong) {
    if (behaviour.silent) bench.gateway.udp.set(123, () => {});
    else bench.serveTime(behaviour);
    assert.match(bench.ask("ntp 10.0.2.2"), why);
  }
  bench.serveTime({});
  assert.match(bench.ask("ntp time.test"), /2027/);
  assert.match(bench.ask("date"), /2027/);
});

test("httpd serves its pages and rejects other requests", async () => {
  const bench = await Bench.boot();
  bench.ask("httpd");
  const fetch = (method: string, path: string, body?: Buffer): Fetched => {
    const fetched = fetchFrom(bench.gateway, address(OWN), path, { method, body });
    bench.world.pass(2);
    return fetched;
  };
  const rows: [method: string, path: string, status: number, body: RegExp][] = [
    ["GET", "/", 200, /<h1>anonymos<\/h1>/],
    ["GET", "/status.json", 200, /"address":"10\.0\.2\.15\/24"/],
    ["GET", "/bytes/300", 200, /^.{300}$/s],
    ["GET", "/bytes/-1", 404, /^/],
    ["GET", "/bytes/1125899906842625", 404, /^/],
    ["GET", "/nothing", 404, /^/],
    ["GET", "/discard", 405, /^/],
    ["POST", "/", 405, /^/],
    ["POST", "/discard", 200, /^4 bytes discarded\n$/],
  ];
  for (const [method, path, status, body] of rows) {
    const fetched = fetch(method, path, method === "POST" ? Buffer.from("four") : undefined);
    assert.equal(fetched.status, status, `${method} ${path}`);
    assert.match(fetched.body.toString("latin1"), body, path);
  }
});

test("curl reports TCP's errors in the words of strerror, and a silent server", async () => {
  const bench = await Bench.boot();
  const server = new HttpServer(bench.gateway);
  assert.match(bench.ask("curl http://10.0.2.2:81/"), /Connection refused/);
  assert.match(bench.ask("curl http://10.0.2.99/"), /No route to host/);
  server.behavior = { ...server.behavior, resets: 1 };
  assert.match(bench.ask("curl -o null http://10.0.2.2/bytes/100000"), /Connection reset by peer/);
  bench.gateway.tcp.listeners.set(82, () => {});
  const before = bench.twin.output.length;
  bench.twin.type("curl http://10.0.2.2:82/\r", bench.world.now);
  bench.world.pass(1);
  for (const port of bench.network.ports) port.setFaults({ cut: true });
  bench.world.pass(1200);
  assert.match(bench.twin.output.slice(before), /Operation too slow\. .* 120 seconds/);
});
