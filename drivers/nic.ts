/**
 * What a NIC driver is: a `NetworkDevice` for the stack, and beside it what the kernel needs to
 * start it, to sleep while it is idle and to stop it. Nothing outside drivers/ knows more about a
 * controller than this; `nic-probe.ts` says which class drives which PCI function.
 *
 * A driver neither pads nor clears what it sends, nor lets its controller do so: a frame is at
 * least 60 bytes long when it gets here (see NetworkDevice.transmit).
 *
 *     start ─> connectInterrupt ─> receive, transmit, flush   (every turn)
 *                                  needsPoll, pollAt          (before the processor sleeps)
 *                                  quiesce                    (before power-off and reset)
 */
import { InterruptHandler } from "../machine/interrupts";
import { DeviceCounters } from "../net/phy/counters";
import { NetworkDevice } from "../net/phy/device";
import { FramePool } from "../net/phy/pool";
import { Frame } from "../net/wire/frame";
import { InterruptWatch } from "./interrupt-watch";
import { PciDevice } from "./pci/pci";

export abstract class Nic implements NetworkDevice, InterruptHandler {
  protected readonly watch: InterruptWatch;

  /** Allocates memory only. Registers are not touched before `start`. */
  constructor(
    readonly pci: PciDevice,
    protected readonly pool: FramePool,
    protected readonly count: DeviceCounters,
  ) {
    this.watch = new InterruptWatch(pci, count);
  }

  /**
   * Resets the controller and enables both directions, without interrupts. Returns false if the
   * controller cannot be used. Called once, before the clock and the log work.
   */
  abstract start(): bool;

  /** Connects the interrupt. Returns false if there is none; `pollAt` then asks to be polled. */
  connectInterrupt(): bool {
    return this.watch.connect(this);
  }

  /** Notes the interrupt and silences the device. Allocates nothing. */
  abstract interrupt(): void;

  /**
   * Reports whether the device has work now. Called before the processor sleeps: after a false,
   * interrupts are unmasked, and whatever arrives raises one.
   */
  abstract needsPoll(): bool;

  /** The latest time to poll at, in microseconds since boot; NEVER if an interrupt will tell. */
  abstract pollAt(now: i64): i64;

  /** Stops all DMA for good: the memory of the rings is about to belong to somebody else. */
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
