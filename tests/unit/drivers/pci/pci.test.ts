/** The PCI scan, names and the choice of drivers (drivers/pci/, drivers/nic-probe.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { E1000Model } from "../../../lab/machine/e1000.ts";
import { Machine } from "../../../lab/machine/machine.ts";
import { PciFunction } from "../../../lab/machine/pci.ts";
import { load, readString } from "../../../lab/scripted/assembly.ts";

async function boot(populate: (machine: Machine) => void) {
  const machine = new Machine();
  populate(machine);
  const wasm = await load("tests/lab/entries/pci.ts", machine.host());
  machine.attach(wasm);
  const text = (pointer: number) => readString(wasm.memory, pointer);
  const list = () => Array.from({ length: wasm.scan() }, (_, i) => text(wasm.describe(i)));
  return { machine, wasm, text, list };
}

const hostBridge = () => new PciFunction({ vendor: 0x8086, device: 0x1237, classCode: 0x060000 });

test("finds functions, base addresses of every kind, and capabilities", async () => {
  const { wasm, list } = await boot(({ pci }) => {
    pci.add(0, 0, 0, hostBridge());
    const isa = { vendor: 0x8086, device: 0x7000, classCode: 0x060100, multiFunction: true };
    pci.add(0, 1, 0, new PciFunction(isa));
    pci.add(0, 1, 3, new PciFunction({ vendor: 0x8086, device: 0x7113, classCode: 0x068000 }));
    const network = {
      vendor: 0x1af4,
      device: 0x1041,
      classCode: 0x020000,
      subsystem: 0x1100_1af4,
      interruptLine: 10,
      interruptPin: 1,
      capabilities: [0x09, 0x11, 0x05],
      command: 7,
      bars: {
        0: { address: 0xc040, size: 0x40, io: true },
        1: { address: 0xfebc0000, size: 0x20000 },
        2: { address: 0x8_0000_0000, size: 0x4000, wide: true, prefetchable: true },
        4: { address: 0x10_0000_0000, size: 0x2_0000_0000, wide: true },
      },
    };
    pci.add(0, 3, 0, new PciFunction(network));
  });
  assert.deepEqual(list(), [
    "00:00.0 8086:1237 Host bridge 0/0",
    "00:01.0 8086:7000 ISA bridge 0/0",
    "00:01.3 8086:7113 Bridge 0/0",
    "00:03.0 1af4:1041 Ethernet controller 10/1 0:io@c040+40 1:mem32@febc0000+20000 " +
      "2:mem64p@800000000+4000 4:mem64@1000000000+200000000 cap9@40 cap17@48 cap5@50",
  ]);
  assert.equal(wasm.subsystem(3) >>> 0, 0x1af41100);
  assert.equal(wasm.capability(3, 5), 0x50);
  assert.equal(wasm.capability(3, 6), 0);
});

test("sizing restores addresses and the command register", async () => {
  let device: PciFunction | undefined;
  const { wasm, list } = await boot(({ pci }) => {
    device = new PciFunction({
      vendor: 0x8086,
      device: 0x100e,
      classCode: 0x020000,
      command: 0x103,
      bars: { 0: { address: 0xfebc0000, size: 0x20000 } },
    });
    device.view.setUint16(4, 0x403, true);
    pci.add(0, 3, 0, device);
  });
  list();
  assert.equal(device?.command, 0x403);
  assert.equal(device?.view.getUint32(0x10, true), 0xfebc0000);
  wasm.enable(0);
  assert.equal(device?.command, 0x007, "decoding and mastering on, interrupt not disabled");
  wasm.disableMaster(0);
  assert.equal(device?.command, 0x003);
});

test("follows bridges to any depth, and stops at loops", async () => {
  const { list } = await boot(({ pci }) => {
    pci.add(0, 0, 0, hostBridge());
    pci.add(0, 2, 0, PciFunction.bridge(5, 7));
    pci.add(0, 9, 0, PciFunction.bridge(0, 0));
    pci.add(5, 1, 0, PciFunction.bridge(7, 7));
    pci.add(5, 2, 0, PciFunction.bridge(5, 5));
    pci.add(7, 31, 0, new PciFunction({ vendor: 1, device: 2, classCode: 0x010601 }));
    pci.add(6, 0, 0, new PciFunction({ vendor: 1, device: 3, classCode: 0 }));
    pci.add(0, 31, 0, new PciFunction({ vendor: 1, device: 4, classCode: 0x0c0500 }));
  });
  const places = list().map((line) => line.slice(0, 17));
  assert.deepEqual(places, [
    "00:00.0 8086:1237",
    "00:02.0 1b36:0001",
    "00:09.0 1b36:0001",
    "00:1f.0 0001:0004",
    "05:01.0 1b36:0001",
    "05:02.0 1b36:0001",
    "07:1f.0 0001:0002",
  ]);
});

test("scans the bus of each host bridge", async () => {
  const { list } = await boot(({ pci }) => {
    const bridge = { vendor: 1, device: 9, classCode: 0x060000, multiFunction: true };
    pci.add(0, 0, 0, new PciFunction(bridge));
    const second = pci.add(0, 0, 1, new PciFunction(bridge));
    second.secondary = 1;
    pci.add(1, 4, 0, new PciFunction({ vendor: 1, device: 2, classCode: 0x030000 }));
  });
  assert.equal(list().length, 3);
});

test("skips unconnected buses, and functions 1 to 7 of single-function devices", async () => {
  const { machine, list } = await boot(({ pci }) => {
    pci.add(0, 0, 0, hostBridge());
  });
  list();
  assert.ok(machine.pci.accesses < 100, `${machine.pci.accesses}`);
});

test("survives a machine without a bus, and a capability list that loops", async () => {
  const empty = await boot(() => {});
  assert.deepEqual(empty.list(), []);
  const looped = await boot(({ pci }) => {
    const device = { vendor: 1, device: 2, classCode: 0x020000, capabilities: [5, 1] };
    const made = pci.add(0, 1, 0, new PciFunction(device));
    made.bytes[0x49] = 0x40;
  });
  assert.equal(looped.list().length, 1);
});

test("names classes, including unknown ones", async () => {
  const { wasm, text } = await boot(() => {});
  const names: [number, string][] = [
    [0x020000, "Ethernet controller"],
    [0x0c0330, "USB controller"],
    [0x02ff00, "Network controller"],
    [0xff0000, "Unassigned class"],
  ];
  for (const [code, name] of names) assert.equal(text(wasm.classText(code)), name);
});

test("starts the controllers that it can drive, and reports why others are unused", async () => {
  const { wasm, text, list } = await boot((machine) => {
    const model = new E1000Model(machine.clock, machine, machine.line(11));
    const e1000 = {
      vendor: 0x8086,
      device: 0x100e,
      classCode: 0x020000,
      interruptLine: 11,
      bars: { 0: { address: 0xfebc0000, size: 0x20000, device: model } },
    };
    const other = (vendor: number, device: number) =>
      new PciFunction({ vendor, device, classCode: 0x020000 });
    machine.pci.add(0, 3, 0, new PciFunction(e1000));
    machine.pci.add(0, 4, 0, other(0x10ec, 0x8139));
    machine.pci.add(0, 5, 0, other(0x1af4, 0x1000));
    machine.pci.add(0, 6, 0, other(0x1af4, 0x1041));
    machine.pci.add(0, 7, 0, other(0x8086, 0x100f));
    machine.pci.add(0, 8, 0, other(0x1234, 0x5678));
    machine.pci.add(0, 9, 0, new PciFunction({ vendor: 1, device: 1, classCode: 0x030000 }));
  });
  list();
  assert.equal(wasm.probe(4), 1);
  assert.equal(wasm.frames(), 1024, "a controller that cannot be used gets no frames");
  assert.equal(text(wasm.driver(0)), "e1000");
  const lines = text(wasm.network(4))
    .split("\n")
    .map((line) => line.replace(/^\[.*?\] /, ""));
  assert.deepEqual(lines, [
    "pci 00:03.0: Intel 82540EM Gigabit Ethernet Controller [8086:100e]: e1000, irq 11",
    "pci 00:04.0: Realtek RTL-8139 Fast Ethernet [10ec:8139]: probe failed",
    "pci 00:05.0: Virtio network device [1af4:1000]: probe failed",
    "pci 00:06.0: Virtio 1.0 network device [1af4:1041]: probe failed",
    "pci 00:07.0: Intel 82545EM Gigabit Ethernet Controller (Copper) [8086:100f]: " +
      "probe failed",
    "pci 00:08.0: Ethernet controller [1234:5678]: no driver",
  ]);
});

test("reports controllers beyond the limit as not used", async () => {
  const { wasm, text, list } = await boot((machine) => {
    for (const slot of [3, 4, 5]) {
      const model = new E1000Model(machine.clock, machine, machine.line(11));
      const bars = { 0: { address: 0xfeb00000 + slot * 0x20000, size: 0x20000, device: model } };
      const e1000 = { vendor: 0x8086, device: 0x100e, classCode: 0x020000, interruptLine: 11 };
      machine.pci.add(0, slot, 0, new PciFunction({ ...e1000, bars }));
    }
  });
  list();
  assert.equal(wasm.probe(1), 1);
  const left: number = wasm.freeFrames();
  assert.equal(wasm.probe(2), 2);
  assert.equal(
    wasm.freeFrames(),
    left + 256,
    "the pool grows for both rings, and the receive ring takes its part",
  );
  const lines = text(wasm.network(2)).split("\n");
  assert.match(lines[1], /: e1000, irq 11$/);
  assert.match(lines[2], /00:05\.0: .*: not used: at most 2 network devices are supported$/);
});
