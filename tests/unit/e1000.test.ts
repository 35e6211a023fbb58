/** The 8254x driver (drivers/e1000/) against the controller's model. */
import assert from "node:assert/strict";
import test from "node:test";
import { E1000Model, type E1000Options } from "../machine/e1000.ts";
import { Machine } from "../machine/machine.ts";
import { PciFunction } from "../machine/pci.ts";
import { load, writeBytes } from "../support/assembly.ts";

const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const ADDRESS = 0x525400123456n;
const BROADCAST = [255, 255, 255, 255, 255, 255];
const [RCTL, TCTL, IMS, ICR, RDT, TDT, TDH] = [0x100, 0x400, 0xd0, 0xc0, 0x2818, 0x3818, 0x3810];
const COUNTERS = [
  "receivedFrames",
  "receivedBytes",
  "receivedMulticast",
  "sentFrames",
  "sentBytes",
  "interrupts",
  "crcErrors",
  "frameErrors",
  "lengthErrors",
  "missedErrors",
  "fifoErrors",
  "oversized",
  "noFrame",
  "ringFull",
  "linkDown",
] as const;

interface Setup extends E1000Options {
  device?: number;
  frames?: number;
  interruptLine?: number;
  start?: boolean;
}

async function boot(setup: Setup = {}) {
  const machine = new Machine();
  const line = setup.interruptLine ?? 11;
  const model = new E1000Model(machine.clock, machine, machine.line(line & 15), setup);
  const pci = machine.pci.add(
    0,
    3,
    0,
    new PciFunction({
      vendor: 0x8086,
      device: setup.device ?? 0x100e,
      classCode: 0x020000,
      interruptLine: line,
      bars: { 0: { address: 0xfebc0000, size: 0x20000, device: model } },
    }),
  );
  const wasm = await load("tests/wasm/e1000.ts", machine.host());
  machine.attach(wasm);
  wasm.create(setup.frames ?? 1024);
  if (setup.start ?? true) {
    assert.equal(wasm.start(), 1);
    wasm.connect();
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
  const receive = () => {
    const length: number = wasm.receive();
    if (length === 0) return null;
    const start: number = wasm.frameStart();
    return Buffer.from(wasm.memory.buffer.slice(start, start + length));
  };
  const drain = () => {
    const frames: Buffer[] = [];
    for (let frame = receive(); frame; frame = receive()) {
      frames.push(frame);
      wasm.release();
    }
    return frames;
  };
  const transmit = (bytes: Uint8Array): number => wasm.transmit(...writeBytes(wasm, bytes));
  const count = (name: (typeof COUNTERS)[number]) => Number(wasm.counter(COUNTERS.indexOf(name)));
  const errors = () => Number(wasm.counter(15));
  return { machine, model, pci, wasm, receive, drain, transmit, count, errors };
}

/** A frame to `to` whose bytes tell which one it is. */
function frame(length = 60, number = 0, to = MAC): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + number) & 255);
  bytes.set(to.slice(0, length));
  return bytes;
}

const hex = (bytes: Uint8Array | null) => (bytes ? Buffer.from(bytes).toString("hex") : null);

test("descriptors lie as the hardware wants them (SDM tables 3-1 and 3-8)", async () => {
  const { wasm } = await boot({ start: false });
  const offsets = Array.from({ length: 15 }, (_, i) => wasm.fieldOffset(i));
  assert.deepEqual(offsets, [0, 8, 10, 12, 13, 14, 16, 0, 8, 10, 11, 12, 13, 14, 16]);
});

test("a controller is started: address, filters, rings, one write of RCTL", async () => {
  for (const qemu of [false, true]) {
    const { model, wasm, pci } = await boot({ qemu });
    assert.equal(wasm.address(), ADDRESS);
    assert.equal(model.written(RCTL), 1);
    assert.equal(model.get(RCTL) >>> 0, 0x04008002, "EN, BAM, SECRC, 2048 bytes, not promiscuous");
    assert.equal(model.get(TCTL) & 2, 2);
    assert.equal(model.freeReceive(), 255);
    assert.equal(model.resets, 1);
    assert.equal(pci.command & 7, 7, "bus mastering");
    assert.equal(wasm.linkUp(), 1);
    assert.equal(wasm.linkSpeed(), 1000);
    assert.equal(wasm.available(), 1024 - 256);
  }
});

