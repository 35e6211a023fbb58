/** The generations of Intel's gigabit controllers that the drivers treat differently. */

export const enum Chip {
  /** 82540EM and 82545EM. */
  I82540,
  /** 82544EI and 82544GC: no register that reads the EEPROM. */
  I82544,
  /** 82574L and 82574LA: PCI Express, and another format of that register. */
  I82574,
  /** 82576: queues of advanced descriptors. */
  I82576,
  /** The same, and a PHY that firmware may keep from having a link. */
  I350,
  /** I210 and I211: the same, and packet buffers whose sizes survive a reset. */
  I210,
}

/** Returns the generation of a device id that nic-probe.ts lists. */
export function chipOf(device: u32): Chip {
  if (device == 0x10d3 || device == 0x10f6) return Chip.I82574;
  if (device == 0x1008 || device == 0x100c || device == 0x100d) return Chip.I82544;
  if (device >= 0x1533) return Chip.I210;
  if (device >= 0x1521 && device <= 0x1524) return Chip.I350;
  return device >= 0x10c9 ? Chip.I82576 : Chip.I82540;
}
