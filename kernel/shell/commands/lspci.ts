/**
 * lspci [-v] [-k] [-n | -nn]
 *
 * Lists the PCI functions in the order of the bus scan, in the format of lspci(8) of pciutils:
 * BUS:DEVICE.FUNCTION, class, name and revision. -v adds the subsystem, interrupt, base addresses,
 * capabilities and driver, -k only the driver. -n prints numbers instead of names, -nn both. The
 * interrupt of a device in use has a kind, as in Linux's /proc/interrupts: XT-PIC, PCI-MSI...
 *
 * Unlike pciutils, it knows only the names in drivers/pci/names.ts, not the PCI ID database. It
 * prints no bus domains. -vv and -vvv print no more than -v.
 *
 * Exit codes: 0 success; 2 wrong usage (1 in pciutils).
 */
import { CAPABILITY_MSI, CAPABILITY_MSIX, describeMessages } from "../../../drivers/pci/msi";
import { PciBar, PciDevice } from "../../../drivers/pci/pci";
import { InterruptKind, interruptKindName } from "../../../machine/interrupts";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

/** A vendor, by its name in the PCI ID database and by its short name here. */
class Vendor {
  constructor(
    readonly id: u32,
    /** How the names of its devices begin in drivers/pci/names.ts. */
    readonly prefix: string,
    readonly name: string,
  ) {}
}

const VENDORS: StaticArray<Vendor> = [
  new Vendor(0x8086, "Intel ", "Intel Corporation"),
  new Vendor(0x10ec, "Realtek ", "Realtek Semiconductor Co., Ltd."),
  new Vendor(0x1022, "AMD ", "Advanced Micro Devices, Inc. [AMD]"),
  new Vendor(0x1af4, "", "Red Hat, Inc."),
  new Vendor(0x1b36, "", "Red Hat, Inc."),
  new Vendor(0x15ad, "VMware ", "VMware"),
  new Vendor(0x1013, "Cirrus Logic ", "Cirrus Logic"),
];

class CapabilityName {
  constructor(
    readonly id: u32,
    readonly name: string,
  ) {}
}

/** Capability IDs (PCI Code and ID Assignment Specification, section 2). */
const CAPABILITIES: StaticArray<CapabilityName> = [
  new CapabilityName(0x01, "Power Management"),
  new CapabilityName(0x03, "Vital Product Data"),
  new CapabilityName(0x04, "Slot ID"),
  new CapabilityName(0x05, "MSI"),
  new CapabilityName(0x07, "PCI-X"),
  new CapabilityName(0x09, "Vendor Specific Information"),
  new CapabilityName(0x0a, "Debug port"),
  new CapabilityName(0x0d, "Subsystem"),
  new CapabilityName(0x10, "Express"),
  new CapabilityName(0x11, "MSI-X"),
  new CapabilityName(0x12, "SATA HBA"),
  new CapabilityName(0x13, "PCI Advanced Features"),
];

const OPTIONS: StaticArray<string> = ["v", "n", "k"];
const DETAILS: StaticArray<string> = [
  "  -v  prints addresses, interrupt, capabilities and driver too; -k: only the driver",
  "  -n  prints numbers in place of names; -nn: both",
];
/** The Interrupt Line of a pin that is not connected (PCI Local Bus 3.0, section 6.2.4). */
const NO_INTERRUPT: u32 = 255;
/** Interrupt Pin: 1 to 4 are INTA# to INTD#, 0 is none. */
const PIN_NAMES: string = "?ABCD";

export class Lspci extends Command {
  constructor(private readonly devices: Array<PciDevice>) {
    super("lspci", "[-v] [-k] [-n | -nn]", "lists the PCI devices", ["lspci", "lspci -v"]);
  }
  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    // -nn is -n given twice.
    const numbers = options.values("n").length;
    for (let i = 0; i < this.devices.length; i++) {
      const device = this.devices[i];
      session.printLine(numbers == 1 ? numericLine(device) : nameLine(device, numbers > 1));
      if (options.has("v")) printDetails(device, session);
      if ((options.has("v") || options.has("k")) && device.driver != "") {
        session.printLine(`\tKernel driver in use: ${device.driver}`);
      }
      if (options.has("v")) session.print("\n");
    }
    return this.done();
  }
}

function hex(value: u32, digits: i32): string {
  return value.toString(16).padStart(digits, "0");
}

