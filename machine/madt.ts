/**
 * ACPI's multiple APIC description table (MADT, specification 6.5, section 5.2.12): the IO-APICs,
 * and the ISA lines whose input, polarity or trigger mode differs from the usual one.
 *
 *     36 address of the local APIC │ 40 flags │ 44 type, length, ... │ type, length, ...
 */
import { INTERRUPT_OVERRIDES, IO_APICS } from "../core/limits";
import { log } from "../core/log";
import { findAcpiTable, tableBytes } from "./acpi";
import { mmioRead8, mmioRead16, mmioRead32 } from "./host";
import { TRIGGER_ACTIVE_LOW, TRIGGER_LEVEL, Trigger } from "./trigger";

/** "APIC". */
const MADT: u32 = 0x43495041;
const ENTRIES: u32 = 44;

// Types of entries, and their lengths (sections 5.2.12.3 and 5.2.12.5).
const IO_APIC: u32 = 1;
const IO_APIC_SIZE: u32 = 12;
const OVERRIDE: u32 = 2;
const OVERRIDE_SIZE: u32 = 10;

// The flags of an override (table 5.26): 0 stands for what is usual on the bus.
const POLARITY: u32 = 3;
const ACTIVE_LOW: u32 = 3;
const TRIGGER_MODE: u32 = 3 << 2;
const LEVEL: u32 = 3 << 2;

/** An IO-APIC; its first input has the global number `first`. */
class IoApicPlace {
  constructor(
    readonly address: u64,
    readonly first: u32,
  ) {}
}

/** An ISA line, the global number of its input, and the flags that override its trigger. */
class Override {
  constructor(
    readonly line: u32,
    readonly global: u32,
    readonly flags: u32,
  ) {}
}

export class Madt {
  readonly ioApics: Array<IoApicPlace> = [];
  private readonly overrides: Array<Override> = [];

  /** Reads the table. Without one, or if it is damaged, which is logged, there are no IO-APICs. */
  static read(): Madt {
    const table = findAcpiTable(MADT);
    const madt = new Madt();
    if (table == 0 || madt.parse(table, tableBytes(table))) return madt;
    log("acpi: the MADT is malformed: interrupt lines above 15 are not used");
    return new Madt();
  }

  /** Returns the global number of an ISA line. */
  globalOf(line: u32): u32 {
    const found = this.overrideOf(line);
    return found == null ? line : found.global;
  }
  /** Returns the trigger of an ISA line; `usual` unless an override says otherwise. */
  triggerOf(line: u32, usual: Trigger): Trigger {
    const found = this.overrideOf(line);
    if (found == null) return usual;
    let trigger: u32 = usual;
    if ((found.flags & POLARITY) != 0) {
      trigger &= ~TRIGGER_ACTIVE_LOW;
      if ((found.flags & POLARITY) == ACTIVE_LOW) trigger |= TRIGGER_ACTIVE_LOW;
    }
    if ((found.flags & TRIGGER_MODE) != 0) {
      trigger &= ~TRIGGER_LEVEL;
      if ((found.flags & TRIGGER_MODE) == LEVEL) trigger |= TRIGGER_LEVEL;
    }
    return trigger;
  }

  private overrideOf(line: u32): Override | null {
    for (let i = 0; i < this.overrides.length; i++) {
      if (this.overrides[i].line == line) return this.overrides[i];
    }
    return null;
  }

  /** Returns false unless the entries end where the table does, and each is as long as its type. */
  private parse(table: u64, length: u32): bool {
    let at: u32 = ENTRIES;
    while (at < length) {
      if (at + 2 > length) return false;
      const entry = table + (at as u64);
      const type = mmioRead8(entry);
      const size = mmioRead8(entry + 1);
      const least = type == IO_APIC ? IO_APIC_SIZE : type == OVERRIDE ? OVERRIDE_SIZE : 2;
      if (size < least || at + size > length) return false;
      if (type == IO_APIC && this.ioApics.length < IO_APICS) {
        this.ioApics.push(new IoApicPlace(mmioRead32(entry + 4), mmioRead32(entry + 8)));
      } else if (type == OVERRIDE && this.overrides.length < INTERRUPT_OVERRIDES) {
        const line = mmioRead8(entry + 3);
        this.overrides.push(new Override(line, mmioRead32(entry + 4), mmioRead16(entry + 8)));
      }
      at += size;
    }
    return true;
  }
}
