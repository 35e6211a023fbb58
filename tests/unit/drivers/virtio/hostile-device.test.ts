/** Virtio devices that break the rules: nothing that they write may harm the kernel. */
import assert from "node:assert/strict";
import test from "node:test";
import { boot, frame, hex } from "../../../lab/scripted/virtio.ts";

const BUFFERS = 256;
const never = 0x7fff_ffff_ffff_ffffn;

test("SYS-09: counts and drops impossible lengths", async () => {
  const { model, drain, count, wasm } = await boot();
  const lengths = { lengthErrors: [0, 1, 11, 12], oversized: [1531, 2060, 65535, 2 ** 32 - 1] };
  for (const [name, list] of Object.entries(lengths)) {
    for (const length of list) {
      model.receive(frame(), { length });
      assert.equal(drain().length, 0, `${length}`);
    }
    assert.equal(count(name as "oversized"), list.length);
  }
  model.receive(frame(), { length: 13 });
  assert.equal(drain()[0].length, 1, "the stack rejects runts");
  assert.ok(model.receive(frame(60, 5)));
  assert.equal(hex(drain()[0]), hex(frame(60, 5)));
  assert.equal(wasm.available(), 1024 - BUFFERS);
});

type Bench = Awaited<ReturnType<typeof boot>>;

const violations: Record<string, (bench: Bench) => void> = {
  "returns a descriptor outside the table": ({ model }) => model.receive(frame(), { id: BUFFERS }),
  "returns a descriptor far outside": ({ model }) => model.receive(frame(), { id: 2 ** 32 - 1 }),
  "returns a descriptor twice": ({ model, wasm, transmit }) => {
    transmit(frame());
    wasm.flush();
    model.queues[1].give(0, 0);
    model.queues[1].give(0, 0);
  },
  "returns a descriptor that was never given": ({ model }) => model.queues[1].give(7, 0),
  "returns an index that runs ahead": ({ model }) => model.queues[0].moveIndex(BUFFERS + 1),
  "returns an index that goes back": ({ model }) => model.queues[0].moveIndex(-1),
  "asks to be reset": ({ machine, model }) => {
    model.askForReset();
    machine.sleep(1e6);
  },
};

for (const [what, violate] of Object.entries(violations)) {
  test(`SYS-13: stops a device that ${what}, until it is set up again`, async () => {
    const bench = await boot({ sendTime: what.includes("twice") ? 1e6 : 0 });
    const { machine, model, wasm, drain, transmit, logged } = bench;
    violate(bench);
    drain();
    wasm.needsPoll();
    assert.equal(wasm.linkUp(), 0);
    assert.equal(transmit(frame()), 0);
    assert.equal(wasm.canTransmit(), 0);
    assert.equal(wasm.needsPoll(), 0);
    assert.match(logged(), /virtio-net: the device has failed and is stopped$/);
    assert.equal(wasm.pollAt(BigInt(machine.clock.now)), never);
    assert.ok(!model.receive(frame()), "it was reset");
    wasm.setUp(0);
    wasm.setUp(1);
    assert.equal(wasm.linkUp(), 1);
    assert.equal(wasm.available(), 1024 - BUFFERS, "no frame is lost");
    assert.ok(model.receive(frame(60, 8)));
    assert.equal(hex(drain()[0]), hex(frame(60, 8)));
    assert.equal(logged().match(/has failed/g)?.length, 1);
  });
}

test("SYS-13: a device that dies is stopped when it is set up again", async () => {
  const { machine, model, wasm, transmit, drain, logged } = await boot();
  model.dead = true;
  assert.equal(transmit(frame()), 1);
  wasm.flush();
  machine.sleep(1e9);
  assert.deepEqual(drain(), []);
  wasm.setUp(0);
  wasm.setUp(1);
  assert.equal(wasm.linkUp(), 0);
  assert.equal(transmit(frame()), 0);
  wasm.needsPoll();
  assert.match(logged(), /has failed/);
  wasm.quiesce();
});

test("SYS-13: does not use a device whose structures are impossible", async () => {
  const far = await boot({ start: false, odd: { address: 0x4000_0000_0000 } });
  assert.ok(!far.found, "BAR 4 is out of reach");
  const near = await boot({ kind: "transitional", odd: { address: 0x4000_0000_0000 } });
  assert.equal(near.model.queues[0].waiting(), BUFFERS, "the legacy interface is used instead");
  const wide = await boot({ start: false, odd: { multiplier: 0x1000_0000 } });
  assert.equal(wide.wasm.start(), 1);
  assert.equal(wide.wasm.linkUp(), 0, "notifications would be outside of their structure");
});

test("SYS-13: does not use a device that refuses the features or has no queues", async () => {
  const refusing = await boot({
    start: false,
    prepare: (model) => {
      model.refuses = true;
    },
  });
  assert.equal(refusing.wasm.start(), 0);
  for (const queueSize of [0, 3, 8192]) {
    const { wasm } = await boot({ kind: "legacy", start: false, queueSize });
    assert.equal(wasm.start(), 0, `${queueSize} entries`);
  }
  const group = await boot({ start: false, mac: [1, 0, 0, 0, 0, 1] });
  assert.equal(group.wasm.start(), 0);
  const dead = await boot({
    start: false,
    prepare: (model) => {
      model.dead = true;
    },
  });
  assert.equal(dead.wasm.start(), 0);
});
