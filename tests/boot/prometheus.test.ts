/** A real Prometheus scrapes `httpd`, and its linter checks what it gets. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { configured } from "../lab/host/console.ts";
import { parseMetrics } from "../lab/host/metrics.ts";
import { Child } from "../lab/host/process.ts";
import { Prometheus } from "../lab/host/prometheus.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";

suite("Prometheus", () => {
  let machine: Machine;
  let prometheus: Prometheus;
  let target = 0;

  before(async () => {
    machine = await Machine.boot({ nics: [userNet([80])] });
    await configured(machine);
    await machine.ok("httpd");
    target = await machine.port(80);
    prometheus = await Prometheus.start([target]);
  });
  after(async () => {
    await prometheus?.stop();
    await machine?.stop();
  });

  const query = (expression: string) => prometheus.query(expression);

  test("scrapes the machine and finds its counters", async () => {
    assert.equal((await query("up == 1"))[0].metric.instance, `127.0.0.1:${target}`);
    const [info] = await query("anonymos_build_info");
    assert.match(info.metric.version, /^\d+\.\d+\.\d+$/);
    await query('increase(node_network_receive_bytes_total{device="net0"}[10s]) > 0');
    await query("increase(node_netstat_Tcp_InSegs[10s]) > 0");
    await query("time() - node_time_seconds < 86400");
    await query("node_time_seconds - node_boot_time_seconds > 1");
    // Every family arrives: Prometheus has as many series as the page has samples.
    const page = await (await fetch(`http://127.0.0.1:${target}/metrics`)).text();
    let samples = 0;
    for (const family of parseMetrics(page).values()) samples += family.samples.size;
    const [scraped] = await query("scrape_samples_scraped");
    assert.ok(Math.abs(Number(scraped.value[1]) - samples) < 5, `${scraped.value[1]}, ${samples}`);
  });

  test("promtool complains only about names that node_exporter has as well", async () => {
    const page = await (await fetch(`http://127.0.0.1:${target}/metrics`)).text();
    const child = new Child("promtool", ["promtool", "check", "metrics"], { input: true });
    child.write(page);
    child.endInput();
    await child.exit(20_000);
    const inherited = /^node_(memory|netstat)_\S+ .* not 'camelCase'$/;
    const complaints = child.output.trim().split("\n");
    assert.ok(complaints.length > 100);
    assert.deepEqual(
      complaints.filter((line) => !inherited.test(line)),
      [],
    );
  });
});
