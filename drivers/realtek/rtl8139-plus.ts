/**
 * The driver for Realtek's RTL8139C+ in C+ mode, which has rings of descriptors (DS: see
 * registers.ts). rtl8139.ts drives the chips without that mode.
 */
import { REALTEK_RING } from "../../core/limits";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { PciDevice } from "../pci/pci";
import { DescriptorNic } from "./descriptor-nic";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { TransmitRing } from "./transmit-ring";

export class Rtl8139Plus extends DescriptorNic {
  constructor(pci: PciDevice, pool: FramePool) {
    const count = new DeviceCounters();
    const receiveRing = new ReceiveRing(pool, count, REALTEK_RING, false);
    super(pci, pool, count, receiveRing, new TransmitRing(pool, REALTEK_RING), reg.TPPOLL);
  }

  driverName(): string {
    return "rtl8139";
  }

  counters(): DeviceCounters {
    this.countMissed();
    return this.count;
  }

  protected switchOn(): void {
    // C+ mode comes first, then the rings (DS: C+ command register).
    this.write16(reg.CPCR, reg.CPCR_TRANSMIT | reg.CPCR_RECEIVE | reg.CPCR_MULTIPLE);
    // TCR and RCR can be written only while both directions are enabled (DS: TCR, RCR).
    this.enableRings();
    this.write32(reg.TCR, reg.TCR_NORMAL);
    this.write32(reg.RCR, reg.RCR_STATION);
    this.write32(reg.MPC, 0);
    this.readLink();
  }
}
