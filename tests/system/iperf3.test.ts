/** `iperf3` between two kernels: both directions, parallel streams, bytes, and servers that end. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Twin } from "../lab/machine/twin.ts";
import { station } from "../lab/network/station.ts";
import { type Port, Switch } from "../lab/network/switch.ts";
import { MILLISECOND, World } from "../lab/network/world.ts";

/** Bits per second of each wire. */
const RATE = 20e6;

let world: World;
let server: Twin;
let client: Twin;
let port: Port;

beforeEach(async () => {
  world = new World(1);
  const network = new Switch(world);
  const boot = async (last: number) => {
    const booted = await station(world, network, last);
    port = booted.port;
    const wire = { bandwidth: RATE, delay: 2 * MILLISECOND };
    port.setFaults(wire, wire);
    return booted.twin;
  };
  server = await boot(15);
  client = await boot(16);
  world.pass(3);
});

const serve = (words = "") => world.command(server, `iperf3 -s ${words}`);
const ask = (words: string, seconds = 60) =>
  world.command(client, `iperf3 -c 10.0.2.15 ${words}; echo exit $?`, seconds);

/**
 * Returns the bytes (as rounded in the report), the Mbit/s and the retransmissions of the last row
 * that ends with `end`.
 */
function row(report: string, end: string): { bytes: number; rate: number; retransmits: string } {
  const number = "([\\d.]+) ([KMG]?)";
  const rest = `sec +${number}Bytes +${number}bits/sec +(\\d*) +${end}\\r?$`;
  const found = [...report.matchAll(new RegExp(rest, "gm"))].at(-1);
  assert.ok(found, report);
  const [, bytes, unit, rate, rateUnit, retransmits] = found;
  const power = (letter: string) => " KMG".indexOf(letter || " ");
  return {
    bytes: Number(bytes) * 1024 ** power(unit),
    rate: Number(rate) * 1000 ** (power(rateUnit) - 2),
    retransmits,
  };
}

const fills = (rate: number) => assert.ok(rate > 18 && rate < 20, `${rate} Mbit/s`);

test("-O leaves out the start, and -t counts from there", () => {
  serve();
  const started = world.now;
  const said = ask("-t 2 -O 1");
  const seconds = (world.now - started) / 1e9;
  assert.ok(seconds > 3 && seconds < 3.5, `${seconds} s`);
  assert.match(said, / 0\.00-2\.00 +sec .*sender\r\n/);
  assert.match(said, /iperf Done\.\r\nexit 0\r\n/);
});

test("measures what the wire carries, in iperf3's format", () => {
  assert.match(serve(), /\nServer listening on 5201\r\n/);
  const said = ask("-t 3");
  const lines = said.split("\r\n");
  assert.equal(lines[1], "Connecting to host 10.0.2.15, port 5201");
  assert.match(
    lines[2],
    /^\[ {2}5\] local 10\.0\.2\.16 port \d+ connected to 10\.0\.2\.15 port 5201$/,
  );
  assert.equal(lines[3], "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd");
  const interval = / sec {2}2\.\d\d MBytes {2}\d\d\.\d Mbits\/sec {4}0 {4}\d+ KBytes {7}$/;
  for (const [i, time] of ["0.00-1.00  ", "1.00-2.00  ", "2.00-3.00  "].entries()) {
    assert.ok(lines[4 + i].startsWith(`[  5]   ${time}`), lines[4 + i]);
    assert.match(lines[4 + i], interval);
  }
  assert.match(said, /receiver\r\n\r\niperf Done\.\r\nexit 0\r\n/);
  fills(row(said, "receiver").rate);
  assert.equal(row(said, "sender").retransmits, "0");
  world.pass(0.1);
  const log = world.command(server, "dmesg");
  assert.match(log, /iperf3: Accepted connection from 10\.0\.2\.16, port \d+\r\n/);
  assert.equal(row(log, "receiver").rate, row(said, "receiver").rate);
  assert.doesNotMatch(log, /iperf3: error/);
});

test("-R measures the other direction, -P several streams, -n counts bytes exactly", () => {
  serve();
  const reverse = ask("-t 3 -R");
  assert.match(reverse, /Reverse mode, remote host 10\.0\.2\.15 is sending/);
  fills(row(reverse, "receiver").rate);
  const parallel = ask("-t 3 -P 4");
  assert.equal(parallel.match(/^\[SUM\]/gm)?.length, 5);
  fills(row(parallel, "receiver").rate);
  for (const words of ["-n 300K", "-n 300K -R", "-n 300K -P 3"]) {
    const said = ask(words);
    assert.equal(row(said, "sender").bytes, 300 * 1024);
    assert.equal(row(said, "receiver").bytes, 300 * 1024);
  }
});

