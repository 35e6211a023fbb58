/**
 * The driver for Intel's 82576, I350, I210 and I211 (I210: see registers.ts): one queue for each
 * direction, of advanced descriptors. The interrupt is that of an 8254x, by a message or a line:
 * with one queue, MSI-X would only add registers.
 */
import { delay } from "../../machine/delay";
import { FramePool } from "../../net/phy/pool";
import { PciDevice } from "../pci/pci";
import { Chip } from "./chip";
import { IntelNic } from "./intel-nic";
import * as reg from "./registers";

/** At least 51 us between interrupts. */
const THROTTLE: u32 = 51 << reg.EITR_SHIFT;
const ALL_CAUSES: u32 = 0xffffffff;
/** How many times to check, every 10 microseconds, whether a queue is enabled. */
const QUEUE_TRIES: u32 = 1000;

export class Igb extends IntelNic {
  constructor(pci: PciDevice, pool: FramePool) {
    super(pci, pool, true);
  }

  driverName(): string {
    return "igb";
  }

  protected switchOn(): void {
    this.initialise();
    this.initialiseLater();
    this.statistics.clear();
    // Queues are described while they are disabled, and take buffers only once they are enabled
    // (I210 4.5.9, 4.5.10, 8.10.4, 8.10.8).
    this.registers.write(reg.RXDCTL, 0);
    this.registers.write(reg.TXDCTL, 0);
    this.receiveRing.program();
    this.transmitRing.program();
    this.registers.write(reg.SRRCTL, reg.SRRCTL_ONE_BUFFER);
    if (!this.enableQueue(reg.RXDCTL) || !this.enableQueue(reg.TXDCTL)) {
      this.fail();
      return;
    }
    this.enable();
    this.receiveRing.offer();
    // Another system may have powered the PHY down. With a link, this would interrupt it.
    if (!this.link) this.registers.write(reg.MDIC, reg.MDIC_NEGOTIATE);
  }

  /** A reset leaves the queues disabled. Queued frames go back to the pool. */
  protected switchOff(): void {
    this.disable();
    this.reset();
    this.transmitRing.program();
  }

  /** Also empties the unicast filter, and repairs what a reset leaves as it is. */
  protected reset(): void {
    const registers = this.registers;
    registers.write(reg.EIMC, ALL_CAUSES);
    super.reset();
    registers.write(reg.EIMC, ALL_CAUSES);
    for (let i: u32 = 0; i < reg.TABLE_WORDS; i++) registers.write(reg.UTA + 4 * i, 0);
    if (this.chip != Chip.I210) return;
    registers.write(reg.RXPBSIZE, reg.RXPBSIZE_I210);
    registers.write(reg.TXPBSIZE, reg.TXPBSIZE_I210);
  }

  /** Takes the card from firmware, and chooses the interrupt (I210 7.3.8: legacy). */
  private initialiseLater(): void {
    const registers = this.registers;
    registers.write(reg.CTRL_EXT, registers.read(reg.CTRL_EXT) | reg.CTRL_EXT_DRIVER);
    if (this.chip != Chip.I82576) {
      registers.write(reg.PHPM, registers.read(reg.PHPM) & ~reg.PHPM_NO_LINK);
    }
    // GPIE comes first, as it changes the others' meaning (I210 7.3.3.11).
    registers.write(reg.GPIE, reg.GPIE_CLEAR);
    registers.write(reg.IVAR, reg.IVAR_QUEUE_0);
    registers.write(reg.EITR, THROTTLE);
    registers.write(reg.EIMS, reg.EIMS_OTHER);
  }

  /** Enables a queue (I210 4.5.9, 4.5.10). Returns false if the controller does not do so. */
  private enableQueue(register: u32): bool {
    this.registers.write(register, reg.DCTL_ENABLE);
    for (let i: u32 = 0; i < QUEUE_TRIES; i++) {
      if ((this.registers.read(register) & reg.DCTL_ENABLE) != 0) return true;
      delay(10);
    }
    return false;
  }
}
