/** Names of classes (PCI Code and ID Assignment specification) and common devices, as in lspci. */

class ClassName {
  constructor(
    /** Class in bits 15..8, subclass in 7..0. */
    readonly code: u32,
    readonly name: string,
  ) {}
}

class DeviceName {
  constructor(
    /** Vendor in bits 31..16, device in 15..0. */
    readonly id: u32,
    readonly name: string,
  ) {}
}

const CLASSES: StaticArray<ClassName> = [
  new ClassName(0x0000, "Non-VGA unclassified device"),
  new ClassName(0x0001, "VGA compatible unclassified device"),
  new ClassName(0x0100, "SCSI storage controller"),
  new ClassName(0x0101, "IDE interface"),
  new ClassName(0x0102, "Floppy disk controller"),
  new ClassName(0x0104, "RAID bus controller"),
  new ClassName(0x0105, "ATA controller"),
  new ClassName(0x0106, "SATA controller"),
  new ClassName(0x0107, "Serial Attached SCSI controller"),
  new ClassName(0x0108, "Non-Volatile memory controller"),
  new ClassName(0x0180, "Mass storage controller"),
  new ClassName(0x0200, "Ethernet controller"),
  new ClassName(0x0280, "Network controller"),
  new ClassName(0x0300, "VGA compatible controller"),
  new ClassName(0x0302, "3D controller"),
  new ClassName(0x0380, "Display controller"),
  new ClassName(0x0400, "Multimedia video controller"),
  new ClassName(0x0401, "Multimedia audio controller"),
  new ClassName(0x0403, "Audio device"),
  new ClassName(0x0500, "RAM memory"),
  new ClassName(0x0580, "Memory controller"),
  new ClassName(0x0600, "Host bridge"),
  new ClassName(0x0601, "ISA bridge"),
  new ClassName(0x0604, "PCI bridge"),
  new ClassName(0x0607, "CardBus bridge"),
  new ClassName(0x0680, "Bridge"),
  new ClassName(0x0700, "Serial controller"),
  new ClassName(0x0703, "Modem"),
  new ClassName(0x0780, "Communication controller"),
  new ClassName(0x0800, "PIC"),
  new ClassName(0x0803, "RTC"),
  new ClassName(0x0805, "SD Host controller"),
  new ClassName(0x0806, "IOMMU"),
  new ClassName(0x0880, "System peripheral"),
  new ClassName(0x0900, "Keyboard controller"),
  new ClassName(0x0980, "Input device controller"),
  new ClassName(0x0c00, "FireWire (IEEE 1394)"),
  new ClassName(0x0c03, "USB controller"),
  new ClassName(0x0c05, "SMBus"),
  new ClassName(0x0d80, "Wireless controller"),
  new ClassName(0x1000, "Network and computing encryption device"),
  new ClassName(0x1080, "Encryption controller"),
  new ClassName(0x1180, "Signal processing controller"),
];

/** Names for unknown subclasses, by class alone, from class 0. */
const BASE_CLASSES: StaticArray<string> = [
  "Unclassified device",
  "Mass storage controller",
  "Network controller",
  "Display controller",
  "Multimedia controller",
  "Memory controller",
  "Bridge",
  "Communication controller",
  "Generic system peripheral",
  "Input device controller",
  "Docking station",
  "Processor",
  "Serial bus controller",
  "Wireless controller",
  "Intelligent controller",
  "Satellite communications controller",
  "Encryption controller",
  "Signal processing controller",
  "Processing accelerators",
];

