/** Puts disks into a machine. */
import type { Machine } from "./machine.ts";
import { VirtioBlockModel, type VirtioBlockOptions } from "./virtio-block.ts";
import { MMIO_SIZE, MmioRegisters } from "./virtio-mmio.ts";
import { type VirtioInterface, virtioFunction } from "./virtio-pci.ts";

export interface DiskOptions extends VirtioBlockOptions {
  image: Uint8Array;
  /** Modern virtio on PCI by default. */
  kind?: VirtioInterface | "mmio";
}

/** The first function on PCI, and where a disk without PCI is. */
const FIRST_DEVICE = 5;
const MMIO = 0xd0001000;
/** How the kernel's command line names the latter. */
export const DISK_PARAMETER = `virtio_mmio.device=4K@${MMIO}:0`;

/** Adds disks: on PCI, as function 0 of devices 5, 6, ..., or one of them without PCI. */
export function addDisks(machine: Machine, disks: DiskOptions[]): VirtioBlockModel[] {
  return disks.map((options, index) => {
    const { kind = "modern" } = options;
    const legacy = kind === "legacy";
    const model = new VirtioBlockModel(machine.clock, machine, options.image, {
      legacy,
      ...options,
    });
    if (kind === "mmio") {
      machine.memorySpace.add(MMIO, MMIO_SIZE, new MmioRegisters(model, 2));
    } else {
      const odd = { address: 0xfeb80000 + index * 0x10000, ports: 0xc100 + index * 0x40 };
      machine.pci.add(0, FIRST_DEVICE + index, 0, virtioFunction(model, kind, odd));
    }
    return model;
  });
}