test("a ring that firmware left on is switched off first", async () => {
  const { model, wasm } = await boot({ start: false, qemu: true });
  model.set(RCTL, 2);
  model.set(0x2808, 128);
  assert.equal(wasm.start(), 1);
  assert.equal(model.written(RCTL), 2);
});

test("the address comes from the EEPROM where RAL0 is empty, by register or bit by bit", async () => {
  const read = await boot({ loadsAddress: false });
  assert.equal(read.wasm.address(), ADDRESS);
  assert.ok(read.model.receive(frame()), "and is put into the filter");
  for (const device of [0x1008, 0x100c, 0x100d]) {
    const bits = await boot({ loadsAddress: false, bitEeprom: true, device });
    assert.equal(bits.wasm.address(), ADDRESS);
  }
});

test("no address, or no register window: the start fails in words, not in a hang", async () => {
  const none = await boot({ start: false, loadsAddress: false, mac: [0, 0, 0, 0, 0, 0] });
  assert.equal(none.wasm.start(), 0);
  const group = await boot({ start: false, mac: [1, 0, 0, 0, 0, 1] });
  assert.equal(group.wasm.start(), 0);
  const deadEeprom = await boot({ start: false, loadsAddress: false, bitEeprom: true });
  assert.equal(deadEeprom.wasm.start(), 0, "EERD never answers");
  assert.ok(deadEeprom.machine.clock.now < 1e9);
  assert.equal(deadEeprom.wasm.available(), 1024);
});

test("frames arrive whole and in order, and their buffers are replaced", async () => {
  const { model, drain, wasm, count, errors } = await boot();
  const sizes = [60, 61, 64, 590, 1499, 1500, 1514, 1518];
  for (let round = 0; round < 200; round++) {
    const sent = sizes.map((size, i) => frame(size, round + i));
    for (const bytes of sent) assert.ok(model.receive(bytes));
    assert.deepEqual(drain().map(hex), sent.map(hex));
  }
  assert.equal(count("receivedFrames"), 200 * sizes.length);
  assert.equal(count("receivedBytes"), 200 * sizes.reduce((a, b) => a + b));
  assert.equal(errors(), 0);
  assert.equal(wasm.available(), 1024 - 256);
});

test("buffers go back in batches of 32, and the ring never runs dry", async () => {
  const { model, drain } = await boot();
  for (let i = 0; i < 3200; i++) {
    assert.ok(model.receive(frame(60, i)));
    assert.equal(drain().length, 1);
    assert.ok(model.freeReceive() >= 255 - 32);
  }
  assert.equal(model.written(RDT), 1 + 100);
});

test("broadcast and joined groups are taken; others are not, nor other stations", async () => {
  const { model, wasm, drain, count } = await boot();
  assert.ok(model.receive(frame(60, 1, BROADCAST)));
  assert.ok(!model.receive(frame(60, 1, [0x52, 0x54, 0, 0x12, 0x34, 0x57])));
  const group = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01];
  assert.ok(!model.receive(frame(60, 1, group)));
  wasm.joinGroup(0x01005e000001n);
  assert.ok(model.receive(frame(60, 1, group)));
  assert.ok(!model.receive(frame(60, 1, [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb])));
  assert.equal(drain().length, 2);
  assert.equal(count("receivedMulticast"), 2);
  assert.equal(model.written(RCTL), 1, "a group costs no write of RCTL");
});

test("errors are counted by cause, the frame is dropped, the ring goes on", async () => {
  const { model, drain, count, wasm } = await boot();
  const faults = { 1: "crcErrors", 2: "frameErrors", 4: "frameErrors" } as const;
  for (const [errors, name] of Object.entries(faults)) {
    const before = count(name);
    model.receive(frame(), { errors: Number(errors) });
    assert.deepEqual(drain(), []);
    assert.equal(count(name), before + 1, name);
  }
  for (const errors of [0x10, 0x80, 0xff]) model.receive(frame(), { errors });
  for (const errors of [0x20, 0x40]) model.receive(frame(), { errors });
  assert.equal(drain().length, 2, "bad TCP and IP checksums are for the stack to find");
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  assert.equal(wasm.available(), 1024 - 256);
});

