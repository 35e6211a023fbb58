/**
 * IO-APICs (Intel 82093AA data sheet, section 3.2): each input, with a global number that the MADT
 * gives, sends a vector to the local APIC.
 *
 * Which input a PCI card's INTx line is wired to is known only to ACPI's `_PRT`, which is AML and
 * is not interpreted. So an input is used only if its number is known otherwise: from a card's
 * Interrupt Line register if that is above 15, from ACPI's description of a virtio device without
 * PCI, from the command line, or, on a machine without the 8259 pair, as the input of an ISA line.
 */
import { mmioRead32, mmioWrite32 } from "./host";
import { acceptsMessages, localApicId } from "./local-apic";
import { Madt } from "./madt";
import { TRIGGER_ACTIVE_LOW, TRIGGER_LEVEL, Trigger } from "./trigger";

const SELECT: u64 = 0x00;
const WINDOW: u64 = 0x10;

// Registers: the version, with the number of the last input, and two words for each input.
const VERSION: u32 = 0x01;
const REDIRECTION: u32 = 0x10;

// The low word of an input (section 3.2.4): delivery modes 0 and 1 deliver its vector.
const DELIVERY_MODE: u32 = 7 << 8;
const LOWEST_PRIORITY: u32 = 1 << 8;
const ACTIVE_LOW: u32 = 1 << 13;
const LEVEL_TRIGGERED: u32 = 1 << 15;
const MASKED: u32 = 1 << 16;
/** The destination in the high word. */
const DESTINATION_SHIFT: u32 = 24;

/** Addresses that machine/native/ maps without caching. */
const FIRST_ADDRESS: u64 = 0xfec0_0000;
const LAST_ADDRESS: u64 = 0xfeff_ffe0;

export class IoApics {
  private readonly madt: Madt = Madt.read();

  /** Masks what firmware has left enabled, except what has no vector, such as NMIs. */
  constructor() {
    for (let i = 0; i < this.madt.ioApics.length; i++) {
      const address = this.madt.ioApics[i].address;
      for (let input: u32 = 0; input < inputsOf(address); input++) {
        const low = read(address, REDIRECTION + 2 * input);
        if ((low & DELIVERY_MODE) > LOWEST_PRIORITY) continue;
        write(address, REDIRECTION + 2 * input, low | MASKED);
      }
    }
  }

  /** Returns the global number and the trigger of an ISA line. */
  globalOf(line: u32): u32 {
    return this.madt.globalOf(line);
  }
  triggerOf(line: u32, usual: Trigger): Trigger {
    return this.madt.triggerOf(line, usual);
  }

  /** Lets an input send a vector to this processor. Returns false if no IO-APIC has the input. */
  route(global: u32, vector: u32, trigger: Trigger): bool {
    if (!acceptsMessages()) return false;
    for (let i = 0; i < this.madt.ioApics.length; i++) {
      const place = this.madt.ioApics[i];
      if (global < place.first || global - place.first >= inputsOf(place.address)) continue;
      const register = REDIRECTION + 2 * (global - place.first);
      let low = vector;
      if ((trigger & TRIGGER_LEVEL) != 0) low |= LEVEL_TRIGGERED;
      if ((trigger & TRIGGER_ACTIVE_LOW) != 0) low |= ACTIVE_LOW;
      write(place.address, register, MASKED);
      write(place.address, register + 1, localApicId() << DESTINATION_SHIFT);
      write(place.address, register, low);
      return true;
    }
    return false;
  }
}

/** Returns the number of inputs; 0 if there is no IO-APIC. */
function inputsOf(address: u64): u32 {
  if (address < FIRST_ADDRESS || address > LAST_ADDRESS) return 0;
  const version = read(address, VERSION);
  return version == 0xffff_ffff || version == 0 ? 0 : ((version >>> 16) & 255) + 1;
}

function read(address: u64, register: u32): u32 {
  mmioWrite32(address + SELECT, register);
  return mmioRead32(address + WINDOW);
}

function write(address: u64, register: u32, value: u32): void {
  mmioWrite32(address + SELECT, register);
  mmioWrite32(address + WINDOW, value);
}
