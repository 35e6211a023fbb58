/** Counters of events: one for each value of an enum. */

export class Counters {
  private readonly counts: StaticArray<u64>;

  /** `names` has a name for each value of the enum, in its order. */
  constructor(readonly names: StaticArray<string>) {
    this.counts = new StaticArray<u64>(names.length);
  }

  /** Counts an event, which must be a value of the enum. */
  add(event: i32): void {
    unchecked(this.counts[event]++);
  }

  /** Adds `amount` to the counter of an event. */
  addMany(event: i32, amount: u64): void {
    this.counts[event] += amount;
  }

  /** Returns how many times an event was counted. */
  of(event: i32): u64 {
    return this.counts[event];
  }
}
