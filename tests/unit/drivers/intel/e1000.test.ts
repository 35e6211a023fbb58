/** The 8254x driver on the model (drivers/intel/): start, interrupts, link and shutdown. */
import assert from "node:assert/strict";
import test from "node:test";
import { testMsi } from "../../../lab/scripted/card.ts";
import { boot, frame, hex, type Setup } from "../../../lab/scripted/e1000.ts";

const [RCTL, TCTL, IMS, ICR, TDT, TDH] = [0x100, 0x400, 0xd0, 0xc0, 0x3818, 0x3810];
const ADDRESS = 0x525400123456n;

test("descriptors have the layout of SDM tables 3-1 and 3-8", async () => {
  const { wasm } = await boot({ start: false });
  const offsets = Array.from({ length: 15 }, (_, i) => wasm.fieldOffset(i));
  assert.deepEqual(offsets, [0, 8, 10, 12, 13, 14, 16, 0, 8, 10, 11, 12, 13, 14, 16]);
});

test("sets the address, filters and rings on start, and writes RCTL once", async () => {
  for (const qemu of [false, true]) {
    const { model, wasm, pci } = await boot({ qemu });
    assert.equal(wasm.address(), ADDRESS);
    assert.equal(model.writeCount(RCTL), 1);
    assert.equal(model.get(RCTL) >>> 0, 0x04008002, "EN, BAM, SECRC, 2048 bytes, not promiscuous");
    assert.equal(model.get(TCTL), 0x000400f2, "EN, CT 15, COLD 64, no padding (PSP)");
    assert.equal(model.freeReceive(), 255);
    assert.equal(model.resets, 1);
    assert.equal(pci.command & 7, 7, "bus mastering");
    assert.equal(wasm.linkUp(), 1);
    assert.equal(wasm.linkSpeed(), 1000);
    assert.equal(wasm.available(), 1024 - 256);
  }
});

testMsi((setup) => boot({ is82574: true, ...setup }));

test("stops an 82574's DMA before a reset, and reads its EEPROM in its own format", async () => {
  for (const loadsAddress of [true, false]) {
    const bench = await boot({ is82574: true, loadsAddress });
    const { machine, model, wasm, drain, transmit } = bench;
    assert.equal(wasm.address(), ADDRESS);
    assert.equal(model.resets, 1);
    assert.equal(model.get(0) & 4, 0, "DMA is enabled again");
    assert.ok(model.receive(frame(60, 1)));
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 1);
    assert.equal(hex(drain()[0]), hex(frame(60, 1)));
    assert.equal(wasm.needsPoll(), 0);
    assert.equal(transmit(frame(60, 2)), 1);
    wasm.flush();
    assert.equal(hex(model.sent[0]), hex(frame(60, 2)));
    wasm.quiesce();
    assert.equal(model.resets, 2);
  }
});

test("disables a ring that firmware left enabled", async () => {
  const { model, wasm } = await boot({ start: false, qemu: true });
  model.set(RCTL, 2);
  model.set(0x2808, 128);
  assert.equal(wasm.start(), 1);
  assert.equal(model.writeCount(RCTL), 2);
});

test("reads the address from the EEPROM, by EERD or bit by bit, if RAL0 is empty", async () => {
  const read = await boot({ loadsAddress: false });
  assert.equal(read.wasm.address(), ADDRESS);
  assert.ok(read.model.receive(frame()), "the filter contains it");
  for (const device of [0x1008, 0x100c, 0x100d]) {
    const bits = await boot({ loadsAddress: false, bitEeprom: true, device });
    assert.equal(bits.wasm.address(), ADDRESS);
  }
});

