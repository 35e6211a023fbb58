/** Puts a network card into a machine. */
import { E1000Model, type E1000Options } from "./e1000.ts";
import { IgbModel } from "./igb.ts";
import type { Machine } from "./machine.ts";
import { interruptOf, MSI, usesMsi } from "./messages.ts";
import type { NicModel } from "./nic-model.ts";
import { type FunctionOptions, PciFunction } from "./pci.ts";
import { Rtl8139Model, Rtl8168Model } from "./rtl8139.ts";
import { Rtl8139PlainModel } from "./rtl8139-plain.ts";
import { MMIO_SIZE, MmioRegisters } from "./virtio-mmio.ts";
import { VirtioNetModel, type VirtioOptions } from "./virtio-net.ts";
import { type VirtioInterface, virtioFunction } from "./virtio-pci.ts";
import { Vmxnet3Model } from "./vmxnet3.ts";

export const nicKinds = [
  "e1000",
  "e1000e",
  "igb",
  "rtl8139",
  "rtl8139-plain",
  "rtl8168",
  "virtio-modern",
  "virtio-legacy",
  "virtio-mmio",
  "vmxnet3",
] as const;
export type NicKind = (typeof nicKinds)[number];

export interface NicOptions extends E1000Options, VirtioOptions {
  kind?: NicKind;
}

/** Where a device without PCI is, and how the kernel's command line says so. */
const MMIO = 0xd0000000;
export const MMIO_PARAMETER = `virtio_mmio.device=4K@${MMIO}:11`;

/** Adds a card to a machine, on line 11: on PCI, as function 0 of device 3. */
export function addNic(machine: Machine, options: NicOptions): NicModel {
  const { kind = "e1000" } = options;
  if (kind === "virtio-mmio") {
    const model = new VirtioNetModel(machine.clock, machine, machine.line(11), options);
    machine.memorySpace.add(MMIO, MMIO_SIZE, new MmioRegisters(model, 2));
    return model;
  }
  const { model, card } = build(kind, machine, options);
  machine.pci.add(0, 3, 0, card);
  return model;
}

function build(kind: Exclude<NicKind, "virtio-mmio">, machine: Machine, options: NicOptions) {
  const { clock, apic } = machine;
  const line = machine.line(11);
  if (kind === "rtl8139") {
    const model = new Rtl8139Model(clock, machine, line, options);
    return { model, card: rtl8139Function(model) };
  }
  if (kind === "rtl8139-plain") {
    const model = new Rtl8139PlainModel(clock, machine, line, options);
    return { model, card: plainFunction(model) };
  }
  if (kind === "virtio-modern" || kind === "virtio-legacy") {
    const model = new VirtioNetModel(clock, machine, line, options);
    const version: VirtioInterface = kind === "virtio-modern" ? "modern" : "legacy";
    return { model, card: virtioFunction(model, version, { apic }) };
  }
  let card: PciFunction | undefined;
  const interrupt = interruptOf(apic, () => card, line);
  if (kind === "igb") {
    const model = new IgbModel(clock, machine, interrupt, options);
    card = igbFunction(model);
    return { model, card };
  }
  if (kind === "rtl8168") {
    const model = new Rtl8168Model(clock, machine, interrupt, options);
    card = rtl8168Function(model);
    return { model, card };
  }
  if (kind === "vmxnet3") {
    const model = new Vmxnet3Model(clock, machine, interrupt, options);
    card = vmxnet3Function(model);
    return { model, card };
  }
  const is82574 = kind === "e1000e";
  const chosen = { qemu: !is82574, is82574, ...options };
  const model = new E1000Model(clock, machine, interrupt, chosen);
  const bars = { 0: { address: 0xfebc0000, size: 0x20000, device: model } };
  card = is82574 ? ethernet(0x8086, 0x10d3, bars, [MSI]) : ethernet(0x8086, 0x100e, bars);
  return { model, card };
}

function ethernet(
  vendor: number,
  device: number,
  bars: FunctionOptions["bars"],
  capabilities?: FunctionOptions["capabilities"],
): PciFunction {
  const line = { interruptLine: 11, interruptPin: 1 };
  return new PciFunction({ vendor, device, classCode: 0x020000, ...line, bars, capabilities });
}

/** Returns the PCI function of an 82576, or of one of its successors. */
export function igbFunction(model: IgbModel, device = 0x10c9): PciFunction {
  return ethernet(0x8086, device, { 0: { address: 0xfebc0000, size: 0x20000, device: model } }, [
    MSI,
  ]);
}

/** Returns the PCI function of an RTL8139C+. */
export function rtl8139Function(model: Rtl8139Model): PciFunction {
  const card = ethernet(0x10ec, 0x8139, { 1: { address: 0xfebf1000, size: 0x100, device: model } });
  card.bytes[8] = 0x20;
  return card;
}

/** Returns the PCI function of an RTL8139C. */
export function plainFunction(model: Rtl8139PlainModel): PciFunction {
  const card = ethernet(0x10ec, 0x8139, { 1: { address: 0xfebf1000, size: 0x100, device: model } });
  card.bytes[8] = 0x10;
  return card;
}

/** Returns the PCI function of an RTL8168, or of another gigabit chip of Realtek. */
export function rtl8168Function(model: Rtl8168Model, device = 0x8168): PciFunction {
  const bars = {
    0: { address: 0xc000, size: 0x100, io: true },
    // On conventional PCI the window is the next BAR.
    [device === 0x8169 ? 1 : 2]: { address: 0xfebf1000, size: 0x1000, device: model },
  };
  return ethernet(0x10ec, device, bars, [MSI]);
}

/** Returns the PCI function of a vmxnet3. */
export function vmxnet3Function(model: Vmxnet3Model): PciFunction {
  const { rings, device } = model;
  const bars = {
    0: { address: 0xfebf2000, size: 0x1000, device: rings },
    1: { address: 0xfebf3000, size: 0x1000, device },
  };
  const card = ethernet(0x15ad, 0x07b0, bars, [MSI]);
  model.sendsMessages = () => usesMsi(card);
  return card;
}
