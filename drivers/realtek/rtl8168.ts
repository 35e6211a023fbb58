/**
 * The driver for Realtek's gigabit chips: RTL8169, RTL8168 and RTL8111, and RTL8101E, which has
 * their registers but 100 Mb/s (GS: see registers.ts). Later versions of the chip have no public
 * datasheet: what they need besides is what their open drivers agree on.
 */
import { RECEIVE_RING, TRANSMIT_RING } from "../../core/limits";
import { delay } from "../../machine/delay";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { PciDevice } from "../pci/pci";
import { DescriptorNic } from "./descriptor-nic";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { TransmitRing } from "./transmit-ring";

/** The version of the RTL8168G, in the format of TCR_VERSION. */
const VERSION_G: u32 = 0x4c0;
/** Frames to send are shorter than this, in units of 128 bytes. */
const LONGEST_SENT: u32 = 0x3b;
/** Longer frames than this are marked as errors; they would not fit into a frame of the pool. */
const LONGEST_RECEIVED: u32 = 1536;
/** Reads of PHYAR, 10 microseconds apart, until an access has failed; one takes 20 (GS: PHYAR). */
const PHY_TRIES: u32 = 100;

export class Rtl8168 extends DescriptorNic {
  /** Whether the chip is an RTL8168G or later. */
  private isLater: bool = false;

  constructor(pci: PciDevice, pool: FramePool) {
    const count = new DeviceCounters();
    const receiveRing = new ReceiveRing(pool, count, RECEIVE_RING, true);
    const transmitRing = new TransmitRing(pool, TRANSMIT_RING);
    super(pci, pool, count, receiveRing, transmitRing, reg.GIGABIT_TPPOLL);
  }

  /** Also reads the version of the chip, of which a dead one has none. */
  probe(): bool {
    if (!super.probe()) return false;
    const configuration = this.read32(reg.TCR);
    if (configuration == 0xffff_ffff) return false;
    this.isLater = ((configuration >>> reg.TCR_VERSION_SHIFT) & reg.TCR_VERSION) >= VERSION_G;
    return true;
  }

  driverName(): string {
    return "rtl8168";
  }

  protected switchOn(): void {
    if (!this.isLater) this.wakePhy();
    // The configuration can be written while it is unlocked (GS: 9346CR).
    this.write8(reg.CR9346, reg.CR9346_UNLOCK);
    const command = this.read16(reg.CPCR) & ~reg.CPCR_OFFLOADS;
    this.write16(reg.CPCR, command | reg.CPCR_TRANSMIT | reg.CPCR_RECEIVE | reg.CPCR_MULTIPLE);
    this.write16(reg.RMS, LONGEST_RECEIVED);
    this.write8(reg.MTPS, LONGEST_SENT);
    this.write16(reg.MITIGATE, 0);
    this.write8(reg.CR9346, reg.CR9346_LOCK);
    // TCR and RCR come last, while both directions are enabled (GS: TCR, RCR).
    this.enableRings();
    if (this.isLater) this.write32(reg.MISC, this.read32(reg.MISC) & ~reg.MISC_GATED);
    this.write32(reg.TCR, this.read32(reg.TCR) | reg.TCR_NORMAL);
    this.write32(reg.RCR, reg.RCR_STATION | (this.isLater ? reg.RCR_NOT_EARLY : 0));
    this.readLink();
  }

  /** GS: PHYStatus. */
  protected readLink(): void {
    const status = this.read8(reg.PHYSTATUS);
    this.link = (status & reg.PHYSTATUS_LINK) != 0;
    const slow = (status & reg.PHYSTATUS_10) != 0;
    this.speed = slow ? 10 : (status & reg.PHYSTATUS_100) != 0 ? 100 : 1000;
  }

  /** Lets the PHY negotiate if another system has powered it down. */
  private wakePhy(): void {
    this.write32(reg.PHYAR, reg.BMCR << reg.PHYAR_SHIFT);
    if (!this.waitForPhy(reg.PHYAR_FLAG)) return;
    if ((this.read32(reg.PHYAR) & reg.BMCR_POWER_DOWN) == 0) return;
    this.write32(reg.PHYAR, reg.PHYAR_FLAG | (reg.BMCR << reg.PHYAR_SHIFT) | reg.BMCR_NEGOTIATE);
    this.waitForPhy(0);
  }

  /** Waits until the flag of PHYAR is `flag` (GS: PHYAR). Returns false if that takes too long. */
  private waitForPhy(flag: u32): bool {
    for (let i: u32 = 0; i < PHY_TRIES; i++) {
      if ((this.read32(reg.PHYAR) & reg.PHYAR_FLAG) == flag) return true;
      delay(10);
    }
    return false;
  }
}
