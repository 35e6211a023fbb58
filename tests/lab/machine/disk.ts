/** Puts disks into a machine. */
import { type CdOptions, IdeChannel } from "./ide-cd.ts";
import type { Machine } from "./machine.ts";
import { PciFunction } from "./pci.ts";
import { VirtioBlockModel, type VirtioBlockOptions } from "./virtio-block.ts";
import { MMIO_SIZE, MmioRegisters } from "./virtio-mmio.ts";
import { type VirtioInterface, virtioFunction } from "./virtio-pci.ts";

export interface DiskOptions extends VirtioBlockOptions, CdOptions {
  /** Modern virtio on PCI by default. A CD drive is on IDE. */
  kind?: VirtioInterface | "mmio" | "cd";
  /** The address of the registers of a modern device on PCI. */
  address?: number;
}

/** The first function on PCI, and where a disk without PCI is. */
const FIRST_DEVICE = 5;
const MMIO = 0xd0001000;
/** How the kernel's command line names the latter. */
export const DISK_PARAMETER = `virtio_mmio.device=4K@${MMIO}:0`;

/** Adds disks: on PCI, as function 0 of devices 5, 6, ..., or one of them without PCI, or IDE. */
export function addDisks(machine: Machine, disks: DiskOptions[]): void {
  const drives = disks.filter(({ kind }) => kind === "cd");
  if (drives.length > 0) addIde(machine, drives);
  const others = disks.filter(({ kind }) => kind !== "cd");
  others.forEach((options, index) => {
    const { kind = "modern", image = new Uint8Array() } = options;
    const legacy = kind === "legacy";
    const model = new VirtioBlockModel(machine.clock, machine, image, { legacy, ...options });
    if (kind === "mmio") {
      machine.memorySpace.add(MMIO, MMIO_SIZE, new MmioRegisters(model, 2));
    } else if (kind !== "cd") {
      const { address = 0xfeb80000 + index * 0x10000 } = options;
      const odd = { address, ports: 0xc100 + index * 0x40 };
      machine.pci.add(0, FIRST_DEVICE + index, 0, virtioFunction(model, kind, odd));
    }
  });
}

/** Adds an IDE controller as device 4, with drives from the second channel on. */
function addIde(machine: Machine, drives: DiskOptions[]): void {
  const controller = { vendor: 0x8086, device: 0x7010, classCode: 0x010180 };
  machine.pci.add(0, 4, 0, new PciFunction(controller));
  machine.ports.add(0x170, 8, new IdeChannel(machine.clock, drives.slice(0, 2)));
  machine.ports.add(0x1f0, 8, new IdeChannel(machine.clock, drives.slice(2)));
}