test("counts retransmissions of a lossy path on the side that sends", () => {
  const lossy = { loss: 0.01, bandwidth: RATE };
  port.setFaults(lossy, lossy);
  serve();
  const said = ask("-t 5", 120);
  assert.ok(Number(row(said, "sender").retransmits) > 0, said);
});

test("-n -R counts the bytes that arrive before the server's TEST_RUNNING", () => {
  serve();
  const lossy = { bandwidth: RATE, delay: 2 * MILLISECOND, loss: 0.1 };
  port.setFaults(lossy, lossy);
  for (let i = 0; i < 10; i++) {
    assert.match(ask("-n 30K -R", 100), /\nexit 0\r\n/);
    // The server is busy until it has seen the client's last segments.
    world.pass(20);
  }
});

test("-b limits a client and, with -R, a server", () => {
  serve();
  for (const words of ["-t 2 -b 2M", "-t 2 -b 2M -R"]) {
    const { rate } = row(ask(words), "receiver");
    assert.ok(rate > 1.8 && rate < 2.2, `${rate} Mbit/s`);
  }
});

test("-1 serves one test, -D logs nothing, stop ends a test", () => {
  serve("-1 -D -p 5555");
  assert.match(ask("-t 1 -p 5555"), /exit 0/);
  world.pass(0.1);
  assert.match(ask("-t 1 -p 5555"), /unable to connect to server: Connection refused\r\nexit 1/);
  assert.doesNotMatch(world.command(server, "dmesg"), /iperf3: /);
  serve();
  assert.match(serve(), /already running/);
  client.type("iperf3 -c 10.0.2.15 -t 100\r", world.now);
  world.pass(2);
  world.command(server, "iperf3 stop");
  world.pass(1);
  assert.match(client.output, /iperf3: error - the server has terminated\r\nanonymos> $/);
  assert.match(world.command(server, "iperf3 stop; echo exit $?"), /not running\r\nexit 1/);
});

test("a busy server says so; Ctrl-C ends a test on both sides", () => {
  serve();
  client.type("iperf3 -c 10.0.2.15 -t 100\r", world.now);
  world.pass(2);
  const busy = world.command(server, "iperf3 -c 10.0.2.15");
  assert.match(busy, /iperf3: error - the server is busy running a test\. try again later\r\n/);
  client.type("\x03", world.now);
  world.pass(1);
  assert.match(client.output, / sender\r\n.*receiver\r\niperf3: interrupt - the client has term/s);
  assert.match(world.command(server, "dmesg"), /iperf3: error - the client has terminated/);
  assert.match(ask("-n 1K"), /exit 0/);
});

test("frees what a test has used, on both sides", () => {
  serve();
  for (let i = 0; i < 20; i++) assert.match(ask("-n 10K -P 5"), /exit 0/);
  world.pass(120);
  for (const twin of [server, client]) {
    assert.doesNotMatch(world.command(twin, "ss -ta"), /ESTAB|WAIT|LAST-ACK|CLOSING/);
  }
});

test("rejects wrong usage in iperf3's words", () => {
  const cases = {
    "": "must either be a client (-c) or server (-s)",
    "-s -c a": "cannot be both server and client",
    "-s -t 3": "some option you are trying to set is client only",
    "-c a -1": "some option you are trying to set is server only",
    "-c a -t 1 -n 1": "only one test end condition (-t, -n) may be specified",
    "-c a -i 0.01": "invalid report interval (min = 0.1, max = 60 seconds)",
    "-c a -P 129": "invalid argument: '129': out of range: 1 <= value <= 128",
    "-c a -t 86401": "invalid argument: '86401': out of range: 1 <= value <= 86400",
    "-c a -n 0": "invalid argument: '0'",
    "-c a -n 9x": "invalid argument: '9x'",
    "-c a -b 99999999999G": "invalid argument: '99999999999G'",
    "-c a -S none": "invalid argument: 'none'",
    "-c a b": "extra operand 'b'",
  };
  for (const [words, fault] of Object.entries(cases)) {
    const said = world.command(client, `iperf3 ${words}; echo exit $?`);
    const prefix = words === "-c a b" ? "" : "parameter error - ";
    assert.ok(said.includes(`\niperf3: ${prefix}${fault} (usage: `), said);
    assert.match(said, /exit 2/);
  }
});
