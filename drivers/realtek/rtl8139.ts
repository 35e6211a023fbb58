/**
 * The driver for Realtek's RTL8139C+ in C+ mode, which has rings of descriptors (DS: see
 * registers.ts). Older chips of the family have no such mode and are not driven.
 */
import { delay } from "../../machine/delay";
import {
  mmioRead8,
  mmioRead16,
  mmioRead32,
  mmioWrite8,
  mmioWrite16,
  mmioWrite32,
} from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { PciDevice } from "../pci/pci";
import { isStation, RingNic } from "../ring-nic";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { TransmitRing } from "./transmit-ring";

/** The first PCI revision of a chip with C+ mode. */
const FIRST_REVISION: u32 = 0x20;
/** The bytes of the register window. */
const WINDOW: u64 = 256;
/** Reads of the command register, 10 microseconds apart, until a reset counts as failed. */
const RESET_TRIES: u32 = 1000;

const CAUSES: u32 =
  reg.INTERRUPT_ROK |
  reg.INTERRUPT_RER |
  reg.INTERRUPT_RDU |
  reg.INTERRUPT_LINK |
  reg.INTERRUPT_FOVW;
const SENT: u32 = reg.INTERRUPT_TOK | reg.INTERRUPT_TER;

export class Rtl8139 extends RingNic {
  private readonly base: u64;
  private readonly receiveRing: ReceiveRing;
  private readonly transmitRing: TransmitRing;
  /** Whether frames are queued that the card has not been told of. */
  private untold: bool = false;

  constructor(
    private readonly pci: PciDevice,
    pool: FramePool,
  ) {
    const count = new DeviceCounters();
    super(pci, pool, count);
    const bar = pci.bar(1);
    this.base = bar == null ? 0 : bar.address;
    this.receiveRing = new ReceiveRing(pool, count);
    this.transmitRing = new TransmitRing(pool);
  }

  /** Resets the chip. Returns false without C+ mode, registers below 4 GiB, or an address. */
  probe(): bool {
    const bar = this.pci.bar(1);
    if (this.pci.revision < FIRST_REVISION || bar == null || bar.io) return false;
    if (bar.address == 0 || bar.address >>> 32 != 0 || bar.size < WINDOW) return false;
    this.pci.enable();
    if (!this.reset()) return false;
    let address: u64 = 0;
    for (let i: u32 = 0; i < 6; i++) {
      address = (address << 8) | (mmioRead8(this.base + reg.IDR0 + i) as u64);
    }
    this.address = address;
    return isStation(address);
  }

  driverName(): string {
    return "rtl8139";
  }

  counters(): DeviceCounters {
    this.count.missedErrors += (mmioRead32(this.base + reg.MPC) & 0xff_ffff) as u64;
    mmioWrite32(this.base + reg.MPC, 0);
    return this.count;
  }

  protected switchOn(): void {
    const base = this.base;
    this.untold = false;
    // C+ mode comes first, then the rings (DS: C+ command register).
    mmioWrite16(base + reg.CPCR, reg.CPCR_TRANSMIT | reg.CPCR_RECEIVE | reg.CPCR_MULTIPLE);
    this.write64(reg.RDSAR, this.receiveRing.reset());
    this.write64(reg.TNPDS, this.transmitRing.reset());
    // TCR and RCR can be written only while both directions are enabled (DS: TCR, RCR).
    mmioWrite8(base + reg.CR, reg.CR_TE | reg.CR_RE);
    mmioWrite32(base + reg.TCR, reg.TCR_NORMAL);
    mmioWrite32(base + reg.RCR, reg.RCR_STATION);
    mmioWrite32(base + reg.MPC, 0);
    this.readLink();
  }

  protected switchOff(): void {
    this.counters();
    this.reset();
    this.transmitRing.reset();
  }

  protected mask(): void {
    mmioWrite16(this.base + reg.IMR, 0);
  }
  protected unmask(forRoom: bool): bool {
    mmioWrite16(this.base + reg.IMR, forRoom ? CAUSES | SENT : CAUSES);
    return true;
  }

  protected service(): void {
    const causes = mmioRead16(this.base + reg.ISR);
    mmioWrite16(this.base + reg.ISR, causes);
    if ((causes & reg.INTERRUPT_LINK) != 0) this.readLink();
  }

  protected takeFrame(): Frame | null {
    return this.receiveRing.receive();
  }
  protected hasFrame(): bool {
    return this.receiveRing.filled();
  }
  protected room(): u32 {
    return this.transmitRing.room();
  }
  protected queue(frame: Frame): void {
    this.transmitRing.queue(frame);
    this.untold = true;
  }
  protected handOver(): void {
    if (!this.untold) return;
    this.untold = false;
    mmioWrite8(this.base + reg.TPPOLL, reg.TPPOLL_NPQ);
  }
  protected reclaim(): void {
    this.transmitRing.reclaim();
  }

  /** Resets the chip, which ends its DMA (DS: CR). Returns false if that never completes. */
  private reset(): bool {
    mmioWrite16(this.base + reg.IMR, 0);
    mmioWrite8(this.base + reg.CR, reg.CR_RST);
    for (let i: u32 = 0; i < RESET_TRIES; i++) {
      if ((mmioRead8(this.base + reg.CR) & reg.CR_RST) == 0) return true;
      delay(10);
    }
    return false;
  }

  private readLink(): void {
    const status = mmioRead8(this.base + reg.MSR);
    this.link = (status & reg.MSR_LINKB) == 0;
    this.speed = (status & reg.MSR_SPEED_10) != 0 ? 10 : 100;
  }

  private write64(register: u32, value: u64): void {
    mmioWrite32(this.base + register, value as u32);
    mmioWrite32(this.base + register + 4, (value >> 32) as u32);
  }
}
