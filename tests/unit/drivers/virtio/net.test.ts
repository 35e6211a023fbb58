/** The driver of virtio network devices on the model (drivers/virtio/). */
import assert from "node:assert/strict";
import test from "node:test";
import { F_MAC, F_STATUS } from "../../../lab/machine/virtio-net.ts";
import type { VirtioInterface } from "../../../lab/machine/virtio-pci.ts";
import { boot, frame, hex, type Setup } from "../../../lab/scripted/virtio.ts";

const ADDRESS = 0x525400123456n;
const BUFFERS = 256;
/** Feature bits of rings. */
const [ANY_LAYOUT, EVENT_INDEX] = [27n, 29n];

/** Every kind of transport and ring that a device may have. */
const kinds: Record<string, Setup> = {
  modern: { kind: "modern" },
  "modern, no event index": { kind: "modern", without: [EVENT_INDEX] },
  transitional: { kind: "transitional" },
  legacy: { kind: "legacy" },
  "without PCI": { kind: "mmio" },
  "without PCI, version 1": { kind: "mmio", version: 1 },
  "legacy, header apart": { kind: "legacy", without: [ANY_LAYOUT, EVENT_INDEX] },
};

for (const [name, setup] of Object.entries(kinds)) {
  const buffers = name.endsWith("apart") ? BUFFERS / 2 : BUFFERS;

  test(`${name}: agrees on features, reads the address, offers buffers`, async () => {
    const { model, wasm, pci } = await boot(setup);
    assert.equal(wasm.address(), ADDRESS);
    assert.equal(wasm.linkUp(), 1);
    assert.equal(model.queues[0].waiting(), buffers);
    assert.equal(wasm.available(), 1024 - buffers);
    if (setup.kind !== "mmio") assert.equal(pci.command & 4, 4, "bus mastering");
    const legacy = setup.kind === "legacy" || setup.version === 1;
    assert.equal((model.accepted >> 32n) & 1n, legacy ? 0n : 1n);
  });

  test(`${name}: receives and sends frames of all sizes, and loses none`, async () => {
    const { model, wasm, drain, transmit, count, errors } = await boot(setup);
    const sizes = [14, 60, 61, 590, 1499, 1514, 1518];
    for (let round = 0; round < 100; round++) {
      const frames = sizes.map((size, i) => frame(size, round + i));
      for (const bytes of frames) assert.ok(model.receive(bytes));
      assert.deepEqual(drain().map(hex), frames.map(hex));
      const sent = frames.filter(({ length }) => length >= 60);
      for (const bytes of sent) assert.equal(transmit(bytes), 1);
      wasm.flush();
      assert.deepEqual(model.sent.splice(0).map(hex), sent.map(hex));
    }
    assert.equal(count("receivedFrames"), 700);
    assert.equal(count("sentFrames"), 600);
    assert.equal(errors(), 0);
    assert.equal(wasm.available(), 1024 - buffers);
  });

  test(`${name}: requests an interrupt only while it is idle`, async () => {
    const { machine, model, wasm, drain } = await boot(setup);
    machine.sleep(1e6);
    for (let i = 0; i < 10; i++) {
      model.receive(frame(60, i));
      machine.sleep(100_000);
    }
    assert.equal(machine.interrupts, 1);
    assert.equal(wasm.needsPoll(), 1);
    assert.equal(drain().length, 10);
    assert.equal(wasm.needsPoll(), 0);
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 1, "polled frames cause no interrupt");
    model.receive(frame());
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 2);
  });

  test(`${name}: does not touch what a slow device still holds`, async () => {
    const { machine, model, wasm, transmit, count } = await boot({ ...setup, sendTime: 12_000 });
    const frames: Uint8Array[] = [];
    // The model fails the test if something that it holds changes.
    while (frames.length < 2000) {
      const bytes = frame(60 + (frames.length % 1400), frames.length);
      if (wasm.canTransmit() && transmit(bytes)) frames.push(bytes);
      else machine.clock.advance(50_000);
      if (frames.length % 7 === 0) wasm.flush();
    }
    wasm.flush();
    machine.clock.advance(1e9);
    assert.deepEqual(model.sent.map(hex), frames.map(hex));
    assert.equal(count("ringFull"), 0);
    wasm.receive();
    assert.equal(wasm.available(), 1024 - buffers, "all frames are released");
  });

  test(`${name}: refuses frames when the queue is full, and wakes the sender later`, async () => {
    const { machine, model, transmit, wasm, count } = await boot({ ...setup, sendTime: 10_000 });
    let taken = 0;
    while (wasm.canTransmit()) taken += transmit(frame());
    assert.equal(taken, buffers);
    assert.equal(transmit(frame()), 0);
    assert.equal(count("ringFull"), 1);
    assert.equal(wasm.needsPoll(), 0, "the sender waits");
    const before = machine.interrupts;
    machine.sleep(10_000 * buffers);
    assert.ok(machine.interrupts > before, "no interrupt");
    assert.equal(wasm.needsPoll(), 1, "the sender is due");
    assert.equal(wasm.canTransmit(), 1);
    machine.sleep(1e9);
    assert.equal(model.sent.length, buffers);
  });
}

