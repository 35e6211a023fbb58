/**
 * The driver for Intel's 8254x gigabit controllers: 82540EM, 82545EM and 82544, and for the 82574
 * (SDM and DS: see registers.ts). The interrupt handler only masks further interrupts. Frames are
 * received by polling until the ring is empty; `needsPoll` then unmasks the interrupts.
 */
import { NEVER } from "../../core/time";
import { delay } from "../../machine/delay";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { Nic } from "../nic";
import { PciDevice } from "../pci/pci";
import { isStation } from "../ring-nic";
import { Chip, chipOf } from "./chip";
import { readEepromAddress } from "./eeprom";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { Registers } from "./registers";
import { Statistics } from "./statistics";
import { TransmitRing } from "./transmit-ring";

/** Causes that `needsPoll` unmasks; TXDW is added while a sender waits for room. */
const CAUSES: u32 = reg.CAUSE_LSC | reg.CAUSE_RXDMT0 | reg.CAUSE_RXO | reg.CAUSE_RXT0;
const ALL_CAUSES: u32 = 0xffffffff;
/** At least 51 us between interrupts (SDM 13.4.18, in units of 256 ns). */
const THROTTLE: u32 = 200;
/** Microseconds to wait after a reset, which reloads the EEPROM (SDM 14.3, Intel's driver). */
const RESET_MICROSECONDS: u32 = 5000;
/** Microseconds for DMA in progress to end after the rings are disabled. */
const STOP_MICROSECONDS: u32 = 200;
/** How many times to check, every 100 microseconds, whether an 82574 has ended its DMA. */
const MASTER_TRIES: u32 = 800;

export class E1000 extends Nic {
  /** Times that the link went up or down. */
  linkChanges: u32 = 0;
  private readonly chip: Chip;
  private readonly registers: Registers;
  private readonly receiveRing: ReceiveRing;
  private readonly transmitRing: TransmitRing;
  private readonly statistics: Statistics;
  private address: u64 = 0;
  private up: bool = false;
  private link: bool = false;
  private speed: u32 = 0;
  /** Whether interrupts are masked: at first, and from an interrupt until no work is left. */
  private masked: bool = true;
  /** Whether a sender found the ring full and waits for room. */
  private waitingForRoom: bool = false;

  constructor(
    private readonly pci: PciDevice,
    pool: FramePool,
  ) {
    const count = new DeviceCounters();
    super(pci, pool, count);
    this.chip = chipOf(pci.device);
    const bar = pci.bar(0);
    const registers = new Registers(bar == null ? 0 : bar.address);
    this.registers = registers;
    this.receiveRing = new ReceiveRing(registers, pool, count);
    this.transmitRing = new TransmitRing(registers, pool);
    this.statistics = new Statistics(registers);
  }

  /**
   * Resets the controller (SDM 14). Returns false if its registers are not mapped below 4 GiB, or
   * if it has no valid hardware address.
   */
  probe(): bool {
    const bar = this.pci.bar(0);
    if (bar == null || bar.io || bar.address == 0 || bar.address >>> 32 != 0) return false;
    this.pci.enable();
    this.reset();
    this.address = this.readAddress();
    return this.address != 0;
  }

  start(): void {
    this.initialise();
    this.switchOn();
  }

  hardwareAddress(): u64 {
    return this.address;
  }
  driverName(): string {
    return this.chip == Chip.I82574 ? "e1000e" : "e1000";
  }
  linkUp(): bool {
    return this.link && this.up;
  }
  linkSpeed(): u32 {
    return this.linkUp() ? this.speed : 0;
  }

  receive(): Frame | null {
    const next = this.count.interrupts + 1;
    const frame = this.receiveRing.receive();
    if (frame == null) this.transmitRing.reclaim();
    // Interrupts were unmasked when the frame arrived, so an interrupt is due.
    else if (!this.masked) this.watch.expect(next);
    return frame;
  }

  canTransmit(): bool {
    if (this.transmitRing.room() != 0) return true;
    this.transmitRing.flush();
    this.transmitRing.reclaim();
    if (this.transmitRing.room() != 0) return true;
    // Real controllers transmit asynchronously: an interrupt will report room.
    if (!this.waitingForRoom) {
      this.waitingForRoom = true;
      if (!this.masked) this.registers.write(reg.IMS, reg.CAUSE_TXDW);
    }
    return false;
  }

  transmit(frame: Frame): bool {
    if (!this.linkUp()) {
      this.count.linkDown++;
      this.pool.release(frame);
      return false;
    }
    if (!this.canTransmit()) {
      this.count.ringFull++;
      this.pool.release(frame);
      return false;
    }
    this.count.sentFrames++;
    this.count.sentBytes += frame.length as u64;
    this.transmitRing.queue(frame);
    return true;
  }

  flush(): void {
    this.transmitRing.flush();
  }

  setUp(up: bool): void {
    if (up == this.up) return;
    if (up) {
      this.initialise();
      this.switchOn();
    } else this.switchOff();
  }

  counters(): DeviceCounters {
    this.statistics.collect(this.count);
    return this.count;
  }

  needsPoll(): bool {
    if (!this.up) return false;
    if (this.receiveRing.filled()) return true;
    if (!this.masked && this.watch.interruptDriven) return false;
    // Causes up to this read are handled now; later ones stay in ICR (SDM 13.4.17) and interrupt as
    // soon as they are unmasked.
    this.service(this.registers.read(reg.ICR));
    if (this.receiveRing.filled() || this.hasRoomAgain()) return true;
    if (!this.watch.interruptDriven) return false;
    this.masked = false;
    this.registers.write(reg.IMS, this.waitingForRoom ? CAUSES | reg.CAUSE_TXDW : CAUSES);
    return false;
  }

