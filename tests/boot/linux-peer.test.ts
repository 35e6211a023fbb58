/** TCP against Linux, over a bridge: the options in use, and throughput when packets are lost. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { until } from "../lab/host/console.ts";
import { GATEWAY, Namespace, NETWORK, obstacle } from "../lab/host/namespace.ts";
import { type Child, has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const KERNEL = `${NETWORK}.20`;
const LINUX_CLIENT = `${NETWORK}.2`;
const SECONDS = 2;
/** Transfers that may fall short before one reaches it, as losses and the host's load vary. */
const ATTEMPTS = 5;
/** The bottleneck of both clients, so that the speed of the host matters little. */
const RATE = "50mbit";
const CLIENT = `-c ${GATEWAY} -t ${SECONDS}`;
/** The arguments of iperf3 on both clients, and what the Linux one needs besides to use CUBIC. */
const TRANSFERS = { upload: [CLIENT, "-C cubic"], download: [`${CLIENT} -R`, ""] };
const QUEUE = `root tbf rate ${RATE} burst 32kb latency 20ms`;
/** Drops 1 % of the TCP packets on the bridge at random, in either direction. */
const LOSS = `table bridge loss {
  chain toPorts {
    type filter hook postrouting priority 0;
    ip protocol tcp numgen random mod 100 < 1 drop
  }
  chain toHost {
    type filter hook input priority 0;
    ip protocol tcp numgen random mod 100 < 1 drop
  }
}`;

const missing = ["iperf3", "nft", "tc", "ss"].find((program) => !has(program));
const why = missing === undefined ? obstacle() : `${missing} is not installed`;

/** The Mbit/s that the receiver counted, from what an iperf3 client prints. */
function received(report: string): number {
  const line = report.split("\n").findLast((text) => text.trimEnd().endsWith("receiver")) ?? report;
  const [, rate, unit] = /([\d.]+) ([KMG])bits\/sec/.exec(line) ?? [];
  assert.ok(rate !== undefined, report);
  return Number(rate) * { K: 0.001, M: 1, G: 1000 }[unit as "K" | "M" | "G"];
}

suite("a Linux peer", { skip: why !== "" && why }, () => {
  let network: Namespace;
  /** The host with which the kernel is compared: both are clients of the server in `network`. */
  let linuxClient: Namespace;
  let machine: Machine;
  let server: Child;

  before(async () => {
    network = await Namespace.make(1);
    linuxClient = await Namespace.make(0);
    await network.join(linuxClient, LINUX_CLIENT);
    for (const device of ["tap0", "port0"]) {
      await network.run(["sh", "-c", `tc qdisc add dev ${device} ${QUEUE}`]);
    }
    await linuxClient.run(["sh", "-c", `tc qdisc add dev eth0 ${QUEUE}`]);
    server = network.start("iperf3", ["iperf3", "-s", "--forceflush"]);
    const append = `ip=${KERNEL}::${GATEWAY}:255.255.255.0 sysctl.net.ipv4.tcp_ecn=1`;
    const nics = [network.nic(0)];
    machine = await Machine.boot({ append, prefix: network.prefix, nics });
    await machine.ok(`ping -c 1 ${GATEWAY}`, 20_000);
    await machine.ok(`tc qdisc add dev net0 ${QUEUE}`);
  });
  after(async () => {
    await machine?.stop();
    await linuxClient?.stop();
    await network?.stop();
  });

  /** Waits until the server, which takes a moment to end a test, is ready for the next one. */
  const ended = async (report: Promise<string>): Promise<string> => {
    const listens = () => server.output.split("Server listening on").length;
    const before = listens();
    const text = await report;
    await until("the server is ready", 20_000, async () => listens() > before);
    return text;
  };
  const measure = async ([words, more]: string[]) => ({
    kernel: received(await ended(machine.ok(`iperf3 ${words}`, 60_000))),
    linux: received(await ended(linuxClient.run(["sh", "-c", `iperf3 ${words} ${more}`]))),
  });

  test("uses timestamps, SACK, window scaling and ECN, as ss on the server shows", async () => {
    const transfer = ended(machine.ok(`iperf3 -c ${GATEWAY} -t 2`, 60_000));
    let shown = "";
    for (let i = 0; i < 40 && !shown.includes("ecn"); i++) {
      shown = await network.run(["ss", "-tion", "dst", KERNEL]);
    }
    await transfer;
    assert.match(shown, /\bts sack ecn (ecnseen )?\w+ wscale:\d+,\d+ /);
  });

  test("with 1 % loss, reaches 80 % of the throughput between two Linux hosts", async () => {
    await network.run(["nft", LOSS]);
    for (const words of Object.values(TRANSFERS)) {
      const measured: string[] = [];
      for (let reached = false; !reached; ) {
        const { kernel, linux } = await measure(words);
        measured.push(`${kernel} Mbit/s; between Linux hosts ${linux}`);
        reached = kernel > 0.8 * linux;
        assert.ok(reached || measured.length < ATTEMPTS, `${words}: ${measured.join("; ")}`);
      }
    }
    const lost = await network.run(["nft", "list", "ruleset"]);
    assert.match(lost, /drop/);
  });
});
