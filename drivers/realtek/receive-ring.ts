/**
 * The receive ring of a card with descriptors (DS: C+ mode receive descriptors; GS 9.1.2). Every
 * descriptor holds a frame of the pool. A filled frame is replaced by an empty one, and the
 * descriptor goes back to the card at once, by its OWN bit.
 */
import { FRAME_STORAGE } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64, dmaReady } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { LARGEST_FRAME } from "../../net/phy/device";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { deliver } from "../deliver";
import {
  DESCRIPTOR_BYTES,
  EOR,
  FCS,
  FS,
  LS,
  OWN,
  RECEIVE_CRC,
  RECEIVE_FAE,
  RECEIVE_LENGTH,
  RECEIVE_RES,
  RING_ALIGNMENT,
} from "./registers";

export class ReceiveRing {
  private readonly mask: u32;
  private readonly descriptors: usize;
  /** The frame of each descriptor; 0 before `reset`. */
  private readonly frames: StaticArray<usize>;
  // Bits of the status: the length, a CRC error, other errors.
  private readonly lengthBits: u32;
  private readonly crcBit: u32;
  private readonly errorBits: u32;
  private next: u32 = 0;
  /** Whether the rest of a frame that spans several descriptors is being dropped. */
  private discarding: bool = false;

  /** `size` is a power of two; the chip's datasheet is GS if `gigabit` is true, otherwise DS. */
  constructor(
    private readonly pool: FramePool,
    private readonly counters: DeviceCounters,
    size: u32,
    gigabit: bool,
  ) {
    assert((size & (size - 1)) == 0, "the size of the receive ring must be a power of two");
    this.mask = size - 1;
    this.descriptors = allocateDma(size * DESCRIPTOR_BYTES, RING_ALIGNMENT);
    this.frames = new StaticArray<usize>(size);
    this.lengthBits = gigabit ? (RECEIVE_LENGTH << 1) | 1 : RECEIVE_LENGTH;
    this.crcBit = gigabit ? RECEIVE_CRC << 1 : RECEIVE_CRC;
    this.errorBits = gigabit ? RECEIVE_RES << 1 : RECEIVE_RES | RECEIVE_FAE;
  }

  /** Empties every descriptor and gives it to a stopped card. Returns the physical address. */
  reset(): u64 {
    for (let i: u32 = 0; i <= this.mask; i++) {
      if (this.frames[i] == 0) this.frames[i] = changetype<usize>(this.pool.allocate());
      assert(this.frames[i] != 0, "the pool has no frames for the receive ring");
      this.give(i);
    }
    this.next = 0;
    this.discarding = false;
    return physical(this.descriptors);
  }

  filled(): bool {
    return (this.status(this.next) & OWN) == 0;
  }

  /** Takes the oldest good frame; returns null if there is none, or no free frame in the pool. */
  receive(): Frame | null {
    // Bounded, because a card may fill bad descriptors as fast as they are dropped.
    for (let i: u32 = 0; i <= this.mask; i++) {
      const status = this.status(this.next);
      if ((status & OWN) != 0) return null;
      const frame = this.take(this.next, status);
      this.next = (this.next + 1) & this.mask;
      if (frame != null) return frame;
    }
    return null;
  }

  /** Takes the frame of a filled descriptor. If it is bad, or the pool is empty, returns null. */
  private take(index: u32, status: u32): Frame | null {
    const frame = changetype<Frame>(unchecked(this.frames[index]));
    const length = (status & this.lengthBits) - FCS;
    const fresh = this.accept(status, length) ? this.pool.allocate() : null;
    if (fresh == null) {
      this.give(index);
      return null;
    }
    this.frames[index] = changetype<usize>(fresh);
    this.give(index);
    return deliver(frame, length, this.counters);
  }

  /** Reports whether the frame is whole and good, and can be replaced; if not, counts why. */
  private accept(status: u32, length: u32): bool {
    const last = (status & LS) != 0;
    if (this.discarding || !last || (status & FS) == 0) {
      // Count the frame once, and drop all its descriptors.
      if (!this.discarding) this.counters.oversized++;
      this.discarding = !last;
    } else if ((status & this.crcBit) != 0) this.counters.crcErrors++;
    else if ((status & this.errorBits) != 0) this.counters.frameErrors++;
    // In a shorter frame, `length` has wrapped around.
    else if ((status & this.lengthBits) <= FCS) this.counters.lengthErrors++;
    else if (length > LARGEST_FRAME) this.counters.oversized++;
    else if (this.pool.available == 0) this.counters.noFrame++;
    else return true;
    return false;
  }

  /** Gives the frame's storage to the card. The OWN bit comes last. */
  private give(index: u32): void {
    const at = this.pointer(index);
    const frame = changetype<Frame>(unchecked(this.frames[index]));
    store<u64>(at, physical(frame.storage), 8);
    store<u32>(at, 0, 4);
    dmaReady(at, 0);
    store<u32>(at, OWN | (index == this.mask ? EOR : 0) | FRAME_STORAGE);
  }

  private status(index: u32): u32 {
    return dmaLoad64(this.pointer(index)) as u32;
  }

  private pointer(index: u32): usize {
    return this.descriptors + ((index * DESCRIPTOR_BYTES) as usize);
  }
}
