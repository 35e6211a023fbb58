/**
 * The interface of a NIC driver: a `NetworkDevice` for the stack, plus what the kernel needs to
 * start it, to sleep while it is idle, and to stop it. Code outside drivers/ uses only this
 * interface; `nic-probe.ts` finds the controllers and their drivers.
 *
 * Neither a driver nor its controller pads frames: those passed to `transmit` are already at least
 * 60 bytes long (see NetworkDevice.transmit).
 *
 *     probe ─> connectInterrupt ─> start ─> receive, transmit, flush   (every turn)
 *                                           needsPoll, pollAt     (before the processor sleeps)
 *                                           quiesce               (before power-off and reset)
 */
import { InterruptHandler } from "../machine/interrupts";
import { DeviceCounters } from "../net/phy/counters";
import { NetworkDevice } from "../net/phy/device";
import { FramePool } from "../net/phy/pool";
import { Frame } from "../net/wire/frame";
import { Attachment } from "./attachment";
import { InterruptWatch } from "./interrupt-watch";

export abstract class Nic implements NetworkDevice, InterruptHandler {
  protected readonly watch: InterruptWatch;

  /** Only allocates memory; `probe` is the first to access registers. */
  constructor(
    readonly device: Attachment,
    protected readonly pool: FramePool,
    protected readonly count: DeviceCounters,
  ) {
    this.watch = new InterruptWatch(device, count);
  }

  /**
   * Resets the controller. Returns false if it cannot be used. Called once, before any frame is
   * needed; the clock and the log do not work yet.
   */
  abstract probe(): bool;

  /**
   * Connects the interrupt, after `probe`. Returns false if that fails; `pollAt` then requests
   * polling.
   */
  connectInterrupt(): bool {
    return this.watch.connect(this);
  }

  /**
   * Enables the receiver, which takes its frames from the pool, and the transmitter. Leaves
   * interrupts masked.
   */
  abstract start(): void;

  interruptName(): string {
    return `${this.driverName()}, ${this.device.place()}`;
  }
  /** Records the interrupt and masks further ones. Allocates nothing. */
  abstract interrupt(): void;

  /**
   * Reports whether the device has work now. Called before the processor sleeps: if it returns
   * false and the interrupt works, it has been unmasked, and any later arrival raises it.
   */
  abstract needsPoll(): bool;

  /** Returns the latest time to poll, in microseconds since boot; NEVER if interrupts suffice. */
  abstract pollAt(now: i64): i64;

  /** Stops all DMA permanently, before the memory of the rings gets a new owner. */
  abstract quiesce(): void;

  abstract hardwareAddress(): u64;
  abstract driverName(): string;
  abstract linkUp(): bool;
  abstract linkSpeed(): u32;
  abstract receive(): Frame | null;
  abstract canTransmit(): bool;
  abstract transmit(frame: Frame): bool;
  abstract flush(): void;
  abstract setUp(up: bool): void;
  abstract counters(): DeviceCounters;
}
