/**
 * The driver for virtio network devices (VIRTIO 5.1), with one queue for each direction. Interrupts
 * are requested by the rings: the handler requests none, frames are received by polling until the
 * queue is empty, and `needsPoll` then requests one for the next frame.
 *
 * A device that breaks the rules of its queues, or asks for a reset, is reset and has no link until
 * `ip link set net0 down` and `up` start it again.
 */
import { RECEIVE_RING, TRANSMIT_RING } from "../../core/limits";
import { log } from "../../core/log";
import { NEVER } from "../../core/time";
import { timestamp } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { FramePool } from "../../net/phy/pool";
import { FRAME_DEVICE_HEADER, Frame } from "../../net/wire/frame";
import { Attachment } from "../attachment";
import { Nic } from "../nic";
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

export class VirtioNet extends Nic {
  private receiver!: NetReceive;
  private transmitter!: NetTransmit;
  private address: u64 = 0;
  private up: bool = false;
  private link: bool = false;
  /** Whether interrupts are not requested: at first and from each one until `needsPoll`. */
  private masked: bool = true;
  /** Set by the interrupt handler: the configuration may have changed. */
  private changed: bool = false;
  private waitingForRoom: bool = false;
  /** Whether the device has failed and was reset, and whether that has been logged. */
  private failed: bool = false;
  private reported: bool = false;

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

  start(): void {
    this.switchOn();
  }

  hardwareAddress(): u64 {
    return this.address;
  }
  driverName(): string {
    return "virtio-net";
  }
  linkUp(): bool {
    return this.link && this.up;
  }
  /** The device does not say. */
  linkSpeed(): u32 {
    return 0;
  }

  receive(): Frame | null {
    if (!this.running()) return null;
    const next = this.count.interrupts + 1;
    const frame = this.receiver.receive();
    if (frame == null) {
      this.transmitter.reclaim();
      if (this.receiver.queue.broken || this.transmitter.queue.broken) this.abandon();
    }
    // An interrupt was requested before the frame arrived, so it is due.
    else if (!this.masked) this.watch.expect(next);
    return frame;
  }

  canTransmit(): bool {
    if (!this.running()) return false;
    if (this.transmitter.room != 0) return true;
    this.transmitter.flush();
    if (this.transmitter.room != 0) return true;
    if (!this.waitingForRoom) {
      this.waitingForRoom = true;
      if (!this.masked) this.transmitter.arm();
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
    this.transmitter.transmit(frame);
    return true;
  }

  flush(): void {
    if (this.running()) this.transmitter.flush();
  }

  setUp(up: bool): void {
    if (up == this.up) return;
    if (!up) this.switchOff();
    else if (this.transport.negotiate(WANTED)) this.switchOn();
    else {
      this.up = true;
      this.abandon();
    }
  }

  counters(): DeviceCounters {
    return this.count;
  }

  needsPoll(): bool {
    this.report();
    if (!this.running()) return false;
    if (this.receiver.queue.hasUsed()) return true;
    // Without interrupts, nothing else reads the status.
    if (!this.watch.interruptDriven) this.readInterruptStatus();
    else if (!this.masked) return false;
    if (this.changed) {
      this.readLink();
      return true;
    }
    if (this.hasRoomAgain()) return true;
    if (!this.watch.interruptDriven) return false;
    this.masked = false;
    const quiet = this.receiver.queue.arm(1);
    if (quiet && (!this.waitingForRoom || this.transmitter.arm())) return false;
    this.masked = true;
    return true;
  }

  pollAt(now: i64): i64 {
    return this.running() ? this.watch.pollAt(now) : NEVER;
  }

  /** Requests no more interrupts. Another device on the line may have raised this one. */
  interrupt(): void {
    this.readInterruptStatus();
    this.masked = true;
    this.count.interrupts++;
    if (!this.running()) return;
    this.receiver.queue.disarm();
    this.transmitter.queue.disarm();
  }

  quiesce(): void {
    this.switchOff();
    this.device.disableMaster();
  }

  /** Whether the queues are in use. */
  private running(): bool {
    return this.up && !this.failed;
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
    if (this.transport.needsReset()) this.abandon();
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
      return ((address >> 40) & 1) == 0 ? address : 0;
    }
    return 0;
  }

  /** Enables the queues and starts the device; the features have been agreed on. */
  private switchOn(): void {
    this.transmitter.reset();
    this.failed = false;
    this.masked = true;
    this.waitingForRoom = false;
    this.up = true;
    if (!this.receiver.queue.enable() || !this.transmitter.queue.enable()) {
      this.abandon();
      return;
    }
    this.receiver.start();
    this.transport.start();
    this.receiver.publish();
    this.readLink();
  }

  /** Resets the device. Queued frames go back to the pool. */
  private switchOff(): void {
    this.transport.reset();
    this.transmitter.reset();
    this.masked = true;
    this.up = false;
  }

  /** Gives up on the device. It may still write to its buffers if it ignores the reset. */
  private abandon(): void {
    this.transport.reset();
    this.transport.fail();
    this.failed = true;
    this.reported = false;
    this.link = false;
  }

  /** Logs a failure, once. Not done where it is noticed, as the packet path allocates nothing. */
  private report(): void {
    if (!this.failed || this.reported) return;
    this.reported = true;
    log(`${this.device.place()}: virtio-net: the device has failed and is stopped`);
  }

  /** Returns true once when a sender that found the queue full can continue. */
  private hasRoomAgain(): bool {
    if (!this.waitingForRoom) return false;
    this.transmitter.reclaim();
    if (this.transmitter.room == 0) return false;
    this.waitingForRoom = false;
    return true;
  }
}