/** Revision 0 is not printed, as in pciutils. */
function revision(device: PciDevice): string {
  return device.revision == 0 ? "" : ` (rev ${hex(device.revision, 2)})`;
}

/** `00:03.0 0200: 8086:100e (rev 03)` */
function numericLine(device: PciDevice): string {
  const code = hex(device.classCode >>> 8, 4);
  return `${device.location()} ${code}: ${device.idText()}${revision(device)}`;
}

/** `00:03.0 Ethernet controller: Intel Corporation 82540EM ... (rev 03)` */
function nameLine(device: PciDevice, numbers: bool): string {
  const code = numbers ? ` [${hex(device.classCode >>> 8, 4)}]` : "";
  const id = numbers ? ` [${device.idText()}]` : "";
  const what = `${fullName(device)}${id}${revision(device)}`;
  return `${device.location()} ${device.className()}${code}: ${what}`;
}

/** Returns vendor and device as in the PCI ID database; `Device 1234:5678` if unknown. */
function fullName(device: PciDevice): string {
  const name = device.name();
  for (let i = 0; i < VENDORS.length; i++) {
    const vendor = VENDORS[i];
    if (vendor.id != device.vendor) continue;
    if (name == "") return `${vendor.name} Device ${hex(device.device, 4)}`;
    const strip = name.startsWith(vendor.prefix) ? vendor.prefix.length : 0;
    return `${vendor.name} ${name.substring(strip)}`;
  }
  return name == "" ? `Device ${device.idText()}` : name;
}

/** Prints the indented lines of -v. */
function printDetails(device: PciDevice, session: Session): void {
  if (device.subsystemVendor != 0) {
    const vendor = hex(device.subsystemVendor, 4);
    session.printLine(`\tSubsystem: ${vendor}:${hex(device.subsystemDevice, 4)}`);
  }
  if (device.interruptPin > 0 && device.interruptPin <= 4) {
    const pin = PIN_NAMES.charAt(device.interruptPin);
    session.printLine(`\tInterrupt: pin ${pin} ${describeRoute(device)}`);
  }
  for (let i = 0; i < device.bars.length; i++)
    session.printLine(`\t${describeBar(device.bars[i])}`);
  for (let i = 0; i < device.capabilities.length; i++) {
    const capability = device.capabilities[i];
    const name = capabilityName(capability.id);
    const text = `\tCapabilities: [${hex(capability.offset, 2)}] ${name}`;
    if (capability.id != CAPABILITY_MSI && capability.id != CAPABILITY_MSIX) {
      session.printLine(text);
      continue;
    }
    const state = describeMessages(device.address, capability.id, capability.offset);
    session.printLine(`${text}: ${state}`);
  }
}

/** `routed to IRQ 48 (PCI-MSI)`; of a device without a driver, what firmware chose. */
function describeRoute(device: PciDevice): string {
  if (device.interruptKind != InterruptKind.None) {
    const kind = interruptKindName(device.interruptKind);
    return `routed to IRQ ${device.interruptNumber} (${kind})`;
  }
  const line = device.interruptLine;
  return line == 0 || line == NO_INTERRUPT ? "not routed" : `routed to IRQ ${line}`;
}

/** `Memory at febc0000 (32-bit, non-prefetchable) [size=128K]` */
function describeBar(bar: PciBar): string {
  const size = `[size=${shortSize(bar.size)}]`;
  if (bar.io) return `I/O ports at ${bar.address.toString(16).padStart(4, "0")} ${size}`;
  const width = bar.wide ? "64-bit" : "32-bit";
  const kind = bar.prefetchable ? "prefetchable" : "non-prefetchable";
  return `Memory at ${bar.address.toString(16).padStart(8, "0")} (${width}, ${kind}) ${size}`;
}

/** Returns "128K", "4M" and so on; the size of a base address is a power of two. */
function shortSize(bytes: u64): string {
  if (bytes >= 1 << 30) return `${bytes >> 30}G`;
  if (bytes >= 1 << 20) return `${bytes >> 20}M`;
  if (bytes >= 1 << 10) return `${bytes >> 10}K`;
  return bytes.toString();
}

function capabilityName(id: u32): string {
  for (let i = 0; i < CAPABILITIES.length; i++) {
    if (CAPABILITIES[i].id == id) return CAPABILITIES[i].name;
  }
  return `Capability 0x${hex(id, 2)}`;
}
