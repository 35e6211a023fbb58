/** Virtual time: nanoseconds since power-on, and events that come due. */

/** A scheduled event, for `cancel`. */
export interface Timer {
  at: number;
  action: () => void;
}

export class VirtualClock {
  /** Nanoseconds; exact up to 2^53, which is 104 days. */
  now = 0;
  /** When the next event is due, or Infinity. */
  due = Number.POSITIVE_INFINITY;
  private timers: Timer[] = [];

  /** Runs `action` in `nanoseconds`, after everything already due at that time. */
  after(nanoseconds: number, action: () => void): Timer {
    const timer = { at: this.now + Math.max(0, Math.ceil(nanoseconds)), action };
    let index = this.timers.length;
    while (index > 0 && this.timers[index - 1].at > timer.at) index--;
    if (index === this.timers.length) this.timers.push(timer);
    else this.timers.splice(index, 0, timer);
    this.due = this.timers[0].at;
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    const index = timer ? this.timers.indexOf(timer) : -1;
    if (index < 0) return;
    this.timers.splice(index, 1);
    this.updateDue();
  }

  /** Cancels every event. */
  clear(): void {
    this.timers = [];
    this.updateDue();
  }

  /** Advances time; events run on the way, in order. */
  advance(nanoseconds: number): void {
    const end = this.now + nanoseconds;
    while (this.due <= end) {
      const timer = this.timers.shift() as Timer;
      this.updateDue();
      this.now = timer.at;
      timer.action();
    }
    this.now = end;
  }

  private updateDue(): void {
    this.due = this.timers.length > 0 ? this.timers[0].at : Number.POSITIVE_INFINITY;
  }
}
