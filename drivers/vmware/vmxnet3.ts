/**
 * The driver for VMware's vmxnet3 (see registers.ts): a queue for each direction, no offloads. A
 * device that breaks the rules of its rings is reset and has no link until `ip link set net0 down`
 * and `up` start it again.
 */
import { RECEIVE_RING, TRANSMIT_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64, dmaReady, mmioRead32, mmioWrite32 } from "../../machine/host";
import { InterruptKind } from "../../machine/interrupts";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { PciDevice } from "../pci/pci";
import { isStation, RingNic } from "../ring-nic";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { TransmitRing } from "./transmit-ring";

/** The bytes of each register window. */
const WINDOW: u64 = 4096;
const ETHERNET_MTU: u32 = 1500;

export class Vmxnet3 extends RingNic {
  /** The addresses of the register windows: BAR 0 and BAR 1. */
  private ringRegisters: u64 = 0;
  private controlRegisters: u64 = 0;
  private readonly shared: usize = allocateDma(reg.SHARED_SIZE, reg.SHARED_ALIGNMENT);
  /** The descriptions of the transmit queue and of the receive queue. */
  private readonly queues: usize = allocateDma(
    2 * reg.QUEUE_DESCRIPTION_SIZE,
    reg.SHARED_ALIGNMENT,
  );
  private readonly receiveRing: ReceiveRing;
  private readonly transmitRing: TransmitRing;
  /** The producer index that the device was told last. */
  private told: u32 = 0;
  /** The device's own counts when they were last read. */
  private missed: u64 = 0;
  private errors: u64 = 0;

  constructor(
    private readonly pci: PciDevice,
    pool: FramePool,
  ) {
    const count = new DeviceCounters();
    super(pci, pool, count);
    this.receiveRing = new ReceiveRing(pool, count);
    this.transmitRing = new TransmitRing(pool);
  }

  /**
   * Selects revision 1 and resets the device. Returns false if it lacks a register window,
   * revision 1, or a unicast hardware address.
   */
  probe(): bool {
    this.ringRegisters = this.pci.window(0, WINDOW);
    this.controlRegisters = this.pci.window(1, WINDOW);
    if (this.ringRegisters == 0 || this.controlRegisters == 0) return false;
    this.pci.enable();
    const revisions = this.read(reg.VRRS) & this.read(reg.UVRS);
    if ((revisions & reg.REVISION_1) == 0) return false;
    this.write(reg.VRRS, reg.REVISION_1);
    this.write(reg.UVRS, reg.REVISION_1);
    this.write(reg.CMD, reg.CMD_RESET);
    const low = this.read(reg.MACL);
    const high = this.read(reg.MACH);
    this.address = ((bswap<u32>(low) as u64) << 16) | (bswap<u16>(high as u16) as u64);
    return isStation(this.address);
  }

  driverName(): string {
    return "vmxnet3";
  }

  counters(): DeviceCounters {
    if (this.running()) {
      this.write(reg.CMD, reg.CMD_GET_STATISTICS);
      const receive = this.queues + reg.QUEUE_DESCRIPTION_SIZE;
      const missed = dmaLoad64(receive + reg.RECEIVE_MISSED);
      const errors = dmaLoad64(receive + reg.RECEIVE_ERRORS);
      this.count.missedErrors += missed - this.missed;
      this.count.frameErrors += errors - this.errors;
      this.missed = missed;
      this.errors = errors;
    }
    return this.count;
  }

  protected switchOn(): void {
    this.told = 0;
    this.missed = 0;
    this.errors = 0;
    this.describe();
    this.describeQueues();
    const shared = physical(this.shared);
    dmaReady(this.shared, reg.SHARED_SIZE);
    this.write(reg.DSAL, shared as u32);
    this.write(reg.DSAH, (shared >> 32) as u32);
    this.write(reg.CMD, reg.CMD_ACTIVATE);
    if (this.read(reg.CMD) != 0) {
      this.fail();
      return;
    }
    mmioWrite32(this.ringRegisters + reg.RXPROD, this.receiveRing.producer);
    this.write(reg.CMD, reg.CMD_UPDATE_RX_MODE);
    this.readLink();
  }

  protected switchOff(): void {
    this.write(reg.CMD, reg.CMD_QUIESCE);
    this.write(reg.CMD, reg.CMD_RESET);
    this.transmitRing.reset();
  }

  protected mask(): void {
    // Reading the cause lowers the line; a message needs no such thing.
    if (this.pci.interruptKind != InterruptKind.Msi) this.read(reg.ICR);
    mmioWrite32(this.ringRegisters + reg.IMR, 1);
  }
  protected unmask(_forRoom: bool): bool {
    mmioWrite32(this.ringRegisters + reg.IMR, 0);
    return true;
  }

