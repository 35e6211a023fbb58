/**
 * What the drivers of Intel's gigabit controllers have in common: rings of the same shape behind
 * the same registers, one filter for the hardware address, the link, and error counters (SDM: see
 * registers.ts).
 */
import { delay } from "../../machine/delay";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { PciDevice } from "../pci/pci";
import { isStation, RingNic } from "../ring-nic";
import { Chip, chipOf } from "./chip";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { Registers } from "./registers";
import { Statistics } from "./statistics";
import { TransmitRing } from "./transmit-ring";

/** Causes that interrupt; TXDW is added while a sender waits for room. */
const CAUSES: u32 = reg.CAUSE_LSC | reg.CAUSE_RXDMT0 | reg.CAUSE_RXO | reg.CAUSE_RXT0;
const ALL_CAUSES: u32 = 0xffffffff;
/** The bytes of the register window. */
const WINDOW: u64 = 0x2_0000;
/** Microseconds to wait after a reset, which reloads the EEPROM (SDM 14.3, Intel's driver). */
const RESET_MICROSECONDS: u32 = 5000;
/** Microseconds for DMA in progress to end after the rings are disabled. */
const STOP_MICROSECONDS: u32 = 200;
/** How many times to check, every 100 microseconds, whether a card has ended its DMA. */
const MASTER_TRIES: u32 = 800;

export abstract class IntelNic extends RingNic {
  protected readonly chip: Chip;
  protected readonly registers: Registers;
  protected readonly receiveRing: ReceiveRing;
  protected readonly transmitRing: TransmitRing;
  protected readonly statistics: Statistics;

  constructor(
    protected readonly pci: PciDevice,
    pool: FramePool,
    advanced: bool,
  ) {
    const count = new DeviceCounters();
    super(pci, pool, count);
    this.chip = chipOf(pci.device);
    const registers = new Registers(pci.window(0, WINDOW));
    this.registers = registers;
    this.receiveRing = new ReceiveRing(registers, pool, count, advanced);
    this.transmitRing = new TransmitRing(registers, pool, advanced);
    this.statistics = new Statistics(registers);
  }

  /**
   * Resets the controller (SDM 14). Returns false if its registers are out of reach, or if it has
   * no valid hardware address.
   */
  probe(): bool {
    if (this.pci.window(0, WINDOW) == 0) return false;
    this.pci.enable();
    this.reset();
    this.address = this.readAddress();
    return this.address != 0;
  }

  counters(): DeviceCounters {
    this.statistics.collect(this.count);
    return this.count;
  }

  quiesce(): void {
    this.setUp(false);
    this.requestReset();
    delay(STOP_MICROSECONDS);
    this.pci.disableMaster();
  }

  protected mask(): void {
    this.registers.write(reg.IMC, ALL_CAUSES);
  }
  protected unmask(forRoom: bool): bool {
    this.registers.write(reg.IMS, forRoom ? CAUSES | reg.CAUSE_TXDW : CAUSES);
    return true;
  }

  /** Later causes stay in ICR (SDM 13.4.17), and interrupt as soon as they are unmasked. */
  protected service(): void {
    const causes = this.registers.read(reg.ICR);
    if ((causes & reg.CAUSE_LSC) != 0) this.readLink();
    if ((causes & reg.CAUSE_RXO) != 0) this.receiveRing.returnAll();
  }

  protected takeFrame(): Frame | null {
    const frame = this.receiveRing.receive();
    if (frame == null) this.transmitRing.reclaim();
    return frame;
  }
  protected hasFrame(): bool {
    return this.receiveRing.filled();
  }
  protected room(): u32 {
    return this.transmitRing.room();
  }
  protected queue(frame: Frame): void {
    this.transmitRing.queue(frame);
  }
  protected handOver(): void {
    this.transmitRing.flush();
  }
  protected reclaim(): void {
    this.transmitRing.reclaim();
  }

