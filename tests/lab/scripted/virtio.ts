/** The driver of virtio network devices on the device's model, for tests. */
import assert from "node:assert/strict";
import { type AcpiOptions, addAcpi } from "../machine/acpi.ts";
import { addIoApic } from "../machine/io-apic.ts";
import { Machine, type MachineOptions } from "../machine/machine.ts";
import { MMIO_SIZE, MmioRegisters } from "../machine/virtio-mmio.ts";
import { VirtioNetModel, type VirtioOptions } from "../machine/virtio-net.ts";
import { type PciOddities, type VirtioInterface, virtioFunction } from "../machine/virtio-pci.ts";
import { load, readString } from "./assembly.ts";
import { bench } from "./nic.ts";

export { frame, hex, MAC } from "./nic.ts";

/** Where the device without PCI is. */
const MMIO = 0xd0000000;

export interface Setup extends VirtioOptions {
  kind?: VirtioInterface | "mmio";
  /** The version of registers without PCI. */
  version?: number;
  commandLine?: string;
  odd?: PciOddities;
  /** ACPI's tables, and the input of an IO-APIC that the device has instead of line 11. */
  acpi?: AcpiOptions;
  input?: number;
  interruptLine?: number;
  /** With a local APIC, a modern device uses MSI-X. */
  apic?: MachineOptions["apic"];
  frames?: number;
  start?: boolean;
  /** Changes the device before the driver sees it. */
  prepare?: (model: VirtioNetModel) => void;
}

export async function boot(setup: Setup = {}) {
  const { kind = "modern", interruptLine: line = 11 } = setup;
  const { commandLine = `virtio_mmio.device=4K@${MMIO}:${line}` } = setup;
  const machine = new Machine({ commandLine, apic: setup.apic });
  const ioApic = addIoApic(machine);
  if (setup.acpi) addAcpi(machine, setup.acpi);
  const line11 = setup.input ? ioApic.line(setup.input) : machine.line(11);
  const model = new VirtioNetModel(machine.clock, machine, line11, setup);
  const card = virtioFunction(model, kind === "mmio" ? "modern" : kind, {
    interruptLine: line,
    apic: machine.apic,
    ...setup.odd,
  });
  const pci = machine.pci.add(0, 3, 0, card);
  const registers = new MmioRegisters(model, setup.version ?? 2);
  machine.memorySpace.add(MMIO, MMIO_SIZE, registers);
  const wasm = await load("tests/lab/entries/virtio.ts", machine.host());
  machine.attach(wasm);
  setup.prepare?.(model);
  const frames = setup.frames ?? 1024;
  const found = (kind === "mmio" ? wasm.createMmio(frames, 0) : wasm.create(frames)) !== 0;
  if (setup.start ?? true) {
    assert.ok(found && wasm.start() !== 0, "the device was not started");
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
  const logged = () => readString(wasm.memory, wasm.logged());
  const slots = (probes: boolean) => readString(wasm.memory, wasm.slots(probes));
  return { machine, model, ioApic, pci, wasm, found, logged, slots, ...bench(wasm) };
}
