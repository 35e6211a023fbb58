/**
 * The driver for Realtek's RTL8139, A to D, and for an RTL8139C+ outside of C+ mode (DS: see
 * registers.ts). It copies frames: out of the receive buffer, and into the four transmit slots.
 */
import { REALTEK_SLOTS } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaReady } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { PciDevice } from "../pci/pci";
import { RealtekNic } from "./realtek-nic";
import { ReceiveBuffer } from "./receive-buffer";
import * as reg from "./registers";

/** The storage of a slot. */
const SLOT: u32 = 2048;
const ALIGNMENT: u32 = 4;
/** Frames dropped in one call. */
const DROPS: u32 = 64;
/** What ends the use of a slot. */
const DONE: u32 = reg.TSD_SENT | reg.TSD_UNDERRUN | reg.TSD_ABORTED;

export class Rtl8139 extends RealtekNic {
  private readonly receiveBuffer: ReceiveBuffer;
  private readonly slots: usize = allocateDma(REALTEK_SLOTS * SLOT, ALIGNMENT);
  /** The oldest slot in use, and the number of slots in use. */
  private clean: u32 = 0;
  private used: u32 = 0;

  constructor(pci: PciDevice, pool: FramePool) {
    const count = new DeviceCounters();
    super(pci, pool, count);
    this.receiveBuffer = new ReceiveBuffer(pool, count);
  }

  driverName(): string {
    return "rtl8139";
  }

  counters(): DeviceCounters {
    this.countMissed();
    return this.count;
  }

  protected switchOn(): void {
    this.clean = 0;
    this.used = 0;
    this.write32(reg.RBSTART, this.receiveBuffer.reset() as u32);
    // TCR and RCR can be written only while both directions are enabled (DS: TCR, RCR).
    this.write8(reg.CR, reg.CR_TE | reg.CR_RE);
    this.write32(reg.TCR, reg.TCR_NORMAL);
    this.write32(reg.RCR, reg.RCR_STATION | reg.RCR_BUFFER);
    this.write32(reg.MPC, 0);
    this.readLink();
  }

  protected switchOff(): void {
    this.counters();
    this.reset();
  }

  protected takeFrame(): Frame | null {
    // Bounded, because a chip may write frames as fast as they are dropped.
    for (let i: u32 = 0; i < DROPS && this.hasFrame(); i++) {
      const frame = this.receiveBuffer.take();
      if (this.receiveBuffer.broken) {
        this.restart();
        return null;
      }
      this.write16(reg.CAPR, this.receiveBuffer.readUpTo);
      if (frame != null) return frame;
    }
    this.reclaim();
    return null;
  }
  protected hasFrame(): bool {
    return (this.read8(reg.CR) & reg.CR_BUFE) == 0;
  }

  protected room(): u32 {
    return REALTEK_SLOTS - this.used;
  }

  /** Copies the frame into a slot, whose size starts the transmission (DS: TSD). */
  protected queue(frame: Frame): void {
    const slot = (this.clean + this.used) % REALTEK_SLOTS;
    const at = this.slots + ((slot * SLOT) as usize);
    const length = frame.length;
    memory.copy(at, frame.start, length);
    dmaReady(at, length);
    this.pool.release(frame);
    this.write32(reg.TSAD0 + 4 * slot, physical(at) as u32);
    this.write32(reg.TSD0 + 4 * slot, reg.TSD_WHOLE | length);
    this.used++;
  }
  protected handOver(): void {}

  protected reclaim(): void {
    while (this.used != 0) {
      const status = this.read32(reg.TSD0 + 4 * this.clean);
      if ((status & DONE) == 0) return;
      if ((status & reg.TSD_ABORTED) != 0) {
        // After too many collisions the transmitter stands still (DS: TSD).
        this.count.collisions++;
        this.restart();
        return;
      }
      if ((status & reg.TSD_CARRIER) != 0) this.count.carrierErrors++;
      this.clean = (this.clean + 1) % REALTEK_SLOTS;
      this.used--;
    }
  }
}