test("a frame that arrives as interrupts are requested is polled or interrupts", async () => {
  for (const without of [[], [EVENT_INDEX]]) {
    const { machine, model, wasm, drain } = await boot({ without });
    for (let delay = 0; delay < 1000; delay += 10) {
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
  }
});

test("notifies the device once for a batch, and not while it is busy", async () => {
  const { machine, model, transmit, wasm } = await boot({ sendTime: 10_000 });
  for (let i = 0; i < 50; i++) transmit(frame(60, i));
  wasm.flush();
  assert.equal(model.queues[1].notifications, 1);
  for (let i = 0; i < 50; i++) {
    transmit(frame(60, i));
    wasm.flush();
  }
  assert.equal(model.queues[1].notifications, 1, "the device is still sending");
  machine.sleep(1e9);
  assert.equal(model.sent.length, 100);
  transmit(frame());
  wasm.flush();
  assert.equal(model.queues[1].notifications, 2);
});

test("drops frames that find no buffer, and continues with the next ones", async () => {
  const { model, drain, wasm } = await boot();
  let taken = 0;
  for (let i = 0; i < 300; i++) if (model.receive(frame(60, i))) taken++;
  assert.equal(taken, BUFFERS);
  assert.equal(model.missed, 44);
  assert.equal(drain().length, BUFFERS);
  assert.equal(wasm.needsPoll(), 0);
  assert.ok(model.receive(frame(60, 9)));
  assert.equal(hex(drain()[0]), hex(frame(60, 9)));
});

test("drops and counts frames while the pool is empty, then continues", async () => {
  const { model, wasm, receive, count } = await boot({ frames: 300 });
  for (let i = 0; i < 100; i++) model.receive(frame(60, i));
  let got = 0;
  while (receive()) {
    wasm.hold();
    got++;
  }
  assert.equal(got, 44);
  assert.equal(count("noFrame"), 56);
  wasm.releaseHeld();
  assert.ok(model.receive(frame(60, 77)));
  assert.equal(hex(receive()), hex(frame(60, 77)));
});

test("reports the link going down and up, by interrupt or by polling", async () => {
  for (const interruptLine of [11, 255]) {
    const { machine, model, wasm, transmit, count } = await boot({ odd: { interruptLine } });
    for (const up of [false, true, false, true]) {
      model.setLink(up);
      machine.sleep(100_000);
      assert.equal(wasm.needsPoll(), 1, "the stack must see it");
      assert.equal(wasm.linkUp(), up ? 1 : 0);
      assert.equal(transmit(frame()), up ? 1 : 0);
    }
    assert.equal(count("linkDown"), 2);
    assert.equal(wasm.available(), 1024 - BUFFERS - 2);
    wasm.flush();
    assert.equal(wasm.available(), 1024 - BUFFERS);
  }
});

test("a device without status has a link; one without an address gets a local one", async () => {
  const { wasm, model } = await boot({
    without: [F_STATUS, F_MAC],
    prepare: ({ config }) => config.fill(0),
  });
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.address() >> 40n, 2n);
  assert.ok(model.receive(frame()));
});

test("a disabled device neither receives, sends nor interrupts until enabled again", async () => {
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
  assert.equal(wasm.available(), 1024 - BUFFERS);
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
  assert.ok(!model.receive(frame()));
  const { length } = model.sent;
  machine.sleep(1e9);
  assert.equal(model.sent.length, length);
});

test("takes queues of any size that a device may have", async () => {
  const sizes: [VirtioInterface, number][] = [
    ["modern", 2],
    ["modern", 1024],
    ["legacy", 4],
    ["legacy", 1024],
    ["legacy", 4096],
  ];
  for (const [kind, queueSize] of sizes) {
    const { model, drain, transmit, wasm } = await boot({ kind, queueSize });
    assert.equal(model.queues[0].waiting(), Math.min(queueSize, BUFFERS));
    for (let i = 0; i < 3 * queueSize; i++) {
      assert.ok(model.receive(frame(60, i)));
      assert.equal(hex(drain()[0]), hex(frame(60, i)));
      assert.equal(transmit(frame(60, i)), 1);
      wasm.flush();
    }
    assert.equal(model.sent.length, 3 * queueSize);
  }
});

test("finds devices without PCI on the command line, or where microvm has them", async () => {
  const commandLine =
    "ip=dhcp virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=4K@3489660928:5:0 " +
    "virtio_mmio.device=4K@0:5 virtio_mmio.device=nonsense virtio_mmio.device=1K@0xffffffffff:3";
  const named = await boot({ commandLine });
  const both = "virtio-mmio feb00e00 12, virtio-mmio d0000000 5";
  assert.equal(named.places(true), both);
  assert.equal(named.places(false), both);
  const none = await boot({ commandLine: "ip=dhcp" });
  assert.equal(none.places(false), "");
  assert.match(none.places(true), /^virtio-mmio feb00000 255, virtio-mmio feb00200 255, /);
  assert.equal(none.places(true).split(",").length, 32);
});