  protected service(): void {
    const events = dmaLoad64(this.shared + reg.EVENTS) as u32;
    if (events == 0) return;
    this.write(reg.ECR, events);
    if ((events & reg.EVENT_QUEUES) != 0) this.stop();
    else if ((events & reg.EVENT_LINK) != 0) this.readLink();
  }

  protected takeFrame(): Frame | null {
    const frame = this.receiveRing.receive();
    if (this.receiveRing.broken) this.stop();
    else if (frame == null) this.reclaim();
    else if (this.wantsProducer()) {
      mmioWrite32(this.ringRegisters + reg.RXPROD, this.receiveRing.producer);
    }
    return frame;
  }
  protected hasFrame(): bool {
    return this.receiveRing.completions.hasNext();
  }
  protected room(): u32 {
    return this.transmitRing.room();
  }
  protected queue(frame: Frame): void {
    this.transmitRing.queue(frame);
  }
  protected handOver(): void {
    const producer = this.transmitRing.producer;
    if (producer == this.told) return;
    this.told = producer;
    mmioWrite32(this.ringRegisters + reg.TXPROD, producer);
    this.reclaim();
  }
  protected reclaim(): void {
    this.transmitRing.reclaim();
    if (this.transmitRing.broken) this.stop();
  }

  /** Gives up on a device that has broken the rules, or says that a queue has stopped. */
  private stop(): void {
    this.write(reg.CMD, reg.CMD_RESET);
    this.fail();
  }

  private wantsProducer(): bool {
    const flags = dmaLoad64(this.queues + reg.QUEUE_DESCRIPTION_SIZE + reg.QUEUE_UPDATE);
    return (flags & 0xff) != 0;
  }

  private readLink(): void {
    this.write(reg.CMD, reg.CMD_GET_LINK);
    const state = this.read(reg.CMD);
    this.link = (state & 1) != 0;
    this.speed = state >>> 16;
  }

  /** Fills in the shared memory: one queue for each direction, one interrupt. */
  private describe(): void {
    const shared = this.shared;
    memory.fill(shared, 0, reg.SHARED_SIZE);
    store<u32>(shared, reg.SHARED_MAGIC);
    store<u32>(shared + reg.DRIVER_VERSION, 1);
    store<u32>(shared + reg.DRIVER_SYSTEM, reg.SYSTEM);
    store<u32>(shared + reg.DRIVER_REVISION, reg.REVISION_1);
    store<u32>(shared + reg.DRIVER_UPT, reg.REVISION_1);
    store<u64>(shared + reg.DRIVER_DATA, physical(shared));
    store<u32>(shared + reg.DRIVER_DATA_LENGTH, reg.SHARED_SIZE);
    store<u64>(shared + reg.QUEUES, physical(this.queues));
    store<u32>(shared + reg.QUEUES_LENGTH, 2 * reg.QUEUE_DESCRIPTION_SIZE);
    store<u32>(shared + reg.MTU, ETHERNET_MTU);
    store<u16>(shared + reg.RECEIVE_PARTS, 1);
    store<u8>(shared + reg.TRANSMIT_QUEUES, 1);
    store<u8>(shared + reg.RECEIVE_QUEUES, 1);
    store<u8>(shared + reg.INTERRUPT_COUNT, 1);
    store<u8>(shared + reg.INTERRUPT_LEVEL, reg.LEVEL_ADAPTIVE);
    store<u32>(shared + reg.RECEIVE_MODE, reg.MODE_STATION);
    // Frames without a tag, or tagged with VLAN 0.
    store<u32>(shared + reg.VLANS, 1);
  }

  private describeQueues(): void {
    const transmit = this.queues;
    const receive = this.queues + reg.QUEUE_DESCRIPTION_SIZE;
    memory.fill(transmit, 0, 2 * reg.QUEUE_DESCRIPTION_SIZE);
    store<u64>(transmit + reg.QUEUE_RING, this.transmitRing.reset());
    store<u64>(transmit + reg.QUEUE_COMPLETIONS, this.transmitRing.completions.reset());
    store<u32>(transmit + reg.QUEUE_ENTRIES, TRANSMIT_RING);
    store<u32>(transmit + reg.QUEUE_COMPLETION_ENTRIES, TRANSMIT_RING);
    store<u64>(receive + reg.QUEUE_RING, this.receiveRing.reset());
    store<u64>(receive + reg.QUEUE_COMPLETIONS, this.receiveRing.completions.reset());
    store<u32>(receive + reg.QUEUE_ENTRIES, RECEIVE_RING);
    store<u32>(receive + reg.QUEUE_COMPLETION_ENTRIES, RECEIVE_RING);
    dmaReady(transmit, 2 * reg.QUEUE_DESCRIPTION_SIZE);
  }

  private read(register: u32): u32 {
    return mmioRead32(this.controlRegisters + register);
  }
  private write(register: u32, value: u32): void {
    mmioWrite32(this.controlRegisters + register, value);
  }
}
