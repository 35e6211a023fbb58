/** Puts a network card into a machine. */
import { E1000Model, type E1000Options } from "./e1000.ts";
import type { Machine } from "./machine.ts";
import type { NicModel } from "./nic-model.ts";
import { PciFunction } from "./pci.ts";
import { VirtioNetModel, type VirtioOptions } from "./virtio-net.ts";
import { type VirtioInterface, virtioFunction } from "./virtio-pci.ts";

export const nicKinds = ["e1000", "e1000e", "virtio-modern", "virtio-legacy"] as const;
export type NicKind = (typeof nicKinds)[number];

export interface NicOptions extends E1000Options, VirtioOptions {
  kind?: NicKind;
}

/** Adds a card to a machine as function 0 of device 3, on line 11. */
export function addNic(machine: Machine, options: NicOptions): NicModel {
  const { kind = "e1000" } = options;
  const line = machine.line(11);
  if (kind === "virtio-modern" || kind === "virtio-legacy") {
    const model = new VirtioNetModel(machine.clock, machine, line, options);
    const [, version] = kind.split("-");
    machine.pci.add(0, 3, 0, virtioFunction(model, version as VirtioInterface));
    return model;
  }
  const is82574 = kind === "e1000e";
  const chip = { qemu: !is82574, is82574, ...options };
  const model = new E1000Model(machine.clock, machine, line, chip);
  const card = {
    vendor: 0x8086,
    device: is82574 ? 0x10d3 : 0x100e,
    classCode: 0x020000,
    interruptLine: 11,
    interruptPin: 1,
    bars: { 0: { address: 0xfebc0000, size: 0x20000, device: model } },
  };
  machine.pci.add(0, 3, 0, new PciFunction(card));
  return model;
}
