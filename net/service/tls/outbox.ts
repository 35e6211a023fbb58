/** Moves ciphertext from the engine to the stream below, which may not accept all at once. */
import { Stream, StreamStatus } from "../stream/stream";
import { TlsShared } from "./shared";

/** The ciphertext of one connection on its way out. */
export class TlsOutbox {
  /** Ciphertext that the stream below did not accept: the bytes of `rest` from `start` on. */
  private rest: StaticArray<u8> | null = null;
  private start: u32 = 0;

  constructor(
    private readonly shared: TlsShared,
    private readonly handle: u32,
    private readonly below: Stream,
  ) {}

  /** Reports whether the stream below has accepted all ciphertext moved so far. */
  empty(): bool {
    return this.rest == null;
  }

  /** Reports whether to call `flush`: it can make progress, or the stream below has failed. */
  ready(): bool {
    return this.below.writable() > 0 || this.below.status() == StreamStatus.Failed;
  }

  /** Sends the engine's ciphertext. Returns false if the stream did not accept all of it. */
  flush(): bool {
    if (!this.flushRest()) return false;
    const scratch = changetype<usize>(this.shared.scratch);
    const capacity = this.shared.scratch.length as u32;
    for (;;) {
      const length = this.shared.engine.transmit(this.handle, scratch, capacity);
      if (length == 0) return true;
      const taken = this.below.write(scratch, length);
      if (taken == length) continue;
      const rest = new StaticArray<u8>((length - taken) as i32);
      memory.copy(changetype<usize>(rest), scratch + taken, length - taken);
      this.rest = rest;
      this.start = 0;
      return false;
    }
  }

  private flushRest(): bool {
    const rest = this.rest;
    if (rest == null) return true;
    const left = (rest.length as u32) - this.start;
    const taken = this.below.write(changetype<usize>(rest) + this.start, left);
    this.start += taken;
    if (taken < left) return false;
    this.rest = null;
    return true;
  }
}
