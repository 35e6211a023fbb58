/**
 * Decides whether the processor may sleep. Shortly after activity, polling is cheaper than
 * sleeping: an interrupt costs more than many turns, and under QEMU it arrives up to 128
 * microseconds late.
 */
import { earlier } from "../core/time";
import { arm } from "../machine/timer";
import { Nic } from "./nic";

/** Microseconds to keep polling after a turn in which something happened. */
const SPIN: i64 = 30;

/** Tracks activity. */
export class Idle {
  private busyUntil: i64 = 0;

  constructor(private readonly nics: Array<Nic>) {}

  /** Notes that something happened in the turn at `now`. */
  noteBusy(now: i64): void {
    this.busyUntil = now + SPIN;
  }

  /** Reports whether to poll again at once, because something happened a moment ago. */
  spins(now: i64): bool {
    return now < this.busyUntil;
  }

  /**
   * Reports whether the processor may sleep until `deadline`, in microseconds since boot. If so,
   * the timer is armed, and `needsPoll` has unmasked the interrupts of all NICs.
   */
  mayHalt(deadline: i64, now: i64): bool {
    if (deadline <= now) return false;
    let wake = deadline;
    for (let i = 0; i < this.nics.length; i++) {
      const nic = unchecked(this.nics[i]);
      if (nic.needsPoll()) return false;
      wake = earlier(wake, nic.pollAt(now));
    }
    arm(wake, now);
    return true;
  }
}
