/** `ss -tio` prints the fields of iproute2 in their order, with their units. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { station } from "../lab/network/station.ts";
import { Switch } from "../lab/network/switch.ts";
import type { Faults } from "../lab/network/wire.ts";
import { MILLISECOND, World } from "../lab/network/world.ts";

/** The fields in the order of ss(8): as they are printed, without their values. */
const ORDER = [
  ...["ts", "sack", "ecn", "ecnseen", "cubic", "reno", "wscale", "rto", "backoff", "rtt", "ato"],
  ...["mss", "pmtu", "rcvmss", "advmss", "cwnd", "ssthresh", "bytes_sent", "bytes_retrans"],
  ...["bytes_acked", "bytes_received", "segs_out", "segs_in", "data_segs_out", "data_segs_in"],
  ...["send", "lastsnd", "lastrcv", "lastack"],
  ...["pacing_rate", "delivery_rate", "delivered", "app_limited"],
  ...["busy", "rwnd_limited", "sndbuf_limited", "unacked", "retrans", "lost", "sacked"],
  ...["dsack_dups", "reord_seen", "rcv_space", "rcv_ssthresh", "notsent", "minrtt", "snd_wnd"],
  "rcv_wnd",
];

/** Two kernels on one link; the server sends over a path with these faults. */
async function pair(faults: Partial<Faults>) {
  const world = new World(1);
  const network = new Switch(world);
  const [server, client] = [await station(world, network, 15), await station(world, network, 16)];
  server.port.setFaults({ delay: 50 * MILLISECOND }, { delay: 50 * MILLISECOND, ...faults });
  world.pass(3);
  return { world, server: server.twin, client: client.twin };
}

/** Returns the fields of the details of the first connection, and their values. */
function fieldsOf(shown: string): Map<string, string> {
  const details = /\n\t(.*?)\r\n/.exec(shown)?.[1] ?? "";
  const words = details
    .replace(/(send|pacing_rate|delivery_rate) /g, "$1:")
    .trim()
    .split(" ");
  const fields = words.map((word): [string, string] => {
    const colon = word.indexOf(":");
    return colon < 0 ? [word, ""] : [word.slice(0, colon), word.slice(colon + 1)];
  });
  const places = fields.map(([name]) => ORDER.indexOf(name));
  assert.ok(!places.includes(-1), details);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
    details,
  );
  return new Map(fields);
}

test("ss -tio shows a transfer with losses, field by field", async () => {
  const { world, server, client } = await pair({ loss: 0.03 });
  world.command(server, "httpd");
  client.type("curl -o null http://10.0.2.15/bytes/3000000\r", world.now);
  const seen = new Set<string>();
  let shown = "";
  for (let i = 0; i < 30; i++) {
    world.pass(0.1);
    shown = world.command(server, "ss -tio", 5);
    if (!shown.includes("ESTAB")) continue;
    for (const name of fieldsOf(shown).keys()) seen.add(name);
  }
  const missing = ORDER.filter((name) => !seen.has(name));
  const absent = ["ecn", "ecnseen", "reno", "backoff", "app_limited", "dsack_dups", "reord_seen"];
  const limits = ["rwnd_limited", "sndbuf_limited"];
  assert.deepEqual(
    missing.filter((name) => !absent.includes(name) && !limits.includes(name)),
    [],
  );
  const fields = fieldsOf(shown);
  const number = (name: string) => Number.parseFloat(fields.get(name) ?? "");
  assert.ok(number("rto") > 300 && number("rto") < 500 && number("rtt") >= 100);
  assert.deepEqual([number("mss"), number("pmtu"), number("advmss")], [1448, 1500, 1448]);
  const sent = number("bytes_sent") - number("bytes_retrans");
  assert.ok(sent >= number("bytes_acked") - 1 && sent < 3_000_200);
  assert.match(fields.get("send") ?? "", /^\d+\.\d[KM]bps$/);
  assert.match(fields.get("busy") ?? "", /^\d+ms$/);
  assert.match(shown, /10\.0\.2\.16:\d+ timer:\(on,(\d\.)?\d+ms,\d\)\r\n/);
  const exact = fieldsOf(world.command(server, "ss -tin", 5));
  assert.match(exact.get("send") ?? "", /^\d{5,}bps$/);
});

