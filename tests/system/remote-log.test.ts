/** The log by UDP: netconsole= and syslog= on the command line and in anonymos.conf. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";

const STATIC = "ip=10.0.2.15::10.0.2.2:255.255.255.0:box:off";

/** A kernel, and the host to which it sends its log, whose cable is out until `connect`. */
class Lab {
  readonly world = new World(1);
  readonly network = new Switch(this.world);
  readonly host = this.addHost(2);
  /** What arrived, by port; `from` are the ports that it came from. */
  readonly received: string[] = [];
  readonly from = new Set<number>();
  twin!: Twin;

  static async boot(parameters: string, port: number, more: TwinOptions = {}): Promise<Lab> {
    const lab = new Lab();
    lab.host.udp.set(port, ({ sourcePort, data }) => {
      lab.received.push(data.toString("utf8"));
      lab.from.add(sourcePort);
    });
    lab.twin = await Twin.boot({ commandLine: `${STATIC} ${parameters}`, ...more });
    lab.world.add(lab.twin);
    return lab;
  }

  /** Adds the host 10.0.2.`last`. */
  addHost(last: number): Peer {
    const hardware = Uint8Array.of(2, 0, 0, 0, 0, last);
    return new Peer(this.world, this.network, `host ${last}`, `10.0.2.${last}`, hardware);
  }

  connect(seconds = 10): this {
    this.network.connectTwin(this.twin);
    this.world.pass(seconds);
    return this;
  }

  ask(line: string): string {
    return this.world.command(this.twin, line).replaceAll("\r", "");
  }

  /** Returns the lines that dmesg prints. */
  log(): string[] {
    const lines = this.ask("dmesg").split("\n");
    return lines.filter((line) => /^\[ *\d+\.\d{6}\] /.test(line));
  }
}

test("netconsole= sends every line of the log once, in order, from port 6665", async () => {
  const lab = (await Lab.boot("netconsole=@/,@10.0.2.2/", 6666)).connect();
  const log = lab.log();
  assert.ok(log.length > 3);
  assert.deepEqual(lab.received.join("").trimEnd().split("\n"), log);
  assert.equal(lab.received.length, log.length);
  assert.deepEqual([...lab.from], [6665]);
});

test("lines wait until the host answers ARP, and each is sent once", async () => {
  const lab = await Lab.boot("netconsole=4000@/,5000@10.0.2.2/", 5000);
  const { hardware } = lab.host;
  lab.host.hardware = Uint8Array.of(2, 0, 0, 0, 0, 9);
  const receive = lab.host.receive;
  lab.host.receive = () => {};
  lab.connect(60);
  assert.equal(lab.received.length, 0);
  lab.host.hardware = hardware;
  lab.host.receive = receive;
  lab.world.pass(90);
  assert.deepEqual(lab.received.join("").trimEnd().split("\n"), lab.log());
  assert.deepEqual([...lab.from], [4000]);
});

test("a + chooses netconsole's extended format", async () => {
  const lab = (await Lab.boot("netconsole=+@/,@10.0.2.2/", 6666)).connect();
  const log = lab.log();
  const expected = log.map((line, number) => {
    const [, seconds, micros, text] = /^\[ *(\d+)\.(\d{6})\] (.*)$/.exec(line) ?? [];
    return `6,${number},${Number(seconds) * 1e6 + Number(micros)},-;${text}\n`;
  });
  assert.deepEqual(lab.received, expected);
});