  protected readLink(): void {
    const status = this.registers.read(reg.STATUS);
    this.link = (status & reg.STATUS_LU) != 0;
    const speed = (status >>> reg.STATUS_SPEED_SHIFT) & 3;
    this.speed = speed == 0 ? 10 : speed == 1 ? 100 : 1000;
  }

  /** Stops what firmware may have left running, then resets (SDM 14.3; I210 4.3.1, 4.5.3). */
  protected reset(): void {
    const registers = this.registers;
    this.mask();
    // QEMU's e1000 receives nothing for a second after a write of RCTL: avoid an unnecessary one.
    if ((registers.read(reg.RCTL) & reg.RCTL_EN) != 0) registers.write(reg.RCTL, 0);
    registers.write(reg.TCTL, 0);
    delay(STOP_MICROSECONDS);
    this.requestReset();
    delay(RESET_MICROSECONDS);
    this.mask();
    registers.read(reg.ICR);
    for (let i: u32 = 0; i < reg.TABLE_WORDS; i++) registers.write(reg.MTA + 4 * i, 0);
  }

  /** Resets the controller, on PCI Express after its DMA has ended (DS, I210: Master Disable). */
  private requestReset(): void {
    const registers = this.registers;
    if (this.chip >= Chip.I82574) {
      registers.write(reg.CTRL, registers.read(reg.CTRL) | reg.CTRL_MASTER_DISABLE);
      for (let i: u32 = 0; i < MASTER_TRIES; i++) {
        if ((registers.read(reg.STATUS) & reg.STATUS_MASTER_ENABLED) == 0) break;
        delay(100);
      }
    }
    registers.write(reg.CTRL, registers.read(reg.CTRL) | reg.CTRL_RST);
  }

  /** Returns the address in RAL0 and RAH0, which the reset loads (SDM 13.5.2), or 0. */
  protected readAddress(): u64 {
    const low = this.registers.read(reg.RAL0);
    const high = this.registers.read(reg.RAH0);
    if ((high & reg.RAH_AV) == 0) return 0;
    const address = ((bswap<u32>(low) as u64) << 16) | (bswap<u16>(high as u16) as u64);
    return isStation(address) ? address : 0;
  }

  /** Wants a link, without flow control and tags, and sets the address (SDM 14.4, 8.6). */
  protected initialise(): void {
    const registers = this.registers;
    const off: u32 =
      reg.CTRL_MASTER_DISABLE |
      reg.CTRL_LRST |
      reg.CTRL_ILOS |
      reg.CTRL_FRCSPD |
      reg.CTRL_FRCDPLX |
      reg.CTRL_RFCE |
      reg.CTRL_TFCE |
      reg.CTRL_VME |
      reg.CTRL_PHY_RST;
    registers.write(reg.CTRL, (registers.read(reg.CTRL) & ~off) | reg.CTRL_SLU);
    registers.write(reg.FCAL, 0);
    registers.write(reg.FCAH, 0);
    registers.write(reg.FCT, 0);
    registers.write(reg.FCTTV, 0);
    const address = this.address;
    registers.write(reg.RAL0, bswap<u32>((address >> 16) as u32));
    registers.write(reg.RAH0, reg.RAH_AV | (bswap<u16>(address as u16) as u32));
  }

  /** Enables the transmitter and, with a single write of RCTL, the receiver. */
  protected enable(): void {
    this.registers.write(reg.TCTL, reg.TCTL_EN | reg.TCTL_CT | reg.TCTL_COLD);
    this.registers.write(reg.RCTL, reg.RCTL_EN | reg.RCTL_BAM | reg.RCTL_SECRC);
    this.readLink();
  }

  /** Disables both directions, and waits until their DMA has ended. */
  protected disable(): void {
    this.statistics.collect(this.count);
    this.registers.write(reg.RCTL, 0);
    this.registers.write(reg.TCTL, 0);
    delay(STOP_MICROSECONDS);
    this.registers.read(reg.ICR);
  }
}
