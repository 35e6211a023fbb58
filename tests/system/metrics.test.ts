/** What `httpd` exports for Prometheus and for load balancers. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Family, parseMetrics } from "../lab/host/metrics.ts";
import { Twin } from "../lab/machine/twin.ts";
import { type Fetched, fetchFrom } from "../lab/network/http-peer.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";

const OWN = "10.0.2.15";
const COMMAND_LINE = `ip=${OWN}::10.0.2.2:255.255.255.0:web1::off`;
const MACHINE = {
  memoryMap: [{ base: 0x10_0000, length: 128 << 20, type: 1 }],
  memoryLimit: 64 << 20,
};

class Bench {
  readonly world = new World(1);
  readonly network = new Switch(this.world);
  readonly peer = new Peer(
    this.world,
    this.network,
    "peer",
    "10.0.2.2",
    Uint8Array.of(2, 0, 0, 0, 0, 2),
  );

  private constructor(readonly twin: Twin) {
    this.world.add(twin);
    this.network.connectTwin(twin);
    this.world.pass(1);
  }

  static async boot(command: string): Promise<Bench> {
    const bench = new Bench(await Twin.boot({ commandLine: COMMAND_LINE, machine: MACHINE }));
    bench.ask(command);
    return bench;
  }
  ask(line: string): string {
    return this.world.command(this.twin, line);
  }
  fetch(path: string, method = "GET"): Fetched {
    const fetched = fetchFrom(this.peer, address(OWN), path, { method });
    this.world.pass(2);
    return fetched;
  }
  /** Scrapes /metrics. */
  metrics(): Map<string, Family> {
    const fetched = this.fetch("/metrics");
    assert.equal(fetched.status, 200);
    return parseMetrics(fetched.body.toString("latin1"));
  }
}

/** Returns the value of a sample. */
function value(families: Map<string, Family>, name: string, labels = ""): number {
  const found = families.get(name)?.samples.get(labels);
  assert.notEqual(found, undefined, `${name}${labels}`);
  return found as number;
}

test("/metrics is valid, and its counters are those of the commands", async () => {
  const bench = await Bench.boot("httpd");
  bench.ask("ping -c 3 10.0.2.2");
  const families = bench.metrics();
  const info = [...(families.get("anonymos_build_info")?.samples.keys() ?? [])];
  assert.match(info.join(), /^\{version="\d+\.\d+\.\d+",source_date="\d+"\}$/);
  const name = [...(families.get("node_uname_info")?.samples.keys() ?? [])].join();
  assert.match(name, /,nodename="web1",/);
  const net0 = '{device="net0"}';
  assert.equal(value(families, "node_network_up", net0), 1);
  assert.equal(value(families, "node_network_mtu_bytes", net0), 1500);
  assert.ok(value(families, "node_network_receive_bytes_total", net0) > 3 * 98);
  assert.ok(value(families, "node_network_transmit_packets_total", net0) >= 4);
  assert.equal(value(families, "node_netstat_Icmp_InEchoReps"), 3);
  assert.equal(value(families, "node_netstat_Tcp_PassiveOpens"), 1);
  const names = bench.ask("nstat -az").matchAll(/^([A-Z][A-Za-z0-9]+) +\d+ +0\.0\r?$/gm);
  const exported = [...families.keys()].filter((each) => each.startsWith("node_netstat_"));
  const plain = exported.map((each) => each.replace("node_netstat_", "").replace("_", ""));
  assert.deepEqual(
    plain,
    Array.from(names, ([, each]) => each),
  );
});

test("/metrics has the time, and memory that adds up", async () => {
  const bench = await Bench.boot("httpd");
  const first = bench.metrics();
  bench.world.pass(100);
  const second = bench.metrics();
  const passed = value(second, "node_time_seconds") - value(first, "node_time_seconds");
  assert.ok(passed >= 100 && passed < 105, `${passed} s`);
  const boot = value(second, "node_boot_time_seconds");
  assert.ok(Math.abs(boot - value(first, "node_boot_time_seconds")) < 1e-3);
  const total = value(second, "node_memory_MemTotal_bytes");
  const free = value(second, "node_memory_MemFree_bytes");
  assert.equal(total, 128 << 20);
  assert.ok(free > 1e6 && free < 64 << 20, `${free}`);
  assert.ok(value(second, "anonymos_frames_free") <= value(second, "anonymos_frames"));
});

test("dropped packets are exported by reason once there are any", async () => {
  const bench = await Bench.boot("httpd");
  const labels = '{device="net0",reason="udp-no-socket"}';
  const dropped = (from: Map<string, Family>) => {
    return from.get("anonymos_dropped_packets_total")?.samples.get(labels);
  };
  assert.equal(dropped(bench.metrics()), undefined);
  bench.peer.sendUdp(1000, address(OWN), 4000, Buffer.from("x"));
  bench.world.pass(1);
  assert.equal(dropped(bench.metrics()), 1);
});

test("/healthz says ok, both answer HEAD, and -M switches both off", async () => {
  const bench = await Bench.boot("httpd");
  const health = bench.fetch("/healthz");
  assert.equal(health.status, 200);
  assert.equal(health.body.toString(), "ok\n");
  for (const path of ["/metrics", "/healthz"]) {
    assert.equal(bench.fetch(path, "POST").status, 405, path);
    assert.equal(bench.fetch(path, "HEAD").status, 200, path);
  }
  bench.ask("httpd stop");
  bench.ask("httpd -M");
  for (const path of ["/metrics", "/healthz"]) assert.equal(bench.fetch(path).status, 404, path);
  assert.equal(bench.fetch("/").status, 200);
});

test("hundreds of scrapes leave nothing in use", async () => {
  const bench = await Bench.boot("httpd");
  const used = () => Number(/heap: (\d+) bytes used/.exec(bench.ask("free"))?.[1]);
  const scrape = (times: number) => {
    for (let i = 0; i < times; i++) {
      fetchFrom(bench.peer, address(OWN), "/metrics");
      bench.world.pass(0.1);
    }
    bench.world.pass(120);
    return used();
  };
  const before = scrape(20);
  assert.ok(scrape(300) - before < 20_000, `${before} bytes before, ${used()} after`);
});
