/** What the DHCP client logs, and how often (net/service/dhcp/journal.ts), in virtual time. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { DhcpBench, second, types, usual } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);

beforeEach(() => world.reset(11));

const at = (seconds: number) => BigInt(Math.round(seconds * 1e6));
/** The lines of the log that contain `words`. */
const logged = (words: string) =>
  world
    .text(wasm.logText())
    .split("\n")
    .filter((line) => line.includes(words));

test("logs a silent server once a minute, with what was sent", () => {
  wasm.start(0n);
  world.run(400n * second);
  const silent = logged("no answer from a server");
  assert.ok(silent.length >= 4 && silent.length <= 7, silent.join("\n"));
  assert.match(silent[0], /^net0: DHCP: no answer from a server for 1\d s, DISCOVER sent 2 times$/);
  const times = silent.map((line) => Number(/for (\d+) s/.exec(line)?.[1]));
  for (let i = 1; i < times.length; i++) assert.ok(times[i] - times[i - 1] >= 60, `${times}`);
});

test("logs what was wrong with an offer, once", () => {
  wasm.start(0n);
  world.poll();
  const bad = { yiaddr: "10.0.2.255" };
  for (let i = 0; i < 5; i++) world.reply(types.offer, bad);
  const why = "offer from 10.0.2.2 not used: 10.0.2.255/24 is not a host address";
  assert.equal(world.text(wasm.lastFailure()), why);
  assert.deepEqual(logged("not used"), [`net0: DHCP: ${why}`]);
  world.run(at(3));
  world.reply(types.offer);
  world.reply(types.ack);
  assert.equal(world.text(wasm.lastFailure()), "");
});

test("DHC-24: ignores and logs replies that are cut short or have no message type", () => {
  for (const [raw, why] of [
    [[53, 1, 2, 6, 4, 10], "its options are cut short"],
    [[1, 4, 255, 255, 255, 0, 255], "it has no message type"],
    [[53, 2, 2, 2, 255], "it has no message type"],
  ] as const) {
    world.reset(11);
    wasm.start(0n);
    world.poll();
    for (let i = 0; i < 3; i++) world.reply(types.offer, { raw: Buffer.from(raw) });
    assert.deepEqual(logged("not used"), [`net0: DHCP: reply from 10.0.2.2 not used: ${why}`]);
    assert.equal(world.state, "selecting");
    world.reply(types.offer);
    world.reply(types.ack);
    world.reply(types.ack, { raw: Buffer.from(raw) });
    assert.equal(world.text(wasm.lastFailure()), "", "a reply that nobody waits for");
  }
});

test("DHC-05: logs one unusable offer a minute, whatever its source and address", () => {
  wasm.start(0n);
  world.poll();
  for (let second = 0; second < 120; second++) {
    world.run(at(second));
    for (let i = 0; i < 4; i++) {
      const source = `10.0.3.${1 + ((4 * second + i) % 200)}`;
      world.reply(types.offer, { source, yiaddr: `224.0.0.${second}` });
    }
  }
  assert.equal(logged("not used").length, 2);
  assert.match(world.text(wasm.lastFailure()), /^offer from \S+ not used: 224\.0\.0\.119\/24/);
});

test("does not log silence while servers reply, even with unusable offers", () => {
  wasm.start(0n);
  for (let second = 0; second < 300; second++) {
    const sent = world.messages.length;
    world.run(at(second));
    if (world.messages.length > sent) world.reply(types.offer, { yiaddr: "10.0.2.255" });
  }
  assert.ok(wasm.attempts() > 5);
  assert.deepEqual(logged("no answer"), []);
  world.run(at(420));
  assert.match(logged("no answer")[0], /no answer from a server for \d+ s, DISCOVER sent \S+/);
});

test("after an offer, counts the silence from then on", () => {
  wasm.start(0n);
  world.run(at(9));
  world.reply(types.offer);
  world.run(at(30));
  assert.match(logged("no answer").join(), /^net0: .* for 1\d s, REQUEST sent 2 times$/);
});

test("logs that a renewal sent once was not answered", () => {
  world.bind(usual(3600));
  world.run(at(2600));
  assert.match(logged("no answer")[0], /from 10\.0\.2\.2 for 675 s, REQUEST sent once$/);
  world.run(at(3590));
  assert.match(logged("no answer").at(-1) ?? "", /from a server for \d+ s, REQUEST sent \S+/);
});
