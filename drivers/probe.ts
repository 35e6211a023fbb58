/** Which driver takes which PCI device: the one place that knows. */
import { log } from "../core/log";
import { FramePool } from "../net/phy/pool";
import { E1000, INTEL, isE1000 } from "./intel/e1000";
import { PciDevice } from "./pci/pci";

const REALTEK: u32 = 0x10ec;
const RTL8139: u32 = 0x8139;
const VIRTIO: u32 = 0x1af4;
const VIRTIO_NETWORK: u32 = 0x1000;
const VIRTIO_NETWORK_1: u32 = 0x1041;
const CLASS_NETWORK: u32 = 0x02;

/**
 * Starts every network controller that has a driver, at most `limit` of them. This comes first
 * after boot, because the first frame can arrive no sooner than a second after it under QEMU;
 * interrupts are connected later, with `connectInterrupt`.
 */
export function startNetwork(devices: Array<PciDevice>, pool: FramePool, limit: i32): Array<E1000> {
  const started: Array<E1000> = [];
  for (let i = 0; i < devices.length; i++) {
    const device = devices[i];
    if (device.vendor != INTEL || !isE1000(device.device) || started.length >= limit) continue;
    const driver = new E1000(device, pool);
    if (!driver.start()) continue;
    device.driver = driver.driverName();
    started.push(driver);
  }
  return started;
}

/** A log line for each network controller: its driver, or why there is none. */
export function logNetwork(devices: Array<PciDevice>): void {
  for (let i = 0; i < devices.length; i++) {
    const device = devices[i];
    if (device.classCode >>> 16 != CLASS_NETWORK) continue;
    const what = `pci ${device.location()}: ${describe(device)} [${device.idText()}]`;
    if (device.driver != "") log(`${what}: ${device.driver}, irq ${device.interruptLine}`);
    else if (device.vendor == INTEL && isE1000(device.device)) log(`${what}: cannot be started`);
    else log(`${what}: no driver yet`);
  }
}

function describe(device: PciDevice): string {
  if (device.vendor == REALTEK && device.device == RTL8139) return "RTL8139";
  if (device.vendor == VIRTIO) {
    if (device.device == VIRTIO_NETWORK || device.device == VIRTIO_NETWORK_1) return "virtio-net";
  }
  const name = device.name();
  return name != "" ? name : device.className();
}
