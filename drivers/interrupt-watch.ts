/**
 * Whether a device's interrupt can be relied on. Firmware may route a line wrongly or not at all,
 * and a kernel that sleeps until such a line fires would never wake: until the first interrupt
 * has come the device is polled once a second, and one that misses an interrupt is polled from
 * then on.
 */
import { log } from "../core/log";
import { MILLISECOND, NEVER, SECOND } from "../core/time";
import { connect, InterruptHandler } from "../machine/interrupts";
import { DeviceCounters } from "../net/phy/counters";
import { PciDevice } from "./pci/pci";

/** Microseconds between two polls of a device without a working interrupt. */
const POLL_INTERVAL: i64 = MILLISECOND;
/** Microseconds that a due interrupt may take, and between polls of a line not proven yet. */
const PATIENCE: i64 = SECOND;

export class InterruptWatch {
  /** False if no interrupt is connected, or if the connected one has proved dead. */
  interruptDriven: bool = false;
  /** Interrupts that must have come by now, counted since boot. */
  private due: u64 = 0;
  /** Until when they are waited for, in microseconds since boot; NEVER if none is missing. */
  private waitEnds: i64 = NEVER;

  constructor(
    private readonly pci: PciDevice,
    private readonly counters: DeviceCounters,
  ) {}

  /** Connects the line that firmware chose. Returns false if there is none. */
  connect(handler: InterruptHandler): bool {
    this.interruptDriven = connect(this.pci.interruptLine, handler, true);
    return this.interruptDriven;
  }

  /** Notes that by now `count` interrupts must have come since boot. */
  expect(count: u64): void {
    this.due = count;
  }

  /** When to poll the device at the latest: see `Nic.pollAt`. */
  pollAt(now: i64): i64 {
    if (!this.interruptDriven) return now + POLL_INTERVAL;
    const count = this.counters.interrupts;
    if (count >= this.due) {
      this.waitEnds = NEVER;
      return count == 0 ? now + PATIENCE : NEVER;
    }
    if (this.waitEnds == NEVER) this.waitEnds = now + PATIENCE;
    if (now < this.waitEnds) return this.waitEnds;
    this.interruptDriven = false;
    const line = this.pci.interruptLine;
    log(`pci ${this.pci.location()}: no interrupts on line ${line}, polling instead`);
    return now + POLL_INTERVAL;
  }
}