test("impossible lengths are counted and dropped", async () => {
  const { model, drain, count } = await boot();
  model.receive(frame(), { length: 0, errors: 0 });
  assert.equal(drain().length, 0);
  assert.equal(count("lengthErrors"), 1);
  for (const length of [1519, 2049, 16384, 65535]) {
    model.receive(frame(), { length, errors: 0 });
    assert.equal(drain().length, 0);
  }
  assert.equal(count("oversized"), 4);
  model.receive(frame(), { length: 1, errors: 0 });
  assert.equal(drain()[0].length, 1, "a runt is for the stack's gate");
});

test("a frame over several descriptors is dropped whole and counted once", async () => {
  const { model, drain, count, wasm } = await boot();
  const parts = [2048, 2048, 100];
  model.receive(frame(4196), { parts });
  model.receive(frame(60, 1));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 1))]);
  assert.equal(count("oversized"), 1);
  // Its end may come later than the driver looks, and carry an error.
  model.receive(frame(4096), { parts: [2048, 2048], unfinished: true });
  assert.deepEqual(drain(), []);
  model.receive(frame(60, 2), { errors: 1 });
  model.receive(frame(60, 3));
  assert.deepEqual(drain().map(hex), [hex(frame(60, 3))]);
  assert.equal(count("oversized"), 2);
  assert.equal(count("crcErrors"), 0);
  assert.equal(wasm.available(), 1024 - 256);
});

test("an overrun loses frames, counts them and recovers", async () => {
  for (const qemu of [false, true]) {
    const { machine, model, drain, count, wasm } = await boot({ qemu });
    machine.clock.advance(2e9);
    let taken = 0;
    for (let i = 0; i < 300; i++) if (model.receive(frame(60, i))) taken++;
    assert.equal(taken, 255);
    assert.equal(model.missed, 45);
    assert.equal(drain().length, 255);
    for (let i = 0; i < 3; i++) assert.equal(count("missedErrors"), 45, "however often it is read");
    assert.equal(wasm.needsPoll(), 0);
    assert.ok(model.freeReceive() >= 224);
    for (let i = 0; i < 200; i++) assert.ok(model.receive(frame(60, i)));
    assert.equal(drain().length, 200);
    for (let i = 0; i < 300; i++) model.receive(frame(60, i));
    assert.equal(count("missedErrors"), model.missed);
  }
});

test("without a free frame in the pool frames are dropped and counted; then it goes on", async () => {
  const { model, wasm, receive, count } = await boot({ frames: 300 });
  for (let i = 0; i < 100; i++) model.receive(frame(60, i));
  let got = 0;
  while (receive()) {
    wasm.hold();
    got++;
  }
  assert.equal(got, 44);
  assert.equal(count("noFrame"), 56);
  assert.ok(model.freeReceive() >= 224);
  wasm.releaseHeld();
  assert.ok(model.receive(frame(60, 77)));
  assert.equal(hex(receive()), hex(frame(60, 77)));
});

test("a batch of frames leaves with one register write", async () => {
  const { model, transmit, wasm, count } = await boot();
  const frames = Array.from({ length: 100 }, (_, i) => frame(60 + 10 * i, i));
  for (const bytes of frames) assert.equal(transmit(bytes), 1);
  assert.equal(model.sent.length, 0);
  wasm.flush();
  assert.deepEqual(model.sent.map(hex), frames.map(hex));
  assert.equal(model.written(TDT), 2, "one to set up, one for the batch");
  wasm.flush();
  assert.equal(model.written(TDT), 2, "nothing to tell");
  assert.equal(wasm.available(), 1024 - 256, "a synchronous controller's frames are back at once");
  assert.equal(count("sentFrames"), 100);
});

test("a short frame is padded with zeros, whatever its buffer held", async () => {
  const { model, transmit, wasm } = await boot();
  for (let i = 0; i < 1100; i++) {
    transmit(new Uint8Array(1514).fill(0xaa));
    if (i % 100 === 99) wasm.flush();
  }
  transmit(frame(42, 5));
  wasm.flush();
  const last = model.sent.at(-1) as Uint8Array;
  assert.equal(hex(last), hex(Buffer.concat([frame(42, 5), Buffer.alloc(18)])));
});

