/**
 * Whether the processor may sleep. While frames come it is better to look again for a little
 * than to sleep and be woken: an interrupt costs more than many turns, and under QEMU each one
 * is late by up to 128 microseconds.
 */
import { earlier } from "../core/time";
import { arm } from "../machine/timer";
import { Nic } from "./nic";

/** How long to look again after a turn in which something happened, in microseconds. */
const SPIN: i64 = 30;

export class Idle {
  private busyUntil: i64 = 0;

  constructor(private readonly nics: Array<Nic>) {}

  /** Something happened in the turn at `now`. */
  noteBusy(now: i64): void {
    this.busyUntil = now + SPIN;
  }

  /**
   * True: nothing is to be done before `deadline`, the timer is armed for it, and every device
   * interrupts for what comes from now on.
   */
  mayHalt(deadline: i64, now: i64): bool {
    if (deadline <= now || now < this.busyUntil) return false;
    let wake = deadline;
    for (let i = 0; i < this.nics.length; i++) {
      if (this.nics[i].needsPoll()) return false;
      wake = earlier(wake, this.nics[i].pollAt(now));
    }
    arm(wake, now);
    return true;
  }
}
