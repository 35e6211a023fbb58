/** What the drivers of all of Realtek's cards have in common: finding, reset and interrupts. */
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
import { PciDevice } from "../pci/pci";
import { isStation, RingNic } from "../ring-nic";
import * as reg from "./registers";

/** The bytes of the register window. */
const WINDOW: u64 = 256;
/** Reads of a register, 10 microseconds apart, until a reset counts as failed. */
const RESET_TRIES: u32 = 1000;

/** A chip that has no room has received frames before, which interrupt: the lack need not. */
const CAUSES: u32 = reg.INTERRUPT_ROK | reg.INTERRUPT_RER | reg.INTERRUPT_LINK | reg.INTERRUPT_FOVW;
const SENT: u32 = reg.INTERRUPT_TOK | reg.INTERRUPT_TER;

export abstract class RealtekNic extends RingNic {
  /** The address of the registers. */
  protected base: u64 = 0;

  constructor(
    private readonly pci: PciDevice,
    pool: FramePool,
    count: DeviceCounters,
  ) {
    super(pci, pool, count);
  }

  /** Resets the chip. Returns false without registers within reach, or a hardware address. */
  probe(): bool {
    this.base = this.pci.window(1, WINDOW);
    // A PCI Express chip has a 64-bit window.
    if (this.base == 0) this.base = this.pci.window(2, WINDOW);
    if (this.base == 0) return false;
    this.pci.enable();
    if (!this.reset()) return false;
    let address: u64 = 0;
    for (let i: u32 = 0; i < 6; i++) address = (address << 8) | (this.read8(reg.IDR0 + i) as u64);
    this.address = address;
    return isStation(address);
  }

  protected mask(): void {
    this.write16(reg.IMR, 0);
  }
  protected unmask(forRoom: bool): bool {
    this.write16(reg.IMR, forRoom ? CAUSES | SENT : CAUSES);
    return true;
  }

  protected service(): void {
    const causes = this.read16(reg.ISR);
    this.write16(reg.ISR, causes);
    if ((causes & reg.INTERRUPT_LINK) != 0) this.readLink();
  }

  /** Reads the link's state and speed (DS: MSR). */
  protected readLink(): void {
    const status = this.read8(reg.MSR);
    this.link = (status & reg.MSR_LINKB) == 0;
    this.speed = (status & reg.MSR_SPEED_10) != 0 ? 10 : 100;
  }

  /** Resets the chip, which ends its DMA (DS: CR). Returns false if the chip is dead. */
  protected reset(): bool {
    this.write16(reg.IMR, 0);
    this.write8(reg.CR, reg.CR_RST);
    for (let i: u32 = 0; i < RESET_TRIES; i++) {
      if ((this.read8(reg.CR) & reg.CR_RST) == 0) return true;
      delay(10);
    }
    this.fail();
    return false;
  }

  /** Adds the frames that the chip has missed to the counters (DS: MPC). */
  protected countMissed(): void {
    this.count.missedErrors += (this.read32(reg.MPC) & 0xff_ffff) as u64;
    this.write32(reg.MPC, 0);
  }

  protected read8(register: u32): u32 {
    return mmioRead8(this.base + register);
  }
  protected read16(register: u32): u32 {
    return mmioRead16(this.base + register);
  }
  protected read32(register: u32): u32 {
    return mmioRead32(this.base + register);
  }
  protected write8(register: u32, value: u32): void {
    mmioWrite8(this.base + register, value);
  }
  protected write16(register: u32, value: u32): void {
    mmioWrite16(this.base + register, value);
  }
  protected write32(register: u32, value: u32): void {
    mmioWrite32(this.base + register, value);
  }
  /** The lower half comes last: some chips take the address then. */
  protected write64(register: u32, value: u64): void {
    this.write32(register + 4, (value >> 32) as u32);
    this.write32(register, value as u32);
  }
}
