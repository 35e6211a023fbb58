/** The PCI scan; its findings as text. */
import { logLines } from "../../../core/log";
import { Nic } from "../../../drivers/nic";
import { logNics, startNics } from "../../../drivers/nic-probe";
import { className } from "../../../drivers/pci/names";
import { PciDevice, scanPci } from "../../../drivers/pci/pci";
import { FramePool } from "../../../net/phy/pool";

let devices: Array<PciDevice> = [];
let pool = new FramePool(1);
let nics: Array<Nic> = [];

export function scan(): i32 {
  devices = scanPci();
  return devices.length;
}

/** A device's address, ids, class, interrupt line and pin, BARs and capabilities, on one line. */
export function describe(index: i32): string {
  const device = devices[index];
  const lineAndPin = `${device.interruptLine}/${device.interruptPin}`;
  let text = `${device.location()} ${device.idText()} ${device.className()} ${lineAndPin}`;
  for (let i = 0; i < device.bars.length; i++) {
    const bar = device.bars[i];
    const kind = bar.io ? "io" : bar.wide ? "mem64" : "mem32";
    const flag = bar.prefetchable ? "p" : "";
    const range = `${bar.address.toString(16)}+${bar.size.toString(16)}`;
    text += ` ${bar.index}:${kind}${flag}@${range}`;
  }
  for (let i = 0; i < device.capabilities.length; i++) {
    text += ` cap${device.capabilities[i].id}@${device.capabilities[i].offset.toString(16)}`;
  }
  return text;
}
export function name(index: i32): string {
  return devices[index].name();
}
export function driver(index: i32): string {
  return devices[index].driver;
}
export function subsystem(index: i32): u32 {
  return (devices[index].subsystemVendor << 16) | devices[index].subsystemDevice;
}
export function capability(index: i32, id: u32): u32 {
  return devices[index].capability(id);
}
export function enable(index: i32): void {
  devices[index].enable();
}
export function disableMaster(index: i32): void {
  devices[index].disableMaster();
}
export function classText(code: u32): string {
  return className(code);
}

export function probe(limit: i32): i32 {
  pool = new FramePool(1024);
  nics = startNics(devices, pool, limit);
  return nics.length;
}
export function frames(): u32 {
  return pool.count;
}
export function freeFrames(): u32 {
  return pool.available;
}
export function network(limit: i32): string {
  logNics(devices, nics, limit);
  return logLines().join("\n");
}
export function interrupt(_vector: u32): void {}
