/**
 * Events by their time in nanoseconds; of equal times, the first added comes first (a binary heap).
 */

export interface Event {
  at: number;
  order: number;
  action: () => void;
}

export class EventQueue {
  private readonly heap: Event[] = [];
  private count = 0;

  add(at: number, action: () => void): void {
    const event = { at, order: this.count++, action };
    const { heap } = this;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  /** The time of the next event, or Infinity. */
  next(): number {
    return this.heap.length > 0 ? this.heap[0].at : Number.POSITIVE_INFINITY;
  }

  /** Removes and returns the next event; there must be one. */
  take(): Event {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop() as Event;
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
