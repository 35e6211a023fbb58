/**
 * What drivers of network cards with a ring for each direction have in common: who owns a frame,
 * what is counted, and when interrupts are masked. The handler only masks further interrupts.
 * Frames are received by polling until the ring is empty; `needsPoll` then unmasks the interrupts.
 */
import { log } from "../core/log";
import { NEVER } from "../core/time";
import { DeviceCounters } from "../net/phy/counters";
import { Frame } from "../net/wire/frame";
import { Nic } from "./nic";

export abstract class RingNic extends Nic {
  protected address: u64 = 0;
  protected up: bool = false;
  /** The link's state and speed in Mb/s when `service` last read them. */
  protected link: bool = false;
  protected speed: u32 = 0;
  /** Whether the card has failed, and is left alone until `setUp(true)`; whether that is logged. */
  private failed: bool = false;
  private reported: bool = false;
  /** Whether interrupts are masked: at first, and from an interrupt until no work is left. */
  private masked: bool = true;
  /** Whether a sender found the ring full and waits for room. */
  private waitingForRoom: bool = false;

  /** Enables both directions with empty rings. */
  protected abstract switchOn(): void;
  /** Disables them, and releases what is queued. */
  protected abstract switchOff(): void;
  /** Masks all interrupts of the card. */
  protected abstract mask(): void;
  /**
   * Unmasks them: also those of sent frames, if a sender waits for room. Returns false if there is
   * work already that may cause no interrupt.
   */
  protected abstract unmask(forRoom: bool): bool;
  /** Acknowledges the causes of interrupts; reads the link's state if it may have changed. */
  protected abstract service(): void;
  /** Takes the oldest good frame. If there is none, reclaims sent frames and returns null. */
  protected abstract takeFrame(): Frame | null;
  /** Reports whether the card has filled a buffer that has not been taken. */
  protected abstract hasFrame(): bool;
  /** Frames that can be queued now. */
  protected abstract room(): u32;
  protected abstract queue(frame: Frame): void;
  /** Hands queued frames to the card, if there are any, and then reclaims those sent. */
  protected abstract handOver(): void;
  /** Returns sent frames to the pool. */
  protected abstract reclaim(): void;

  start(): void {
    this.setUp(true);
  }
  hardwareAddress(): u64 {
    return this.address;
  }
  linkUp(): bool {
    return this.link && this.up;
  }
  linkSpeed(): u32 {
    return this.linkUp() ? this.speed : 0;
  }
  counters(): DeviceCounters {
    return this.count;
  }

  receive(): Frame | null {
    if (!this.running()) return null;
    const next = this.count.interrupts + 1;
    const frame = this.takeFrame();
    // Interrupts were unmasked when the frame arrived, so an interrupt is due.
    if (frame != null && !this.masked) this.watch.expect(next);
    return frame;
  }

  canTransmit(): bool {
    if (!this.running()) return false;
    if (this.room() != 0) return true;
    this.handOver();
    this.reclaim();
    if (this.room() != 0) return this.running();
    if (!this.waitingForRoom) {
      this.waitingForRoom = true;
      if (!this.masked) this.unmask(true);
    }
    return false;
  }

  transmit(frame: Frame): bool {
    const linked = this.linkUp();
    if (linked && this.canTransmit()) {
      this.count.sentFrames++;
      this.count.sentBytes += frame.length as u64;
      this.queue(frame);
      return true;
    }
    if (linked) this.count.ringFull++;
    else this.count.linkDown++;
    this.pool.release(frame);
    return false;
  }

  flush(): void {
    if (this.running()) this.handOver();
  }

  setUp(up: bool): void {
    if (up == this.up) return;
    this.up = up;
    this.failed = false;
    this.waitingForRoom = false;
    if (up) this.switchOn();
    else {
      this.mask();
      this.masked = true;
      this.switchOff();
    }
  }

  needsPoll(): bool {
    this.report();
    if (!this.running()) return false;
    if (this.hasFrame()) return true;
    if (!this.masked && this.watch.interruptDriven) return false;
    // Causes up to here are handled now; later ones interrupt as soon as they are unmasked.
    const linked = this.link;
    this.service();
    if (this.link != linked || this.hasFrame() || this.hasRoomAgain()) return true;
    if (!this.watch.interruptDriven) return false;
    // An interrupt may come at once, and mask again.
    this.masked = false;
    if (this.unmask(this.waitingForRoom)) return false;
    this.masked = true;
    return true;
  }

  pollAt(now: i64): i64 {
    return this.running() ? this.watch.pollAt(now) : NEVER;
  }

  /** Another device on the line may have raised this interrupt, which is harmless. */
  interrupt(): void {
    this.mask();
    this.masked = true;
    this.count.interrupts++;
  }

  quiesce(): void {
    this.setUp(false);
    this.device.disableMaster();
  }

  /** Whether the rings are in use. */
  protected running(): bool {
    return this.up && !this.failed;
  }

  /** Resets a card that has lost track, and goes on with empty rings. */
  protected restart(): void {
    this.mask();
    this.masked = true;
    this.switchOff();
    if (this.running()) this.switchOn();
  }

  /** Stops using a card that misbehaves. The caller has reset it, or it has not started. */
  protected fail(): void {
    this.failed = true;
    this.reported = false;
    this.link = false;
  }

  /** Logs a failure, once. Not done where it is noticed, as the packet path allocates nothing. */
  private report(): void {
    if (!this.failed || this.reported) return;
    this.reported = true;
    const what = `${this.device.place()}: ${this.driverName()}`;
    log(`${what}: the device has failed and is stopped`);
  }

  /** Returns true once when a sender that found the ring full can continue. */
  private hasRoomAgain(): bool {
    if (!this.waitingForRoom) return false;
    this.reclaim();
    if (this.room() == 0) return false;
    this.waitingForRoom = false;
    return true;
  }
}

/** Reports whether a hardware address is a valid unicast address. */
export function isStation(address: u64): bool {
  return address != 0 && ((address >> 40) & 1) == 0;
}