test("does not start without a usable address, or with a dead EEPROM", async () => {
  const none = await boot({ start: false, loadsAddress: false, mac: [0, 0, 0, 0, 0, 0] });
  assert.equal(none.wasm.start(), 0);
  const group = await boot({ start: false, mac: [1, 0, 0, 0, 0, 1] });
  assert.equal(group.wasm.start(), 0);
  const deadEeprom = await boot({ start: false, loadsAddress: false, bitEeprom: true });
  assert.equal(deadEeprom.wasm.start(), 0, "EERD never reports DONE");
  assert.ok(deadEeprom.machine.clock.now < 1e9);
  assert.equal(deadEeprom.wasm.available(), 1024);
});

test("masks interrupts from the first one until the ring is empty", async () => {
  const { machine, model, wasm, drain } = await boot();
  machine.sleep(1e6);
  for (let i = 0; i < 10; i++) {
    model.receive(frame(60, i));
    machine.sleep(100_000);
  }
  assert.equal(machine.interrupts, 1);
  assert.equal(model.get(IMS), 0);
  assert.equal(wasm.needsPoll(), 1);
  assert.equal(drain().length, 10);
  assert.equal(wasm.needsPoll(), 0);
  assert.notEqual(model.get(IMS), 0);
  machine.sleep(1e6);
  assert.equal(machine.interrupts, 1, "polled frames cause no interrupt");
  model.receive(frame());
  machine.sleep(1e6);
  assert.equal(machine.interrupts, 2);
});

test("a frame that arrives as interrupts are unmasked is polled or interrupts", async () => {
  const { machine, model, wasm, drain } = await boot();
  for (let delay = 0; delay < 3000; delay += 10) {
    model.receive(frame());
    machine.sleep(200_000);
    const before = machine.interrupts;
    machine.clock.after(delay, () => model.receive(frame()));
    let got = drain().length;
    while (wasm.needsPoll()) got += drain().length;
    machine.sleep(200_000);
    assert.ok(got === 2 || machine.interrupts > before, `lost at ${delay} ns`);
    drain();
    while (wasm.needsPoll()) drain();
  }
});

test("moderates interrupts to fewer than 20,000 a second under a flood", async () => {
  const { machine, model, wasm } = await boot();
  const start = machine.clock.now;
  const flood = () => {
    model.receive(frame());
    if (machine.clock.now < start + 100e6) machine.clock.after(5_000, flood);
  };
  flood();
  machine.run(start + 110e6);
  assert.equal(wasm.receivedByTurns(), 20_001);
  assert.ok(machine.interrupts < 2_000, `${machine.interrupts}`);
});

test("loses no frame when another device shares the interrupt line", async () => {
  const { machine, model, wasm } = await boot();
  const start = machine.clock.now;
  let sent = 0;
  const flood = () => {
    if (model.receive(frame())) sent++;
    if (machine.clock.now < start + 50e6) machine.clock.after(70_001, flood);
  };
  flood();
  // The other device interrupts at odd moments, and its handler lowers the line at once.
  const neighbour = () => {
    machine.takeInterrupt(32 + 11);
    if (machine.clock.now < start + 50e6) machine.clock.after(33_333, neighbour);
  };
  machine.clock.after(10_000, neighbour);
  machine.run(start + 60e6);
  assert.equal(wasm.receivedByTurns(), sent);
});

test("reports the link going down and up by interrupt", async () => {
  const { machine, model, wasm, transmit, count } = await boot();
  model.setLink(false);
  machine.sleep(100_000);
  assert.equal(machine.interrupts, 1);
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 0);
  assert.equal(wasm.linkSpeed(), 0);
  assert.equal(transmit(frame()), 0);
  assert.equal(count("linkDown"), 1);
  model.setLink(true);
  machine.sleep(100_000);
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 1);
  assert.equal(transmit(frame()), 1);
  wasm.flush();
  assert.equal(model.sent.length, 1);
  assert.equal(wasm.available(), 1024 - 256);
});