test("a slow controller's descriptors and frames are left alone until they are done", async () => {
  const { machine, model, transmit, wasm, count } = await boot({ sendTime: 12_000 });
  const frames: Uint8Array[] = [];
  // The model ends the test if anything it owns changes.
  while (frames.length < 5000) {
    const bytes = frame(60 + (frames.length % 1400), frames.length);
    if (wasm.canTransmit() && transmit(bytes)) frames.push(bytes);
    else machine.clock.advance(50_000);
    if (frames.length % 7 === 0) wasm.flush();
  }
  wasm.flush();
  machine.clock.advance(1e9);
  assert.equal(model.sent.length, 5000);
  assert.deepEqual(model.sent.map(hex), frames.map(hex));
  assert.equal(count("ringFull"), 0);
  wasm.receive();
  assert.equal(wasm.available(), 1024 - 256, "all frames are back");
});

test("a full ring refuses frames, counts them, and wakes the sender when there is room", async () => {
  const { machine, model, transmit, wasm, count } = await boot({ sendTime: 10_000 });
  let taken = 0;
  while (wasm.canTransmit()) taken += transmit(frame());
  assert.equal(taken, 255);
  assert.equal(transmit(frame()), 0);
  assert.equal(count("ringFull"), 1);
  assert.equal(wasm.needsPoll(), 0, "nothing to do but wait");
  const before = machine.interrupts;
  let slept = 0;
  while (machine.interrupts === before && slept++ < 1000) machine.sleep(10_000);
  assert.ok(slept < 100, `${slept}`);
  assert.equal(wasm.needsPoll(), 1, "the sender is to be polled");
  assert.equal(wasm.canTransmit(), 1);
  machine.sleep(1e9);
  assert.equal(model.sent.length, 255);
});

test("no transmit interrupt comes while nobody waits for room", async () => {
  const { machine, transmit, wasm } = await boot({ sendTime: 10_000 });
  for (let i = 0; i < 50; i++) transmit(frame());
  wasm.flush();
  machine.sleep(1e9);
  assert.equal(machine.interrupts, 0);
});

test("an interrupt masks the controller until the ring is empty", async () => {
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
  assert.equal(machine.interrupts, 1, "what was taken by polling does not interrupt any more");
  model.receive(frame());
  machine.sleep(1e6);
  assert.equal(machine.interrupts, 2);
});

test("a frame at any moment around unmasking is found or interrupts", async () => {
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

test("interrupts are moderated: fewer than 20,000 a second under a flood", async () => {
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

test("another device's interrupt on the same line loses nothing", async () => {
  const { machine, model, wasm } = await boot();
  const start = machine.clock.now;
  let sent = 0;
  const flood = () => {
    if (model.receive(frame())) sent++;
    if (machine.clock.now < start + 50e6) machine.clock.after(70_001, flood);
  };
  flood();
  // The neighbour's level rises at odd moments, and falls as its handler would make it.
  const neighbour = () => {
    machine.takeInterrupt(32 + 11);
    if (machine.clock.now < start + 50e6) machine.clock.after(33_333, neighbour);
  };
  machine.clock.after(10_000, neighbour);
  machine.run(start + 60e6);
  assert.equal(wasm.receivedByTurns(), sent);
});

test("the link's going and coming is noticed by interrupt", async () => {
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
  assert.equal(wasm.linkChanges(), 3, "up at the start, down, up");
  assert.equal(transmit(frame()), 1);
  wasm.flush();
  assert.equal(model.sent.length, 1);
  assert.equal(wasm.available(), 1024 - 256);
});

test("switched off it neither receives nor sends nor interrupts; on again it does", async () => {
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
  assert.deepEqual(drain(), [], "what came before is not from now");
  assert.ok(model.receive(frame(60, 3)));
  assert.equal(hex(drain()[0]), hex(frame(60, 3)));
  assert.equal(transmit(frame(60, 4)), 1);
  wasm.flush();
  machine.sleep(1e9);
  assert.equal(hex(model.sent.at(-1) as Uint8Array), hex(frame(60, 4)));
});

test("quieted, it writes to memory no more", async () => {
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

test("without an interrupt line it can be polled", async () => {
  const { machine, model, wasm, drain } = await boot({ interruptLine: 255 });
  assert.equal(wasm.pollAt(5000n), 6000n);
  assert.equal((await boot()).wasm.pollAt(5000n), 0x7fff_ffff_ffff_ffffn);
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

test("QEMU's deaf second: frames wait, and none is lost", async () => {
  const { machine, model, drain } = await boot({ qemu: true });
  for (let i = 0; i < 20; i++) assert.ok(model.receive(frame(60, i)));
  assert.equal(drain().length, 0);
  machine.sleep(1.1e9);
  assert.equal(machine.interrupts, 1);
  assert.equal(drain().length, 20);
});
