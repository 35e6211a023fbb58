/**
 * The driver for virtio network devices (VIRTIO 5.1), with one queue for each direction. Apart from
 * changes of its configuration, the device interrupts only when a field of a queue requests it: the
 * handler withdraws the request, frames are received by polling until the queue is empty, and
 * `needsPoll` then requests an interrupt for the next frame.
 *
 * A device that breaks the rules of its queues, or asks for a reset, is reset and has no link until
 * `ip link set net0 down` and `up` start it again.
 */
import { RECEIVE_RING, TRANSMIT_RING } from "../../core/limits";
import { timestamp } from "../../machine/host";
import { InterruptHandler } from "../../machine/interrupts";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { FRAME_DEVICE_HEADER, Frame } from "../../net/wire/frame";
import { Attachment } from "../attachment";
import { isStation, RingNic } from "../ring-nic";
import { NetReceive } from "./net-receive";
import { NetTransmit } from "./net-transmit";
import {
  FEATURE_ANY_LAYOUT,
  FEATURE_EVENT_INDEX,
  INTERRUPT_CONFIGURATION,
  Transport,
} from "./transport";
import { createQueue, Virtqueue } from "./virtqueue";

// Feature bits (VIRTIO 5.1.3).
const FEATURE_MAC: u64 = 1 << 5;
const FEATURE_STATUS: u64 = 1 << 16;
const WANTED: u64 = FEATURE_MAC | FEATURE_STATUS | FEATURE_ANY_LAYOUT | FEATURE_EVENT_INDEX;

// The queues (VIRTIO 5.1.2).
const RECEIVE: u32 = 0;
const TRANSMIT: u32 = 1;

// The device's configuration (VIRTIO 5.1.4).
const CONFIG_MAC: u32 = 0;
const CONFIG_STATUS: u32 = 6;
const LINK_UP: u32 = 1;
/** The length of the configuration that is read. */
export const NET_CONFIG: u32 = 8;

/** The header of each frame (VIRTIO 5.1.6); legacy devices leave out its last field. */
const HEADER: u32 = 12;
const LEGACY_HEADER: u32 = 10;

/** Attempts to read the address while the configuration changes. */
const CONFIG_TRIES: u32 = 10;

/** Handles the MSI-X message that the device sends when its configuration changes. */
class ConfigurationInterrupt implements InterruptHandler {
  constructor(private readonly nic: VirtioNet) {}

  interrupt(): void {
    this.nic.configurationChanged();
  }
  interruptName(): string {
    return `${this.nic.interruptName()}, configuration`;
  }
}

export class VirtioNet extends RingNic {
  private receiver!: NetReceive;
  private transmitter!: NetTransmit;
  /** Whether the configuration may have changed. */
  private changed: bool = false;

  constructor(
    private readonly transport: Transport,
    device: Attachment,
    pool: FramePool,
  ) {
    super(device, pool, new DeviceCounters());
  }

  /** Agrees on features and reads the address (VIRTIO 5.1.5). Allocates the queues. */
  probe(): bool {
    if (!this.transport.negotiate(WANTED)) return false;
    const receive = createQueue(this.transport, RECEIVE, RECEIVE_RING);
    const transmit = createQueue(this.transport, TRANSMIT, TRANSMIT_RING);
    this.address = this.readAddress();
    if (receive == null || transmit == null || this.address == 0) {
      this.transport.fail();
      return false;
    }
    this.createRings(receive, transmit);
    return true;
  }

  driverName(): string {
    return "virtio-net";
  }

  /** By messages if the transport has them, otherwise by the device's line. */
  connectInterrupt(): bool {
    if (!this.transport.connectMessages(this, new ConfigurationInterrupt(this))) {
      return super.connectInterrupt();
    }
    this.watch.interruptDriven = true;
    return true;
  }

  interrupt(): void {
    if (!this.transport.usesMessages) this.readInterruptStatus();
    super.interrupt();
  }
  /** Handles the interrupt for configuration changes; called only if messages are used. */
  configurationChanged(): void {
    this.changed = true;
    super.interrupt();
  }

