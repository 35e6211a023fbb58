/** HTTPS between twins: real TLS on both sides, over faulty wires. */
import assert from "node:assert/strict";
import test from "node:test";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { identity, identityOf, trusting } from "../lab/host/identity.ts";
import { DMA_BASE } from "../lab/machine/machine.ts";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import { Twin } from "../lab/machine/twin.ts";
import { Relay } from "../lab/network/relay.ts";
import { SECOND } from "../lab/network/world.ts";
import { address, be16, internetSum, pseudoSum, TCP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";

const YEAR = 365 * 86_400_000;
const START = 1_700_000_000_000;
/** Dates valid for a twin, whose clock starts in November 2023; `moved` shifts them, in ms. */
const dates = (moved = 0) => ({
  notBefore: new Date(START - YEAR + moved),
  notAfter: new Date(START + YEAR + moved),
});

test("transfers a body on a new connection and on a resumed session", async () => {
  const pair = await SecurePair.boot();
  const said = pair.fetch(100_000, "-v");
  assert.match(said, /^\* TLSv1\.3, TLS1-3-CHACHA20-POLY1305-SHA256, x25519, ALPN http\/1\.1\r?$/m);
  assert.match(said, /^\* root: CN=AnonymOS Tests \(added\)\r?$/m);
  assert.match(said, /^\* SSL certificate verify ok\.\r?$/m);
  assert.match(pair.fetch(1_000_000, "-v"), /Re-using existing connection/);
  assert.match(pair.fetchAnew(1, "-v"), /^\* TLSv1\.3, .*, resumed\r?$/m);
  const posted = pair.ask("curl -d @bytes:70000 https://b.test/discard");
  assert.match(posted, /^70000 bytes discarded/m);
});

test("tls prints the chain, and why it is rejected", async () => {
  const pair = await SecurePair.boot();
  const good = pair.ask("tls 10.0.2.16");
  assert.match(good, /certificate 1 of 2\r\n.*subject: CN=a\.test\r\n/);
  assert.match(good, /names: .*DNS:b\.test, .*IP:10\.0\.2\.16/);
  assert.match(good, /certificate 2 of 2\r\n.*subject: CN=AnonymOS Tests' Authority\r\n/);
  const verdict = "stapled OCSP response: none\r\nrevocation list: none\r\nverification: ok\r\n";
  assert.ok(good.includes(`\nroot: CN=AnonymOS Tests (added)\r\n${verdict}`), good);
  const bad = pair.ask("tls other.test");
  assert.match(bad, /^tls: \(60\) other\.test port 443: .*it is not valid for this name\r?$/m);
});

test("explains a rejected certificate, and accepts it with -k", async () => {
  const root = makeRoot("Root", dates());
  const usual = {
    trust: trusting(root),
    identity: identityOf(makeServer(["b.test"], root, dates())),
  };
  const server = (moved: number) => identityOf(makeServer(["b.test"], root, dates(moved)));
  const old = makeRoot("Root", { ...dates(-3 * YEAR), key: root.keys });
  const cases = [
    [{ ...usual, trust: [] }, "its issuer is not trusted"],
    [{ ...usual, trust: trusting(makeRoot("Root", dates())) }, "its issuer is not trusted"],
    [{ ...usual, trust: trusting(old) }, "its root has expired"],
    [{ ...usual, identity: server(-2 * YEAR) }, "it has expired"],
    [{ ...usual, identity: server(2 * YEAR) }, "it is not yet valid"],
    [{ ...usual, identity }, "its issuer is not trusted"],
  ] as const;
  for (const [options, words] of cases) {
    const pair = await SecurePair.boot({ ...options, trust: [...options.trust] });
    const said = pair.ask("curl https://b.test/");
    assert.match(
      said,
      new RegExp(`^curl: \\(60\\) .*certificate verification failed: .*${words}`, "m"),
    );
    assert.match(pair.ask("curl -k https://b.test/status.json"), /"name"/);
  }
  const pair = await SecurePair.boot(usual);
  assert.match(pair.ask("curl https://other.test/"), /\(60\) .*it is not valid for this name/);
  assert.match(pair.ask("curl https://10.0.2.16/"), /\(60\) .*it is not valid for this name/);
  pair.fetch(10);
});

test("survives loss, duplicates, reordering and corruption", async () => {
  const pair = await SecurePair.boot();
  const faults = { loss: 0.05, duplicate: 0.05, reorder: 0.1, reorderTime: 2e6, flip: 0.02 };
  pair.clientPort.setFaults({ ...faults, damage: 0.02, truncate: 0.01 });
  for (let i = 0; i < 10; i++) i % 2 === 0 ? pair.fetch(60_000) : pair.fetchAnew(60_000);
});

/** Limits the segment size that both sides announce; the function returned tells the longest. */
function clamp(pair: SecurePair, most: number): () => number {
  let longest = 0;
  pair.network.taps.push((frame) => {
    const ip = parseIp(frame);
    if (ip?.protocol !== TCP) return;
    const segment = Buffer.from(frame.buffer, frame.byteOffset + ip.start, ip.end - ip.start);
    const header = (segment[12] >> 4) * 4;
    longest = Math.max(longest, segment.length - header);
    if ((segment[13] & 2) === 0) return; // no SYN
    assert.equal(be16(segment, 20), 0x0204, "its first option is not the segment's size");
    segment.writeUInt16BE(most, 22);
    segment.writeUInt16BE(0, 16);
    const before = pseudoSum(ip.source, ip.destination, TCP, segment.length);
    segment.writeUInt16BE(0xffff ^ internetSum(segment, before), 16);
  });
  return () => longest;
}

test("TLS-48: handshakes and bodies in both directions survive segments of 88 bytes", async () => {
  const pair = await SecurePair.boot();
  const longest = clamp(pair, 88);
  pair.fetch(20_000);
  assert.match(pair.fetchAnew(20_000, "-v"), /, resumed\r?$/m);
  assert.match(pair.ask("curl -d @bytes:20000 https://b.test/discard"), /^20000 bytes discarded/m);
  // The option of timestamps takes 12 bytes of each segment.
  assert.equal(longest(), 88 - 12);
});

test("reports an end without close_notify, and a byte changed on the way", async () => {
  const pair = await SecurePair.boot();
  const relay = new Relay(pair.gateway, 443, address("10.0.2.16"));
  const ask = () => {
    pair.world.pass(31);
    return pair.ask("curl -k -o null https://relay.b.test/bytes/50000");
  };
  assert.match(ask(), /HTTP 200, 50000 bytes/);
  const whole = relay.passed;
  // In the handshake, in the response's header, and in its body.
  for (const [cut, words] of [
    [200, "closed the connection during the handshake"],
    [1700, "without close_notify"],
    [30_000, "without close_notify"],
  ] as const) {
    relay.meddling = { cut };
    const said = ask();
    assert.match(said, new RegExp(`^curl: \\(\\d+\\) .*${words}`, "m"), `${cut} of ${whole}`);
    assert.doesNotMatch(said, /HTTP 200/);
  }
  for (const flip of [100, 1000, 30_000]) {
    relay.meddling = { flip };
    assert.match(ask(), /^curl: \(\d+\) .*TLS: bad record MAC/m);
  }
  relay.meddling = {};
  assert.match(ask(), /HTTP 200, 50000 bytes/);
});

test("the same seed gives the same frames", async () => {
  const run = async (seed: number) => {
    const frames: string[] = [];
    const pair = await SecurePair.boot({ seed });
    pair.network.taps.push((frame, time) => {
      frames.push(`${time} ${Buffer.from(frame).toString("hex")}`);
    });
    pair.fetch(20_000);
    pair.fetchAnew(20_000);
    return { frames, client: pair.client.output, server: pair.server.output };
  };
  const first = await run(1);
  const text = Buffer.from(first.frames.map((line) => line.split(" ")[1]).join(""), "hex");
  assert.ok(!text.includes("GET /bytes"), "a request is readable on the wire");
  assert.deepEqual(await run(1), first);
  const other = await run(2);
  assert.notDeepEqual(other.frames, first.frames);
});

test("frees everything after failures, and after a peer that sends slowly", async () => {
  const pair = await SecurePair.boot();
  pair.fetch(1000);
  const settle = () => pair.world.pass(130);
  settle();
  const before = [pair.held(pair.client), pair.held(pair.server)];
  for (let i = 0; i < 20; i++) i % 5 === 0 ? pair.fetchAnew(5000) : pair.fetch(5000);
  pair.ask("curl https://other.test/");
  pair.ask("tls b.test");
  for (let i = 0; i < 5; i++)
    pair.gateway.tcp.connect(address("10.0.2.16"), 443).write(Buffer.of(1));
  settle();
  [pair.client, pair.server].forEach((twin, i) => {
    const after = pair.held(twin);
    assert.equal(after.connections, 0);
    assert.equal(after.library, before[i].library);
    assert.equal(after.frames, before[i].frames);
    assert.ok(after.heap <= before[i].heap + 16_384, `${before[i].heap} became ${after.heap}`);
  });
});

test("drops silent clients in time on a small machine", async () => {
  const memoryLimit = 29 << 18;
  const pair = await SecurePair.boot({ server: { machine: { memoryLimit } } });
  const { world, gateway, server } = pair;
  const silent = Array.from({ length: 20 }, () => gateway.tcp.connect(address("10.0.2.16"), 443));
  world.pass(2);
  const { connections } = pair.held(server);
  assert.ok(connections > 100_000 && connections < memoryLimit / 15, `${connections} bytes`);
  assert.match(pair.ask("curl -m 5 https://b.test/"), /^curl: \((28|35)\) /m);
  assert.match(pair.ask("ping -c 1 10.0.2.16"), / 1 received/);
  world.pass(150);
  assert.deepEqual(
    silent.filter((connection) => !connection.closed),
    [],
  );
  pair.fetch(50_000);
});

test("performs a full handshake after a reset of the server", async () => {
  const pair = await SecurePair.boot();
  const { world, server } = pair;
  pair.fetch(10);
  assert.match(pair.fetchAnew(10, "-v"), /, resumed\r?$/m);
  world.after(0.001 * SECOND, () => server.reset(world.now));
  assert.match(pair.ask("curl -m 20 -o null https://b.test/bytes/5000000"), /^curl: \(\d+\) /m);
  world.pass(5);
  world.command(server, "httpd -s");
  assert.doesNotMatch(pair.fetchAnew(10, "-v"), /, resumed\r?$/m);
});

test("keeps the key out of the console and of the kernel's memory", async () => {
  const [, key] = identity;
  const lines = Buffer.from(key.bytes).toString().split("\n").slice(1, -2);
  const der = Buffer.from(lines.join(""), "base64");
  assert.ok(der.length > 100);
  const look = (twin: Twin) => {
    const bytes = Buffer.from(twin.machine.dmaView(DMA_BASE, twin.memoryBytes()));
    assert.ok(bytes.includes(Buffer.from("server.key", "utf16le")), "not the kernel's memory");
    for (const line of lines) assert.ok(!twin.output.includes(line) && !bytes.includes(line));
    // PKCS #8, RFC 5915: the private number follows a constant header.
    assert.ok(!bytes.includes(der.subarray(36, 68)));
  };
  look(await Twin.boot({ modules: identity }));
  const pair = await SecurePair.boot();
  pair.fetch(1000);
  pair.world.command(pair.server, "dmesg; ca list; ss -ti; free; httpd stop");
  look(pair.server);
});

test("passes every self-test of the library", async () => {
  const twin = await Twin.boot();
  twin.pass(1);
  const said = twin.command("selftest tls");
  assert.equal([...said.matchAll(/^ok {3}/gm)].length, 19, said);
  assert.doesNotMatch(said, /FAILED/);
});

test("SYS-01: returns to the baseline after an hour of HTTPS every 5 s, with losses", async () => {
  const pair = await SecurePair.boot();
  const look = () => {
    pair.clientPort.setFaults({});
    pair.world.pass(150);
    return [pair.held(pair.client), pair.held(pair.server)];
  };
  const storm = () => pair.clientPort.setFaults({ loss: 0.01, duplicate: 0.02, reorder: 0.05 });
  storm();
  pair.soak(300);
  const before = look();
  storm();
  assert.ok(pair.soak(3600) > 600);
  for (const [i, after] of look().entries()) {
    assert.equal(after.connections, 0);
    assert.equal(after.library, before[i].library);
    assert.equal(after.frames, before[i].frames);
    assert.ok(after.heap <= before[i].heap * 1.01, `${before[i].heap} became ${after.heap}`);
  }
});
