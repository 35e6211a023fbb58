/** Maps disks to drivers. */
import { DISKS } from "../core/limits";
import { log } from "../core/log";
import { isVirtual } from "../machine/hypervisor";
import { CLASS_IDE, IdeCd, ideDrives } from "./ata/ide";
import { Disk } from "./disk";
import { PciDevice } from "./pci/pci";
import { BLOCK_CONFIG, VIRTIO_BLOCK_DRIVER, VirtioBlock } from "./virtio/block";
import { mmioSlots } from "./virtio/mmio";
import { isVirtio, openPci } from "./virtio/pci";

/** The device ID (VIRTIO 5), and the PCI device ID of the transitional device (VIRTIO 4.1.2). */
const VIRTIO_BLOCK: u32 = 2;
const TRANSITIONAL_BLOCK: u32 = 0x1001;

/**
 * Returns the disks that have a driver, at most DISKS and none of them started: virtio devices on
 * PCI and without it, then the places of CD drives. Real CD drives, which may take seconds, are
 * left alone.
 */
export function findDisks(devices: Array<PciDevice>): Array<Disk> {
  const disks: Array<Disk> = [];
  for (let i = 0; i < devices.length && disks.length < DISKS; i++) {
    const device = devices[i];
    if (!isVirtio(device, VIRTIO_BLOCK, TRANSITIONAL_BLOCK)) continue;
    const transport = openPci(device, BLOCK_CONFIG);
    if (transport != null) disks.push(new VirtioBlock(transport, device));
    else log(`${device.place()}: ${VIRTIO_BLOCK_DRIVER}: registers out of reach`);
  }
  const slots = mmioSlots(devices.length == 0);
  for (let i = 0; i < slots.length && disks.length < DISKS; i++) {
    if (slots[i].kind() == VIRTIO_BLOCK) disks.push(new VirtioBlock(slots[i].open(), slots[i]));
  }
  for (let i = 0; i < devices.length && isVirtual(); i++) {
    if (devices[i].classCode >>> 8 == CLASS_IDE) addDrives(disks, ideDrives(devices[i]));
  }
  return disks;
}

function addDrives(disks: Array<Disk>, drives: Array<IdeCd>): void {
  for (let i = 0; i < drives.length && disks.length < DISKS; i++) disks.push(drives[i]);
}
