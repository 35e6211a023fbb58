/** Virtual time: nanoseconds since power-on, and what is to happen at which of them. */

/** Something that will happen, unless it is cancelled. */
export interface Timer {
  at: number;
  action: () => void;
}

export class VirtualClock {
  /** Nanoseconds; whole numbers up to 2^53 are 104 days. */
  now = 0;
  private timers: Timer[] = [];

  /** Does `action` in `nanoseconds`, after everything that is due at the same time already. */
  after(nanoseconds: number, action: () => void): Timer {
    const timer = { at: this.now + Math.max(0, Math.ceil(nanoseconds)), action };
    let index = this.timers.length;
    while (index > 0 && this.timers[index - 1].at > timer.at) index--;
    this.timers.splice(index, 0, timer);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    const index = timer ? this.timers.indexOf(timer) : -1;
    if (index >= 0) this.timers.splice(index, 1);
  }

  /** Forgets everything that was to happen. */
  clear(): void {
    this.timers = [];
  }

  /** Lets time pass; what is due happens on the way, in order. */
  advance(nanoseconds: number): void {
    const end = this.now + nanoseconds;
    while (this.timers.length > 0 && this.timers[0].at <= end) {
      const timer = this.timers.shift() as Timer;
      this.now = timer.at;
      timer.action();
    }
    this.now = end;
  }

  /** When the next thing happens, or Infinity. */
  next(): number {
    return this.timers.length > 0 ? this.timers[0].at : Number.POSITIVE_INFINITY;
  }
}
