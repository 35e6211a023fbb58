/**
 * Detects dead interrupts. Firmware may route a line wrongly or not at all, or a platform may lose
 * messages, and a kernel asleep until such an interrupt would never wake. So a device is polled
 * every second until its first interrupt, and every millisecond if it cannot interrupt or an
 * expected interrupt did not come.
 */
import { log } from "../core/log";
import { MILLISECOND, NEVER, SECOND } from "../core/time";
import { InterruptHandler } from "../machine/interrupts";
import { DeviceCounters } from "../net/phy/counters";
import { Attachment } from "./attachment";

/** Microseconds between polls of a device without a working interrupt. */
const POLL_INTERVAL: i64 = MILLISECOND;
/** Microseconds to wait for a due interrupt, and between polls before the first interrupt. */
const INTERRUPT_WAIT: i64 = SECOND;

/** Watches the interrupt of one device. */
export class InterruptWatch {
  /** False if no interrupt is connected, or the connected one is dead. */
  interruptDriven: bool = false;
  /** Interrupts due so far, counted since boot. */
  private due: u64 = 0;
  /** When to give up on the interrupt that is due, in microseconds since boot; NEVER if none is. */
  private waitEnds: i64 = NEVER;

  constructor(
    private readonly device: Attachment,
    private readonly counters: DeviceCounters,
  ) {}

  /** Connects the interrupt. Returns false if it cannot be connected. */
  connect(handler: InterruptHandler): bool {
    this.interruptDriven = this.device.connectInterrupt(handler);
    return this.interruptDriven;
  }

  /** Notes that an interrupt is due: the one that raises the device's count to `count`. */
  expect(count: u64): void {
    this.due = count;
  }

  /** Returns the latest time to poll the device, in microseconds since boot: see `Nic.pollAt`. */
  pollAt(now: i64): i64 {
    if (!this.interruptDriven) return now + POLL_INTERVAL;
    const count = this.counters.interrupts;
    if (count >= this.due) {
      this.waitEnds = NEVER;
      return count == 0 ? now + INTERRUPT_WAIT : NEVER;
    }
    if (this.waitEnds == NEVER) this.waitEnds = now + INTERRUPT_WAIT;
    if (now < this.waitEnds) return this.waitEnds;
    this.interruptDriven = false;
    const device = this.device;
    log(`${device.place()}: no interrupts on ${device.interruptText()}, polling instead`);
    return now + POLL_INTERVAL;
  }
}
