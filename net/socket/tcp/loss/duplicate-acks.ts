/** Loss detection by duplicate ACKs: the third in a row means a loss (RFC 5681 section 3.2). */
import { LossDetector } from "./detector";

/** The number of duplicate ACKs in a row that means a loss. */
export const DUPLICATES: u32 = 3;

export class DuplicateAcks implements LossDetector {
  /** Duplicate ACKs in a row. */
  private count: u32 = 0;

  advanced(): void {
    this.count = 0;
  }

  duplicate(): bool {
    return ++this.count == DUPLICATES;
  }

  timedOut(): void {
    this.count = 0;
  }

  departed(): u32 {
    return this.count < DUPLICATES ? this.count : 0;
  }
}
