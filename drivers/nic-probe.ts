/** Maps network controllers to drivers. */
import { RECEIVE_RING, TRANSMIT_RING } from "../core/limits";
import { log } from "../core/log";
import { commandLine } from "../machine/boot";
import { FramePool } from "../net/phy/pool";
import { E1000 } from "./intel/e1000";
import { Igb } from "./intel/igb";
import { Nic } from "./nic";
import { PciDevice } from "./pci/pci";
import { Rtl8139 } from "./realtek/rtl8139";
import { Rtl8139Plus } from "./realtek/rtl8139-plus";
import { Rtl8168 } from "./realtek/rtl8168";
import { mmioSlots } from "./virtio/mmio";
import { NET_CONFIG, VirtioNet } from "./virtio/net";
import { openPci } from "./virtio/pci";
import { Vmxnet3 } from "./vmware/vmxnet3";

/** Base class of network controllers (PCI Code and ID Assignment specification 1.11). */
const CLASS_NETWORK: u32 = 0x02;

/** The first revision of an RTL8139 with C+ mode, and the parameter that forbids its use. */
const FIRST_PLUS: u32 = 0x20;
const NO_PLUS: string = "rtl8139.cplus=0";

const enum Family {
  E1000,
  Igb,
  Rtl8139,
  Rtl8168,
  Virtio,
  Vmxnet3,
}

class Model {
  constructor(
    readonly vendor: u32,
    readonly device: u32,
    readonly family: Family,
  ) {}
}

const MODELS: StaticArray<Model> = [
  // 82544EI and 82544GC (copper), and the 82544GC LOM.
  new Model(0x8086, 0x1008, Family.E1000),
  new Model(0x8086, 0x100c, Family.E1000),
  new Model(0x8086, 0x100d, Family.E1000),
  // 82540EM, 82540EM LOM, 82545EM (copper).
  new Model(0x8086, 0x100e, Family.E1000),
  new Model(0x8086, 0x1015, Family.E1000),
  new Model(0x8086, 0x100f, Family.E1000),
  // 82574L, 82574LA.
  new Model(0x8086, 0x10d3, Family.E1000),
  new Model(0x8086, 0x10f6, Family.E1000),
  // 82576: copper, fiber, SerDes, quad ports, and without security engines.
  new Model(0x8086, 0x10c9, Family.Igb),
  new Model(0x8086, 0x10e6, Family.Igb),
  new Model(0x8086, 0x10e7, Family.Igb),
  new Model(0x8086, 0x10e8, Family.Igb),
  new Model(0x8086, 0x150a, Family.Igb),
  new Model(0x8086, 0x150d, Family.Igb),
  new Model(0x8086, 0x1518, Family.Igb),
  new Model(0x8086, 0x1526, Family.Igb),
  // I350: copper, fiber, SerDes, SGMII.
  new Model(0x8086, 0x1521, Family.Igb),
  new Model(0x8086, 0x1522, Family.Igb),
  new Model(0x8086, 0x1523, Family.Igb),
  new Model(0x8086, 0x1524, Family.Igb),
  // I210: copper, fiber, SerDes, SGMII; without flash: copper, SerDes. I211.
  new Model(0x8086, 0x1533, Family.Igb),
  new Model(0x8086, 0x1536, Family.Igb),
  new Model(0x8086, 0x1537, Family.Igb),
  new Model(0x8086, 0x1538, Family.Igb),
  new Model(0x8086, 0x157b, Family.Igb),
  new Model(0x8086, 0x157c, Family.Igb),
  new Model(0x8086, 0x1539, Family.Igb),
  new Model(0x10ec, 0x8139, Family.Rtl8139),
  // RTL8101E, RTL8168B and later, RTL8169.
  new Model(0x10ec, 0x8136, Family.Rtl8168),
  new Model(0x10ec, 0x8161, Family.Rtl8168),
  new Model(0x10ec, 0x8168, Family.Rtl8168),
  new Model(0x10ec, 0x8169, Family.Rtl8168),
  // Transitional and modern (Virtual I/O Device specification 1.2, section 4.1.2).
  new Model(0x1af4, 0x1000, Family.Virtio),
  new Model(0x1af4, 0x1041, Family.Virtio),
  new Model(0x15ad, 0x07b0, Family.Vmxnet3),
];

