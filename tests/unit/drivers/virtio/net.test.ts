/** The driver of virtio network devices on the model (drivers/virtio/). */
import assert from "node:assert/strict";
import test from "node:test";
import { F_MAC, F_STATUS } from "../../../lab/machine/virtio-net.ts";
import type { VirtioInterface } from "../../../lab/machine/virtio-pci.ts";
import { contract } from "../../../lab/scripted/card.ts";
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

  const ring = { receives: buffers, sends: buffers };
  contract((own) => boot({ ...setup, ...own }), { name, ...ring, countsMissed: false });
}

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

test("a device without status has a link; one without an address gets a local one", async () => {
  const { wasm, model } = await boot({
    without: [F_STATUS, F_MAC],
    prepare: ({ config }) => config.fill(0),
  });
  assert.equal(wasm.linkUp(), 1);
  assert.equal(wasm.address() >> 40n, 2n);
  assert.ok(model.receive(frame()));
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
  assert.equal(named.slots(true), both);
  assert.equal(named.slots(false), both);
  const none = await boot({ commandLine: "ip=dhcp" });
  assert.equal(none.slots(false), "");
  assert.match(none.slots(true), /^virtio-mmio feb00000 255, virtio-mmio feb00200 255, /);
  assert.equal(none.slots(true).split(",").length, 32);
});