  pollAt(now: i64): i64 {
    return this.up ? this.watch.pollAt(now) : NEVER;
  }

  /** Masks interrupts. Another device on the line may have raised this one, which is harmless. */
  interrupt(): void {
    this.registers.write(reg.IMC, ALL_CAUSES);
    this.masked = true;
    this.count.interrupts++;
  }

  quiesce(): void {
    this.switchOff();
    if (this.chip == Chip.I82574) this.stopMaster();
    this.registers.write(reg.CTRL, this.registers.read(reg.CTRL) | reg.CTRL_RST);
    delay(STOP_MICROSECONDS);
    this.pci.disableMaster();
  }

  private service(causes: u32): void {
    if ((causes & reg.CAUSE_LSC) != 0) this.readLink();
    if ((causes & reg.CAUSE_RXO) != 0) this.receiveRing.returnAll();
  }

  /** Returns true once when a sender that found the ring full can continue. */
  private hasRoomAgain(): bool {
    if (!this.waitingForRoom) return false;
    this.transmitRing.reclaim();
    if (this.transmitRing.room() == 0) return false;
    this.waitingForRoom = false;
    return true;
  }

  private readLink(): void {
    const status = this.registers.read(reg.STATUS);
    const link = (status & reg.STATUS_LU) != 0;
    const speed = (status >>> reg.STATUS_SPEED_SHIFT) & 3;
    this.speed = speed == 0 ? 10 : speed == 1 ? 100 : 1000;
    if (link != this.link) this.linkChanges++;
    this.link = link;
  }

  /** Stops what firmware may have left running, then resets (SDM 14.3). */
  private reset(): void {
    const registers = this.registers;
    registers.write(reg.IMC, ALL_CAUSES);
    // QEMU receives nothing for a second after a write of RCTL: avoid an unnecessary write.
    if ((registers.read(reg.RCTL) & reg.RCTL_EN) != 0) registers.write(reg.RCTL, 0);
    registers.write(reg.TCTL, 0);
    delay(STOP_MICROSECONDS);
    if (this.chip == Chip.I82574) this.stopMaster();
    registers.write(reg.CTRL, registers.read(reg.CTRL) | reg.CTRL_RST);
    delay(RESET_MICROSECONDS);
    registers.write(reg.IMC, ALL_CAUSES);
    registers.read(reg.ICR);
    for (let i: u32 = 0; i < reg.MTA_WORDS; i++) registers.write(reg.MTA + 4 * i, 0);
  }

  /** Ends the DMA of an 82574, which a reset must not interrupt (DS: Master Disable). */
  private stopMaster(): void {
    const registers = this.registers;
    registers.write(reg.CTRL, registers.read(reg.CTRL) | reg.CTRL_MASTER_DISABLE);
    for (let i: u32 = 0; i < MASTER_TRIES; i++) {
      if ((registers.read(reg.STATUS) & reg.STATUS_MASTER_ENABLED) == 0) return;
      delay(100);
    }
  }

  /** Reads the address from RAL0 and RAH0, which the reset loads (SDM 13.5.2), or the EEPROM. */
  private readAddress(): u64 {
    const low = this.registers.read(reg.RAL0);
    const high = this.registers.read(reg.RAH0);
    if ((high & reg.RAH_AV) != 0) {
      const address = ((bswap<u32>(low) as u64) << 16) | (bswap<u16>(high as u16) as u64);
      if (isStation(address)) return address;
    }
    const address = readEepromAddress(this.registers, this.chip);
    return isStation(address) ? address : 0;
  }

  /** Programs link, filters and interrupt moderation, but no enable bits (SDM 14.4, 14.5, 8.6). */
  private initialise(): void {
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
    registers.write(reg.RDTR, 0);
    registers.write(reg.RADV, 0);
    registers.write(reg.TIDV, 0);
    registers.write(reg.TADV, 0);
    registers.write(reg.ITR, THROTTLE);
    // An 82574 has the right gaps after its reset.
    if (this.chip == Chip.I82574) {
      registers.write(reg.TXDCTL, reg.TXDCTL_GRANULARITY | reg.TXDCTL_RESERVED);
    } else registers.write(reg.TIPG, reg.TIPG_COPPER);
  }

  /** Enables the rings, the transmitter and, with a single write of RCTL, the receiver. */
  private switchOn(): void {
    this.statistics.clear();
    this.receiveRing.program();
    this.transmitRing.program();
    this.registers.write(reg.TCTL, reg.TCTL_EN | reg.TCTL_CT | reg.TCTL_COLD);
    this.registers.write(reg.RCTL, reg.RCTL_EN | reg.RCTL_BAM | reg.RCTL_SECRC);
    this.up = true;
    this.waitingForRoom = false;
    this.readLink();
  }

  /** Disables both directions. Queued frames go back to the pool. */
  private switchOff(): void {
    this.registers.write(reg.IMC, ALL_CAUSES);
    this.masked = true;
    this.statistics.collect(this.count);
    this.registers.write(reg.RCTL, 0);
    this.registers.write(reg.TCTL, 0);
    delay(STOP_MICROSECONDS);
    this.registers.read(reg.ICR);
    this.transmitRing.program();
    this.up = false;
  }
}
