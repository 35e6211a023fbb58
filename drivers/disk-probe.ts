/** Maps disks to drivers. */
import { DISKS } from "../core/limits";
import { isVirtual } from "../machine/hypervisor";
import { CLASS_IDE, IdeCd, ideDrives } from "./ata/ide";
import { Disk } from "./disk";
import { PciDevice } from "./pci/pci";
import { BLOCK_CONFIG, VirtioBlock } from "./virtio/block";
import { mmioSlots } from "./virtio/mmio";
import { openPci } from "./virtio/pci";

const VIRTIO: u32 = 0x1af4;
/** The transitional and the modern device (VIRTIO 1.2, section 4.1.2), and the device ID (5). */
const TRANSITIONAL_BLOCK: u32 = 0x1001;
const MODERN_BLOCK: u32 = 0x1042;
const VIRTIO_BLOCK: u32 = 2;

/**
 * Returns the disks that have a driver, at most DISKS and none of them started: virtio devices on
 * PCI and without it, then the places of CD drives. Real CD drives, which may take seconds, are
 * left alone.
 */
export function findDisks(devices: Array<PciDevice>): Array<Disk> {
  const disks: Array<Disk> = [];
  for (let i = 0; i < devices.length && disks.length < DISKS; i++) {
    const device = devices[i];
    if (device.vendor != VIRTIO) continue;
    if (device.device != TRANSITIONAL_BLOCK && device.device != MODERN_BLOCK) continue;
    const transport = openPci(device, BLOCK_CONFIG);
    if (transport != null) disks.push(new VirtioBlock(transport, device));
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