test("ss -o names the timer of an idle connection", async () => {
  const { world, server, client } = await pair({});
  world.command(server, "sock tcp; sock bind 1 80; sock listen 1");
  const shown = (command: string) => world.command(client, `${command}; ss -to`);
  assert.doesNotMatch(shown("sock tcp; sock connect 1 10.0.2.15 80"), /timer/);
  assert.match(
    shown("sock set 1 TCP_KEEPIDLE 100; sock set 1 SO_KEEPALIVE 1"),
    /10\.0\.2\.15:80 timer:\(keepalive,1min(39|40)sec,0\)/,
  );
  assert.match(shown("sock set 1 TCP_KEEPIDLE 15"), /timer:\(keepalive,1[45]sec,0\)/);
  assert.match(
    shown("sock set 1 SO_KEEPALIVE 0; sock send 1 x; sleep 0.01"),
    /timer:\(on,\d{3}ms,0\)/,
  );
  world.command(server, "sock accept 1; sock close 1; sock send 2 x");
  assert.match(shown("sock shutdown 1; sleep 1"), /FIN-WAIT-2 .* timer:\(timewait,2min\d+sec,0\)/);
});

test("ss -i tells why a sender is held up", async () => {
  const { world, server, client } = await pair({});
  world.command(client, "sysctl net.ipv4.tcp_rmem='65536 65536 65536'");
  world.command(server, "iperf3 -s");
  world.command(client, "sock tcp; sock connect 1 10.0.2.15 5201");
  world.command(server, "httpd");
  world.command(client, "sock tcp; sock connect 2 10.0.2.15 80");
  world.command(client, "sock send 2 -e 'GET /bytes/1000000 HTTP/1.0\\r\\n\\r\\n'; sleep 3");
  const rows = world.command(server, "ss -ti").split("\r\n\t");
  const sending = rows.find((row) => row.includes("bytes_sent:"));
  assert.match(sending ?? "", / busy:\d+ms rwnd_limited:\d+ms\(\d+\.\d%\)/);
});

test("ss shows connections, -l listeners, -a both; Netid only if both kinds are", async () => {
  const { world, server, client } = await pair({});
  world.command(server, "sock tcp; sock bind 1 80; sock listen 1");
  world.command(client, "sock tcp; sock connect 1 10.0.2.15 80");
  world.pass(1);
  const rows = (words: string) =>
    world.command(server, `ss ${words}`).split("\r\n").slice(1, -1).map(brief);
  const brief = (row: string) => row.replace(/ +/g, " ").trim();
  const [tcp, both] = ["State Recv-Q Send-Q Local Address:Port Peer Address:Port", "Netid State "];
  const connection = /^ESTAB 0 0 10\.0\.2\.15:80 10\.0\.2\.16:\d+$/;
  const [heading, row, ...rest] = rows("-t");
  assert.deepEqual([heading, rest], [tcp, []]);
  assert.match(row, connection);
  assert.deepEqual(rows("-tl"), [tcp, "LISTEN 1 256 *:80 *:*"]);
  assert.equal(rows("-ta").length, 3);
  assert.match(rows("")[0], new RegExp(`^${both}`));
  assert.match(rows("")[1], /^tcp ESTAB /);
  assert.deepEqual(rows("-u"), [tcp]);
  for (const [words, count] of [
    ["state established", 1],
    ["state listening", 1],
    ["state all sport = :80", 2],
    ["state synchronized dport 80", 0],
    ["dst 10.0.2.16 and src 10.0.2.0/24:80", 1],
    ["'( dst 10.0.2.16 and dport != :80 )'", 1],
    ["dst 10.0.2.17", 0],
  ] as const) {
    assert.equal(rows(`-t ${words}`).length, 1 + count, words);
  }
  for (const [words, wrong] of [
    ["state foo", "wrong state name: foo"],
    ["dst foo", 'an inet prefix is expected rather than "foo"'],
    ["sport = foo", '"foo" does not look like a port'],
    ["foo", '"foo": expected state, src, dst, sport, dport or and'],
  ]) {
    assert.ok(rows(words)[0].startsWith(`ss: ${wrong} (usage: ss `), words);
  }
});

test("ss -ua names the device of a socket that is bound to one", async () => {
  const lab = await Lab.at("S1");
  assert.match(lab.command("ss -ua"), /\nUNCONN +0 +0 +\*%net0:68 +\*:\*\r\n/);
});