const DEVICES: StaticArray<DeviceName> = [
  new DeviceName(0x80861008, "Intel 82544EI Gigabit Ethernet Controller (Copper)"),
  new DeviceName(0x8086100c, "Intel 82544GC Gigabit Ethernet Controller (Copper)"),
  new DeviceName(0x8086100d, "Intel 82544GC Gigabit Ethernet Controller (LOM)"),
  new DeviceName(0x8086100e, "Intel 82540EM Gigabit Ethernet Controller"),
  new DeviceName(0x8086100f, "Intel 82545EM Gigabit Ethernet Controller (Copper)"),
  new DeviceName(0x80861015, "Intel 82540EM Gigabit Ethernet Controller (LOM)"),
  new DeviceName(0x808610d3, "Intel 82574L Gigabit Network Connection"),
  new DeviceName(0x808610c9, "Intel 82576 Gigabit Network Connection"),
  new DeviceName(0x80861521, "Intel I350 Gigabit Network Connection"),
  new DeviceName(0x80861533, "Intel I210 Gigabit Network Connection"),
  new DeviceName(0x80861539, "Intel I211 Gigabit Network Connection"),
  new DeviceName(0x80861237, "Intel 440FX - 82441FX PMC [Natoma]"),
  new DeviceName(0x80862415, "Intel 82801AA AC'97 Audio Controller"),
  new DeviceName(0x80862668, "Intel 82801FB (ICH6) High Definition Audio Controller"),
  new DeviceName(0x80862918, "Intel 82801IB (ICH9) LPC Interface Controller"),
  new DeviceName(0x80862922, "Intel 82801IR (ICH9R) 6 port SATA Controller [AHCI mode]"),
  new DeviceName(0x80862930, "Intel 82801I (ICH9 Family) SMBus Controller"),
  new DeviceName(0x8086293e, "Intel 82801I (ICH9 Family) HD Audio Controller"),
  new DeviceName(0x808629c0, "Intel 82G33/G31/P35/P31 Express DRAM Controller"),
  new DeviceName(0x80867000, "Intel 82371SB PIIX3 ISA [Natoma/Triton II]"),
  new DeviceName(0x80867010, "Intel 82371SB PIIX3 IDE [Natoma/Triton II]"),
  new DeviceName(0x80867020, "Intel 82371SB PIIX3 USB [Natoma/Triton II]"),
  new DeviceName(0x80867113, "Intel 82371AB/EB/MB PIIX4 ACPI"),
  new DeviceName(0x10ec8029, "Realtek RTL-8029(AS)"),
  new DeviceName(0x10ec8136, "Realtek RTL8101E PCI Express Fast Ethernet"),
  new DeviceName(0x10ec8139, "Realtek RTL-8139 Fast Ethernet"),
  new DeviceName(0x10ec8161, "Realtek RTL8111/8168 Gigabit Ethernet"),
  new DeviceName(0x10ec8168, "Realtek RTL8111/8168 Gigabit Ethernet"),
  new DeviceName(0x10ec8169, "Realtek RTL8169 Gigabit Ethernet"),
  new DeviceName(0x10222000, "AMD 79c970 [PCnet32 LANCE]"),
  new DeviceName(0x12341111, "QEMU standard VGA"),
  new DeviceName(0x1af41000, "Virtio network device"),
  new DeviceName(0x1af41001, "Virtio block device"),
  new DeviceName(0x1af41002, "Virtio memory balloon"),
  new DeviceName(0x1af41003, "Virtio console"),
  new DeviceName(0x1af41005, "Virtio RNG"),
  new DeviceName(0x1af41041, "Virtio 1.0 network device"),
  new DeviceName(0x1af41042, "Virtio 1.0 block device"),
  new DeviceName(0x1af41044, "Virtio 1.0 RNG"),
  new DeviceName(0x1b360001, "QEMU PCI-PCI bridge"),
  new DeviceName(0x1b36000c, "QEMU PCIe Root port"),
  new DeviceName(0x1b36000d, "QEMU XHCI Host Controller"),
  new DeviceName(0x1b36000e, "QEMU PCIe-to-PCI bridge"),
  new DeviceName(0x15ad07b0, "VMware VMXNET3 Ethernet Controller"),
  new DeviceName(0x101300b8, "Cirrus Logic GD 5446"),
];

/** Returns the name of a class code (24 bits); never empty. */
export function className(code: u32): string {
  for (let i = 0; i < CLASSES.length; i++) {
    if (CLASSES[i].code == code >>> 8) return CLASSES[i].name;
  }
  const base = code >>> 16;
  return base < (BASE_CLASSES.length as u32) ? BASE_CLASSES[base] : "Unassigned class";
}

/** Returns the name of a device, or "" if the table does not have it. */
export function deviceName(vendor: u32, device: u32): string {
  const id = (vendor << 16) | device;
  for (let i = 0; i < DEVICES.length; i++) if (DEVICES[i].id == id) return DEVICES[i].name;
  return "";
}
