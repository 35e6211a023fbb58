/** `iperf3` against the real one, both ways, over QEMU's user network. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, suite, test } from "node:test";
import { configured, until } from "../lab/host/console.ts";
import { Child, has, run } from "../lab/host/process.ts";
import { Machine, userNet } from "../lab/host/qemu.ts";

const HOST = "10.0.2.2";
const REPORT = /^\[(?: *\d+|SUM)\] {3}0\.00-[\d.]+ +sec +[\d.]+ [KMG]Bytes +[\d.]+ [KMG]bits\/sec/;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Checks the summary of a test, as either side prints it. */
function complete(report: string): void {
  const lines = report.split("\n");
  for (const end of ["sender", "receiver"]) {
    const last = lines.filter((line) => line.trimEnd().endsWith(end)).at(-1) ?? report;
    assert.match(last, REPORT);
  }
  assert.match(report, /\niperf Done\.\n?$/);
}

suite("iperf3", { skip: !has("iperf3") && "iperf3 is missing" }, () => {
  let machine: Machine;
  let server: Child;
  let port: number;

  before(async () => {
    port = await freePort();
    server = new Child("iperf3", [
      "iperf3",
      "-s",
      "-B",
      "127.0.0.1",
      "-p",
      `${port}`,
      "--forceflush",
    ]);
    machine = await Machine.boot({ memory: "128", nics: [userNet([5201])] });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await server?.stop();
  });

  for (const words of [
    "-t 2",
    "-t 2 -R",
    "-t 2 -P 4",
    "-n 20M",
    "-n 20M -R -P 3",
    "-t 1 -R -b 8M",
  ]) {
    test(`the kernel's client and Debian's server: ${words}`, async () => {
      // The real server takes a moment to end a test.
      const listens = () => server.output.split("Server listening on").length;
      const before = listens();
      complete(await machine.ok(`iperf3 -c ${HOST} -p ${port} ${words}`, 60_000));
      await until("the server is ready", 10_000, async () => listens() > before);
    });
  }

  test("Debian's client and the kernel's server", async () => {
    await machine.ok("iperf3 -s");
    const to = ["-c", "127.0.0.1", "-p", `${await machine.port(5201)}`];
    for (const words of ["-t 2", "-t 2 -R", "-t 2 -P 4 -R", "-n 20M", "-t 2 -O 1", "-k 50"]) {
      const { output, code } = await run(["iperf3", ...to, ...words.split(" ")]);
      assert.equal(code, 0, output);
      complete(output);
    }
    const udp = await run(["iperf3", ...to, "-u", "-t", "1"]);
    assert.notEqual(udp.code, 0);
    assert.match(udp.output, /not implemented yet/);
    assert.equal((await run(["iperf3", ...to, "-n", "1M"])).code, 0);
    const log = await machine.ok("dmesg");
    assert.match(log, /iperf3: \[ {2}5\] .* sender$/m);
    assert.match(log, /iperf3: \[ {2}5\] .* receiver$/m);
    await machine.ok("iperf3 stop");
  });
});
