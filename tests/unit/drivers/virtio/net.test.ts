/** The driver of virtio network devices on the model (drivers/virtio/). */
import assert from "node:assert/strict";
import test from "node:test";
import { virtioDevice } from "../../../lab/machine/acpi.ts";
import type { Machine } from "../../../lab/machine/machine.ts";
import { NO_MESSAGE } from "../../../lab/machine/virtio-model.ts";
import { F_MAC, F_STATUS, type VirtioNetModel } from "../../../lab/machine/virtio-net.ts";
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
  "modern, MSI-X": { kind: "modern", apic: "page" },
  transitional: { kind: "transitional" },
  "transitional, MSI-X, x2APIC": { kind: "transitional", apic: "x2apic" },
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

test("finds the devices that ACPI describes, unless the command line names others", async () => {
  const code = [
    ...virtioDevice(0xfeb00000, 0x200, 24),
    ...virtioDevice(0xfeb00200, 0x200, 25, 7),
    ...virtioDevice(0xfeb00400, 0x100, 26),
    ...virtioDevice(0xfeb00601, 0x200, 27),
    ...virtioDevice(0xfeb00800, 0x200, 28, 3).slice(0, -12),
  ];
  const acpi: Setup = { kind: "mmio", start: false, acpi: { code }, commandLine: "" };
  const two = "virtio-mmio feb00000 24, virtio-mmio feb00200 25";
  assert.equal((await boot(acpi)).slots(true), two);
  assert.equal((await boot(acpi)).slots(false), "");
  const other = await boot({ ...acpi, commandLine: "virtio_mmio.device=512@0xfeb00e00:12" });
  assert.equal(other.slots(true), "virtio-mmio feb00e00 12");
  const damaged = await boot({ ...acpi, acpi: { code: code.map((byte) => byte ^ 1) } });
  assert.match(damaged.slots(true), /^virtio-mmio feb00000 255, /);
});

for (const flags of [1, 3, 5, 7]) {
  test(`a device that ACPI describes interrupts by an IO-APIC, flags ${flags}`, async () => {
    const { machine, model, ioApic, wasm, drain } = await boot({
      kind: "mmio",
      apic: "page",
      acpi: { code: virtioDevice(0xd0000000, 0x200, 20, flags) },
      input: 20,
      commandLine: "",
    });
    if (flags & 4) ioApic.activeLow.add(20);
    assert.equal(wasm.isConnected(), 1);
    for (let i = 1; i <= 3; i++) {
      model.receive(frame(60, i));
      machine.sleep(1e6);
      assert.equal(machine.interrupts, i);
      assert.equal(drain().length, 1);
      while (wasm.needsPoll()) drain();
    }
  });
}

test("MSI-X: has messages for the configuration and for the queues", async () => {
  const { machine, model, pci, wasm, drain } = await boot({ apic: "page", interruptLine: 255 });
  const at = pci.capability(0x11);
  assert.equal(wasm.isConnected(), 1);
  assert.equal(pci.bytes[at + 3] & 0xc0, 0x80, "enabled, not masked");
  assert.notEqual(pci.command & 0x400, 0, "no INTx");
  assert.deepEqual(model.entries, { configuration: 0, queues: [1, 1] });
  const vectors = recordVectors(machine);
  model.receive(frame());
  machine.sleep(1e6);
  assert.deepEqual(vectors.splice(0), [49]);
  assert.equal(drain().length, 1);
  while (wasm.needsPoll()) drain();
  model.setLink(false);
  machine.sleep(1e6);
  assert.deepEqual(vectors.splice(0), [48]);
  assert.equal(wasm.needsPoll(), 1);
  assert.equal(wasm.linkUp(), 0);
  // A reset forgets the entries, so they are set again.
  wasm.setUp(0);
  assert.deepEqual(model.entries.queues, [NO_MESSAGE, NO_MESSAGE]);
  wasm.setUp(1);
  assert.deepEqual(model.entries, { configuration: 0, queues: [1, 1] });
  assert.equal(machine.apic.strays, 0);
});

test("MSI-X: uses the line if the table is too small or the device accepts no entry", async () => {
  const limit = (entries: number) => (model: VirtioNetModel) => {
    model.usableEntries = entries;
  };
  const cases: Setup[] = [{ odd: { entries: 1 } }, { prepare: limit(0) }, { prepare: limit(1) }];
  for (const setup of cases) {
    const { machine, model, pci, wasm } = await boot({ apic: "page", ...setup });
    assert.equal(wasm.isConnected(), 1);
    assert.equal(pci.bytes[pci.capability(0x11) + 3] & 0x80, 0);
    assert.equal(pci.command & 0x400, 0);
    const vectors = recordVectors(machine);
    model.receive(frame());
    machine.sleep(1e6);
    assert.deepEqual(vectors, [32 + 11]);
    assert.equal(wasm.needsPoll(), 1);
  }
});

test("MSI-X: gives up on a device that accepts no entry after a reset", async () => {
  const { model, wasm, logged } = await boot({ apic: "page" });
  wasm.setUp(0);
  model.usableEntries = 0;
  wasm.setUp(1);
  assert.equal(wasm.linkUp(), 0);
  assert.equal(wasm.needsPoll(), 0);
  assert.match(logged(), /virtio-net: the device has failed and is stopped/);
});

/** Records the vectors of interrupts. */
function recordVectors(machine: Machine): number[] {
  const vectors: number[] = [];
  const take = machine.takeInterrupt.bind(machine);
  machine.takeInterrupt = (vector) => {
    vectors.push(vector);
    take(vector);
  };
  return vectors;
}
