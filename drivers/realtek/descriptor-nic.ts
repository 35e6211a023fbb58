/** What the drivers of Realtek's cards with rings of descriptors have in common. */
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { PciDevice } from "../pci/pci";
import { RealtekNic } from "./realtek-nic";
import { ReceiveRing } from "./receive-ring";
import * as reg from "./registers";
import { TransmitRing } from "./transmit-ring";

export abstract class DescriptorNic extends RealtekNic {
  private readonly receiveRing: ReceiveRing;
  private readonly transmitRing: TransmitRing;
  /** Whether frames are queued that the card has not been told of. */
  private untold: bool = false;

  /** `poll` is the register that starts the transmitter. */
  constructor(
    pci: PciDevice,
    pool: FramePool,
    count: DeviceCounters,
    receiveRing: ReceiveRing,
    transmitRing: TransmitRing,
    private readonly poll: u32,
  ) {
    super(pci, pool, count);
    this.receiveRing = receiveRing;
    this.transmitRing = transmitRing;
  }

  protected switchOff(): void {
    this.counters();
    this.reset();
    this.transmitRing.reset();
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
    this.untold = true;
  }
  protected handOver(): void {
    if (!this.untold) return;
    this.untold = false;
    this.write8(this.poll, reg.TPPOLL_NPQ);
    this.transmitRing.reclaim();
  }
  protected reclaim(): void {
    this.transmitRing.reclaim();
  }

  /** Gives empty rings to the chip, and enables both directions. */
  protected enableRings(): void {
    this.untold = false;
    this.write64(reg.RDSAR, this.receiveRing.reset());
    this.write64(reg.TNPDS, this.transmitRing.reset());
    this.write8(reg.CR, reg.CR_TE | reg.CR_RE);
  }
}
