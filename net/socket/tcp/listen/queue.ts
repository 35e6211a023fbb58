/** A queue of connections at a listener: a doubly linked list through their control blocks. */
import { ControlBlock, ListenQueue } from "../control-block";

export class ConnectionQueue {
  first: ControlBlock | null = null;
  count: u32 = 0;
  private last: ControlBlock | null = null;

  constructor(private readonly kind: ListenQueue) {}

  /** Appends a connection, which must be in no queue. */
  push(block: ControlBlock): void {
    const last = this.last;
    block.queue = this.kind;
    block.queueBefore = last;
    block.queueAfter = null;
    if (last == null) this.first = block;
    else last.queueAfter = block;
    this.last = block;
    this.count++;
  }

  /** Removes a connection, which must be in this queue. */
  remove(block: ControlBlock): void {
    const previous = block.queueBefore;
    const following = block.queueAfter;
    if (previous == null) this.first = following;
    else previous.queueAfter = following;
    if (following == null) this.last = previous;
    else following.queueBefore = previous;
    block.queue = ListenQueue.None;
    block.queueBefore = null;
    block.queueAfter = null;
    this.count--;
  }
}