test("syslog= sends RFC 5424 messages with the time of day and the host name", async () => {
  const lab = (await Lab.boot("syslog=10.0.2.2", 514)).connect();
  const log = lab.log();
  assert.equal(lab.received.length, log.length);
  const times = lab.received.map((message, i) => {
    const [, time, text] = /^<6>1 (\S+) box kernel - - - (.*)$/.exec(message) ?? [];
    assert.equal(text, log[i].slice(log[i].indexOf("] ") + 2));
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    return Date.parse(time) - Number(/^\[ *([\d.]+)/.exec(log[i])?.[1]) * 1000;
  });
  // The same clock dates all lines.
  for (const time of times) assert.ok(Math.abs(time - times[0]) < 2, lab.received.join("\n"));
});

test("another address of the host is used if the first is dead", async () => {
  const hosts = "10.0.2.77 log.test\n10.0.2.2 log.test\n";
  const modules = [{ name: "hosts", bytes: Buffer.from(hosts) }];
  const lab = (await Lab.boot("syslog=log.test", 514, { modules })).connect(30);
  assert.equal(lab.received.length, lab.log().length);
});

test("another address of the host is used if the first refuses", async () => {
  const hosts = "10.0.2.3 log.test\n10.0.2.2 log.test\n";
  const modules = [{ name: "hosts", bytes: Buffer.from(hosts) }];
  const lab = await Lab.boot("syslog=log.test", 514, { modules });
  lab.addHost(3).refuseUdp(514);
  lab.connect();
  assert.equal(lab.received.length, lab.log().length);
});

test("a message that all addresses of the host refuse is not repeated", async () => {
  const hosts = "10.0.2.2 log.test\n10.0.2.4 log.test\n";
  const modules = [{ name: "hosts", bytes: Buffer.from(hosts) }];
  const lab = await Lab.boot("syslog=log.test", 514, { modules });
  lab.host.refuseUdp(514);
  lab.addHost(4).refuseUdp(514);
  let sent = 0;
  lab.network.taps.push((frame) => {
    if (Buffer.from(frame).includes(" kernel - - - ")) sent++;
  });
  lab.connect();
  assert.ok(sent <= 2 * lab.log().length, `${sent} messages`);
});

test("a refusal long after another one loses nothing", async () => {
  const hosts = "10.0.2.2 log.test\n10.0.2.4 log.test\n";
  const modules = [{ name: "hosts", bytes: Buffer.from(hosts) }];
  const lab = await Lab.boot("syslog=log.test", 514, { modules });
  lab.host.refuseUdp(514);
  const other = lab.addHost(4);
  const received: string[] = [];
  other.udp.set(514, ({ data }) => received.push(data.toString("utf8")));
  lab.connect();
  assert.equal(received.length, lab.log().length);
  // Now it is the second that refuses, and the first that accepts.
  lab.host.udp.set(514, ({ data }) => received.push(data.toString("utf8")));
  other.refuseUdp(514);
  // The server logs what its client does.
  lab.ask("iperf3 -s");
  lab.ask("iperf3 -c 127.0.0.1 -n 1K");
  lab.world.pass(10);
  assert.equal(received.length, lab.log().length);
});

test("[Log] of anonymos.conf names both, and the command line overrides it", async () => {
  const file = "[Log]\nnetconsole=@/,7000@10.0.2.2/\nsyslog=udp://10.0.2.2:5514\n";
  const modules = [{ name: "anonymos.conf", bytes: Buffer.from(file) }];
  const lab = await Lab.boot("netconsole=", 7000, { modules });
  let messages = 0;
  lab.host.udp.set(5514, () => messages++);
  lab.connect();
  assert.equal(lab.received.length, 0);
  assert.equal(messages, lab.log().length);
});

test("invalid values are reported with what was expected", async () => {
  const parameters = [
    ...["netconsole=10.0.2.2", "netconsole=@/,@10.0.2.2/00:11:22:33:44:55", "netconsole=@/,@h/"],
    ...["netconsole=0@/,@10.0.2.2/", "netconsole=@10.0.2.15/,@10.0.2.2/"],
    ...["syslog=tcp://a", "syslog=a:", "syslog=a:70000", "syslog=tls://", "syslog=a/b"],
    ...["syslog=0.0.0.0", "netconsole=@/,@255.255.255.255/"],
  ];
  for (const parameter of parameters) {
    const lab = (await Lab.boot(parameter, 6666)).connect(3);
    const { output } = lab.twin;
    assert.ok(output.includes(`cmdline: ${parameter}: invalid `), `${parameter}: ${output}`);
    assert.equal(lab.received.length, 0);
  }
});
