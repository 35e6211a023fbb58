/**
 * MSG_ZEROCOPY (Documentation/networking/msg_zerocopy.rst of Linux), as by a kernel that copies:
 * the error queue reports the numbers of the calls whose bytes were acknowledged.
 */

/** The calls with MSG_ZEROCOPY on one socket, numbered from 0. */
export class Completions {
  /** For each call, how many bytes have been written to the socket after it. */
  private readonly ends: number[] = [];
  /** How many calls were reported. */
  private reported = 0;

  /** Notes a call after which `end` bytes have been written. */
  add(end: number): void {
    this.ends.push(end);
  }

  /** Returns how many calls are complete once `acknowledged` bytes are. */
  complete(acknowledged: number): number {
    return this.ends.filter((end) => end <= acknowledged).length;
  }

  /** Reports whether the error queue is not empty. */
  pending(acknowledged: number): boolean {
    return this.complete(acknowledged) > this.reported;
  }

  /** Takes the numbers of the first and the last call from the queue; undefined if it is empty. */
  take(acknowledged: number): [first: number, last: number] | undefined {
    const complete = this.complete(acknowledged);
    if (complete === this.reported) return undefined;
    const first = this.reported;
    this.reported = complete;
    return [first, complete - 1];
  }
}
