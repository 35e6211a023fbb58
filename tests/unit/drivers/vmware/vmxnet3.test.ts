/** The driver of vmxnet3 on the device's model (drivers/vmware/). */
import assert from "node:assert/strict";
import test from "node:test";
import { vmxnet3Function } from "../../../lab/machine/nic.ts";
import { Vmxnet3Model } from "../../../lab/machine/vmxnet3.ts";
import { type Build, bootCard, contract, type Setup, testMsi } from "../../../lab/scripted/card.ts";
import { frame, hex } from "../../../lab/scripted/nic.ts";

/** One descriptor of each ring always stays free. */
const RING = 255;
const [TXPROD, RXPROD] = [0x600, 0x800];
const never = 0x7fff_ffff_ffff_ffffn;

const build: Build<Vmxnet3Model> = (clock, machine, line, setup) => {
  const model = new Vmxnet3Model(clock, machine, line, setup);
  return { model, card: vmxnet3Function(model) };
};
const boot = (setup: Setup = {}) => bootCard(build, setup);

// An interrupt that becomes due while it is masked comes once it is unmasked.
contract(boot, { receives: RING, sends: RING, late: 1 });
const terms = { receives: RING, sends: RING, late: 1, name: "MSI" };
contract((setup) => boot({ ...setup, apic: "page" }), terms);
testMsi(boot);

test("activates the device, and reads its address and speed", async () => {
  const { wasm, pci } = await boot();
  assert.equal(wasm.address(), 0x525400123456n);
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.linkSpeed(), 1000);
  assert.equal(pci.command & 4, 4, "bus mastering");
});

test("sends a batch of frames with one register write", async () => {
  const { model, transmit, wasm } = await boot();
  for (let i = 0; i < 100; i++) transmit(frame(60, i));
  wasm.flush();
  wasm.flush();
  assert.equal(model.writes.get(TXPROD), 1);
  assert.equal(model.sent.length, 100);
});

test("tells the device of new buffers only if it wants that", async () => {
  for (const wanted of [false, true]) {
    const { model, wasm, drain } = await boot({ start: false });
    model.wantsProducer = wanted;
    assert.equal(wasm.start(), 1);
    model.receive(frame());
    assert.equal(drain().length, 1);
    assert.equal(model.writes.get(RXPROD), wanted ? 2 : 1);
  }
});

test("accepts broadcasts, and rejects multicasts and frames for other stations", async () => {
  const { model, drain } = await boot();
  assert.ok(model.receive(frame(60, 1, [255, 255, 255, 255, 255, 255])));
  assert.ok(!model.receive(frame(60, 1, [0x52, 0x54, 0, 0x12, 0x34, 0x57])));
  assert.ok(!model.receive(frame(60, 1, [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01])));
  assert.equal(drain().length, 1);
});

test("gives back descriptors that the device skips", async () => {
  const { model, drain, wasm } = await boot();
  for (let i = 0; i < 2000; i++) {
    if (i % 3 === 0) model.skip();
    assert.ok(model.receive(frame(60, i)));
    assert.equal(hex(drain()[0]), hex(frame(60, i)));
  }
  assert.equal(wasm.available(), 1024 - RING);
});

test("SYS-09: drops frames with errors and impossible lengths, and counts the causes", async () => {
  const { model, drain, count, wasm } = await boot();
  model.receive(frame(), { errors: 1 << 14 });
  model.receive(frame(), { length: 0 });
  model.receive(frame(), { unfinished: true });
  for (const length of [1519, 2049, 0x3fff]) model.receive(frame(), { length });
  assert.deepEqual(drain(), []);
  assert.equal(count("crcErrors"), 1);
  assert.equal(count("lengthErrors"), 1);
  assert.equal(count("oversized"), 4);
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  assert.equal(wasm.available(), 1024 - RING);
});

const violations: Record<string, (bench: Awaited<ReturnType<typeof boot>>) => void> = {
  "returns a descriptor outside the ring": ({ model }) => model.receive(frame(), { id: 256 }),
  "returns the one that it does not hold": ({ model }) => model.receive(frame(), { id: 255 }),
  "has sent a frame that it was not given": ({ model }) => model.completeSent(0),
  "has sent one outside the ring": ({ model, transmit, wasm }) => {
    transmit(frame());
    wasm.flush();
    model.completeSent(4095);
  },
  "stops a queue": ({ machine, model }) => {
    model.stopQueue();
    machine.sleep(1e6);
  },
};

for (const [what, violate] of Object.entries(violations)) {
  test(`SYS-13: stops a device that ${what}, until it is set up again`, async () => {
    const bench = await boot();
    const { model, wasm, drain, transmit } = bench;
    violate(bench);
    drain();
    wasm.needsPoll();
    assert.equal(wasm.linkUp(), 0);
    assert.equal(transmit(frame()), 0);
    assert.equal(wasm.canTransmit(), 0);
    assert.equal(wasm.needsPoll(), 0);
    assert.equal(wasm.pollAt(0n), never);
    assert.ok(!model.receive(frame()), "it was reset");
    wasm.setUp(0);
    wasm.setUp(1);
    assert.equal(wasm.linkUp(), 1);
    assert.equal(wasm.available(), 1024 - RING, "no frame is lost");
    assert.ok(model.receive(frame(60, 8)));
    assert.equal(hex(drain()[0]), hex(frame(60, 8)));
  });
}

test("SYS-13: does not use a device of another revision, or one that refuses", async () => {
  const old = await boot({ start: false });
  old.model.revisions = 2;
  assert.equal(old.wasm.start(), 0);
  const refusing = await boot({ start: false });
  refusing.model.refuses = true;
  assert.equal(refusing.wasm.start(), 1);
  assert.equal(refusing.wasm.linkUp(), 0);
  assert.equal(refusing.transmit(frame()), 0);
  assert.equal(refusing.wasm.needsPoll(), 0);
});