  /** Agrees on features again, as the device may have been reset, and starts the device. */
  protected switchOn(): void {
    this.transmitter.reset();
    if (!this.transport.negotiate(WANTED)) this.stop();
    else if (this.transport.usesMessages && !this.transport.enableConfigurationMessage())
      this.stop();
    else if (!this.receiver.queue.enable() || !this.transmitter.queue.enable()) this.stop();
    else {
      this.receiver.start();
      this.transport.start();
      this.receiver.publish();
      this.readLink();
    }
  }

  protected switchOff(): void {
    this.transport.reset();
    this.transmitter.reset();
  }

  protected mask(): void {
    this.receiver.queue.disarm();
    this.transmitter.queue.disarm();
  }
  protected unmask(forRoom: bool): bool {
    const quiet = this.receiver.queue.arm(1);
    return quiet && (!forRoom || this.transmitter.arm());
  }

  protected service(): void {
    // While the device is polled, nothing else reads the interrupt status. If it was set up for
    // messages, which did not come, the status may stay 0: the link is read each time.
    if (!this.watch.interruptDriven) {
      if (this.transport.usesMessages) this.changed = true;
      else this.readInterruptStatus();
    }
    if (this.changed) this.readLink();
  }

  protected takeFrame(): Frame | null {
    const frame = this.receiver.receive();
    if (this.receiver.queue.broken) this.stop();
    else if (frame == null) this.reclaim();
    return frame;
  }
  protected hasFrame(): bool {
    return this.receiver.queue.hasUsed();
  }
  protected room(): u32 {
    return this.transmitter.room;
  }
  protected queue(frame: Frame): void {
    this.transmitter.transmit(frame);
  }
  protected handOver(): void {
    this.transmitter.queue.publish();
    this.reclaim();
  }
  protected reclaim(): void {
    this.transmitter.reclaim();
    if (this.transmitter.queue.broken) this.stop();
  }

  private createRings(receive: Virtqueue, transmit: Virtqueue): void {
    const header = this.transport.isModern() ? HEADER : LEGACY_HEADER;
    assert(header <= FRAME_DEVICE_HEADER, "a frame has no room for the device's header");
    const apart = !this.transport.isModern() && !this.transport.has(FEATURE_ANY_LAYOUT);
    this.receiver = new NetReceive(receive, header, apart, this.pool, this.count);
    this.transmitter = new NetTransmit(transmit, header, apart, this.pool);
  }

  private readInterruptStatus(): void {
    if ((this.transport.interruptStatus() & INTERRUPT_CONFIGURATION) != 0) this.changed = true;
  }

  /** Reads the link's state (VIRTIO 5.1.4.2), and whether the device is still well. */
  private readLink(): void {
    this.changed = false;
    if (this.transport.needsReset()) this.stop();
    else if (!this.transport.has(FEATURE_STATUS)) this.link = true;
    else this.link = (this.transport.config16(CONFIG_STATUS) & LINK_UP) != 0;
  }

  /** Returns the device's address; a random local one if it has none (VIRTIO 5.1.5), 0 if bad. */
  private readAddress(): u64 {
    if (!this.transport.has(FEATURE_MAC)) {
      // Multiplied by 2^64 over the golden ratio, so that the high bits depend on all bits.
      const mixed = timestamp() * 0x9e37_79b9_7f4a_7c15;
      return 0x0200_0000_0000 | (mixed >> 24);
    }
    for (let i: u32 = 0; i < CONFIG_TRIES; i++) {
      const generation = this.transport.generation();
      let address: u64 = 0;
      for (let at: u32 = 0; at < 6; at++) {
        address = (address << 8) | (this.transport.config8(CONFIG_MAC + at) as u64);
      }
      if (this.transport.generation() != generation) continue;
      return isStation(address) ? address : 0;
    }
    return 0;
  }

  /** Gives up on the device. It may still write to its buffers if it ignores the reset. */
  private stop(): void {
    this.transport.reset();
    this.transport.fail();
    this.fail();
  }
}
