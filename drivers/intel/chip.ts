/** The generations of Intel's gigabit controllers that the driver treats differently. */

export const enum Chip {
  /** 82540EM and 82545EM. */
  I82540,
  /** 82544EI and 82544GC: no register that reads the EEPROM. */
  I82544,
  /** 82574L and 82574LA: PCI Express, and another format of that register. */
  I82574,
}

/** Returns the generation of a device id that nic-probe.ts lists. */
export function chipOf(device: u32): Chip {
  if (device == 0x10d3 || device == 0x10f6) return Chip.I82574;
  if (device == 0x1008 || device == 0x100c || device == 0x100d) return Chip.I82544;
  return Chip.I82540;
}