function modelOf(device: PciDevice): Model | null {
  for (let i = 0; i < MODELS.length; i++) {
    const model = MODELS[i];
    if (model.vendor == device.vendor && model.device == device.device) return model;
  }
  return null;
}

/** Reports whether to use the C+ mode of an RTL8139, which the command line can forbid. */
function hasPlusMode(device: PciDevice): bool {
  return device.revision >= FIRST_PLUS && !commandLine().split(" ").includes(NO_PLUS);
}

/** Returns a driver for the function, not yet started, or null. */
export function createNic(device: PciDevice, pool: FramePool): Nic | null {
  const model = modelOf(device);
  if (model == null) return null;
  if (model.family == Family.E1000) return new E1000(device, pool);
  if (model.family == Family.Igb) return new Igb(device, pool);
  if (model.family == Family.Rtl8139) {
    return hasPlusMode(device) ? new Rtl8139Plus(device, pool) : new Rtl8139(device, pool);
  }
  if (model.family == Family.Rtl8168) return new Rtl8168(device, pool);
  if (model.family == Family.Vmxnet3) return new Vmxnet3(device, pool);
  const transport = openPci(device, NET_CONFIG);
  return transport == null ? null : new VirtioNet(transport, device, pool);
}

/** The device ID of virtio network devices (VIRTIO 1.2, section 5). */
const VIRTIO_NETWORK: u32 = 1;

/**
 * Starts the network controllers that have a driver, at most `limit`: those of `devices` in order,
 * then virtio devices without PCI. Call this early in the boot: under QEMU an e1000 receives
 * nothing for a second after its start.
 */
export function startNics(devices: Array<PciDevice>, pool: FramePool, limit: i32): Array<Nic> {
  const started: Array<Nic> = [];
  for (let i = 0; i < devices.length && started.length < limit; i++) {
    const nic = createNic(devices[i], pool);
    if (nic != null) startNic(nic, pool, started);
  }
  const slots = mmioSlots(devices.length == 0);
  for (let i = 0; i < slots.length && started.length < limit; i++) {
    if (slots[i].kind() != VIRTIO_NETWORK) continue;
    startNic(new VirtioNet(slots[i].open(), slots[i], pool), pool, started);
  }
  return started;
}

/** Starts a driver, and adds it if its device works. */
function startNic(nic: Nic, pool: FramePool, started: Array<Nic>): void {
  if (!nic.probe()) return;
  if (started.length > 0) pool.extend(RECEIVE_RING + TRANSMIT_RING);
  nic.connectInterrupt();
  nic.start();
  nic.device.driver = nic.driverName();
  started.push(nic);
}

/**
 * Logs a line for each network controller: its driver, or why it has none. `nics` and `limit` are
 * those of `startNics`.
 */
export function logNics(devices: Array<PciDevice>, nics: Array<Nic>, limit: i32): void {
  let used = 0;
  for (let i = 0; i < devices.length; i++) {
    const device = devices[i];
    if (device.classCode >>> 16 != CLASS_NETWORK) continue;
    const what = `pci ${device.location()}: ${nameOf(device)} [${device.idText()}]`;
    if (device.driver != "") {
      used++;
      log(`${what}: ${device.driver}, ${device.interruptText()}`);
    } else if (modelOf(device) == null) log(`${what}: no driver`);
    else if (used == limit)
      log(`${what}: not used: at most ${limit} network devices are supported`);
    else log(`${what}: probe failed`);
  }
  for (let i = 0; i < nics.length; i++) {
    const device = nics[i].device;
    if (device instanceof PciDevice) continue;
    log(`${device.place()}: ${device.driver}, ${device.interruptText()}`);
  }
}

function nameOf(device: PciDevice): string {
  const name = device.name();
  return name != "" ? name : device.className();
}
