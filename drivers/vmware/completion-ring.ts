/**
 * A ring of completions, which only the device writes. An entry is new if its top bit, the
 * generation, is that of the current round.
 */
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64 } from "../../machine/host";
import { DESCRIPTOR_SIZE, GENERATION, RING_ALIGNMENT } from "./registers";

export class CompletionRing {
  private readonly entries: usize;
  private next: u32 = 0;
  private generation: u32 = GENERATION;

  constructor(private readonly size: u32) {
    this.entries = allocateDma(size * DESCRIPTOR_SIZE, RING_ALIGNMENT);
  }

  /** Empties the ring of a stopped device. Returns its physical address. */
  reset(): u64 {
    memory.fill(this.entries, 0, this.size * DESCRIPTOR_SIZE);
    this.next = 0;
    this.generation = GENERATION;
    return physical(this.entries);
  }

  hasNext(): bool {
    return (((this.upper() >> 32) as u32) & GENERATION) == this.generation;
  }

  /** Words 2 and 3 of the next entry. */
  upper(): u64 {
    return dmaLoad64(this.pointer() + 8);
  }
  /** Word 0 of the next entry, which is new. */
  lower(): u32 {
    return dmaLoad64(this.pointer()) as u32;
  }

  advance(): void {
    if (++this.next < this.size) return;
    this.next = 0;
    this.generation ^= GENERATION;
  }

  private pointer(): usize {
    return this.entries + ((this.next * DESCRIPTOR_SIZE) as usize);
  }
}