test("a disabled card neither receives, sends nor interrupts until enabled again", async () => {
  const { machine, model, wasm, transmit, drain } = await boot({ sendTime: 10_000 });
  for (let i = 0; i < 20; i++) {
    model.receive(frame());
    transmit(frame());
  }
  wasm.flush();
  wasm.setUp(0);
  assert.equal(wasm.linkUp(), 0);
  assert.ok(!model.receive(frame()));
  assert.equal(transmit(frame()), 0);
  const before = machine.interrupts;
  machine.sleep(1e9);
  assert.equal(machine.interrupts, before);
  assert.equal(wasm.needsPoll(), 0);
  wasm.setUp(1);
  assert.equal(wasm.available(), 1024 - 256);
  assert.deepEqual(drain(), [], "frames from before are discarded");
  assert.ok(model.receive(frame(60, 3)));
  assert.equal(hex(drain()[0]), hex(frame(60, 3)));
  assert.equal(transmit(frame(60, 4)), 1);
  wasm.flush();
  machine.sleep(1e9);
  assert.equal(hex(model.sent.at(-1) as Uint8Array), hex(frame(60, 4)));
});

test("does not write to memory once quiesced", async () => {
  const { machine, model, wasm, pci, transmit } = await boot({ sendTime: 10_000 });
  for (let i = 0; i < 5; i++) transmit(frame());
  wasm.flush();
  wasm.quiesce();
  assert.equal(pci.command & 4, 0);
  assert.equal(model.get(RCTL) & 2, 0);
  assert.equal(model.get(TCTL) & 2, 0);
  assert.ok(!model.receive(frame()));
  machine.sleep(1e9);
  assert.equal(model.get(TDH), model.get(TDT));
});

test("polls without an interrupt line", async () => {
  const { machine, model, wasm, drain } = await boot({ interruptLine: 255 });
  assert.equal(wasm.pollAt(5000n), 6000n);
  model.receive(frame());
  machine.sleep(1e6);
  assert.equal(machine.interrupts, 0);
  assert.equal(wasm.needsPoll(), 1);
  assert.equal(drain().length, 1);
  assert.equal(wasm.needsPoll(), 0);
  model.setLink(false);
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 0);
  assert.equal(model.get(ICR), 0);
});

test("notices the link's state after its interrupts were lost", async () => {
  const { machine, model, wasm, drain } = await boot();
  machine.pic.second.set = () => {};
  model.receive(frame());
  machine.sleep(1e6);
  assert.equal(drain().length, 1);
  wasm.pollAt(0n);
  wasm.pollAt(1_000_000n);
  model.setLink(false);
  wasm.needsPoll();
  assert.equal(wasm.linkUp(), 0);
});

test("SYS-07: trusts the interrupt line from its first interrupt until one is missed", async () => {
  await trustUntilMissed({});
});
test("SYS-07: trusts messages from the first one until one is missed", async () => {
  await trustUntilMissed({ is82574: true, apic: "page" });
});

async function trustUntilMissed(setup: Setup): Promise<void> {
  const { machine, model, wasm, drain } = await boot(setup);
  const never = 0x7fff_ffff_ffff_ffffn;
  assert.equal(wasm.pollAt(5000n), 1_005_000n, "no interrupt yet");
  const arrive = () => {
    assert.equal(wasm.needsPoll(), 0);
    model.receive(frame());
    machine.sleep(1e6);
    assert.equal(drain().length, 1);
  };
  arrive();
  assert.equal(machine.interrupts, 1);
  assert.equal(wasm.pollAt(6000n), never);
  machine.pic.second.set = () => {};
  machine.apic.message = () => {};
  arrive();
  assert.equal(machine.interrupts, 1);
  assert.equal(wasm.pollAt(10_000n), 1_010_000n, "an interrupt is due");
  assert.equal(wasm.pollAt(1_009_999n), 1_010_000n);
  assert.equal(wasm.pollAt(1_010_000n), 1_011_000n, "polls every millisecond");
  arrive();
  assert.equal(wasm.pollAt(2_000_000n), 2_001_000n);
}
