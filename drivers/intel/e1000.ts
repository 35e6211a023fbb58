/**
 * The driver for Intel's 8254x gigabit controllers: 82540EM, 82545EM and 82544, and for the 82574
 * (SDM and DS: see registers.ts).
 */
import { FramePool } from "../../net/phy/pool";
import { PciDevice } from "../pci/pci";
import { isStation } from "../ring-nic";
import { Chip } from "./chip";
import { readEepromAddress } from "./eeprom";
import { IntelNic } from "./intel-nic";
import * as reg from "./registers";

/** At least 51 us between interrupts (SDM 13.4.18, in units of 256 ns). */
const THROTTLE: u32 = 200;

export class E1000 extends IntelNic {
  constructor(pci: PciDevice, pool: FramePool) {
    super(pci, pool, false);
  }

  driverName(): string {
    return this.chip == Chip.I82574 ? "e1000e" : "e1000";
  }

  protected switchOn(): void {
    const registers = this.registers;
    this.initialise();
    registers.write(reg.RDTR, 0);
    registers.write(reg.RADV, 0);
    registers.write(reg.TIDV, 0);
    registers.write(reg.TADV, 0);
    registers.write(reg.ITR, THROTTLE);
    // An 82574 has the right gaps after its reset.
    if (this.chip == Chip.I82574) {
      registers.write(reg.TXDCTL, reg.TXDCTL_GRANULARITY | reg.TXDCTL_RESERVED);
    } else registers.write(reg.TIPG, reg.TIPG_COPPER);
    this.statistics.clear();
    this.receiveRing.program();
    this.receiveRing.offer();
    this.transmitRing.program();
    this.enable();
  }

  /** Queued frames go back to the pool. */
  protected switchOff(): void {
    this.disable();
    this.transmitRing.program();
  }

  /** Reads the address from the EEPROM if the reset has not loaded it. */
  protected readAddress(): u64 {
    const loaded = super.readAddress();
    if (loaded != 0) return loaded;
    const address = readEepromAddress(this.registers, this.chip);
    return isStation(address) ? address : 0;
  }
}
