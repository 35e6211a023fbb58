/**
 * The receive ring (SDM 3.2.6; I210 7.1.4). Every descriptor holds a frame of the pool. A filled
 * frame is replaced by an empty one, so every descriptor always has a buffer.
 *
 *       returned     next
 *     ──────┴──────────┴────────────────────────────
 *      hardware's │ ours, with │ hardware's: filled, then still empty
 *                 │ new frames │
 */
import { RECEIVE_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaBase, dmaLoad64 } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { LARGEST_FRAME } from "../../net/phy/device";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { deliver } from "../deliver";
import {
  DESCRIPTOR_BYTES,
  fromAdvanced,
  RECEIVE_CE,
  RECEIVE_CXE,
  RECEIVE_DD,
  RECEIVE_EOP,
  RECEIVE_LENGTH,
  RECEIVE_RXE,
  RECEIVE_SE,
  RECEIVE_SEQ,
  ReceiveDescriptor,
  RING_ALIGNMENT,
  WRITE_BACK,
} from "./descriptor";
import { RDBAH, RDBAL, RDH, RDLEN, RDT, Registers } from "./registers";

const MASK: u32 = RECEIVE_RING - 1;
/** Descriptors returned with one register write, which takes 2 us under QEMU. */
const RETURN_BATCH: u32 = 32;
const FRAME_ERRORS: u64 = RECEIVE_SE | RECEIVE_SEQ | RECEIVE_CXE | RECEIVE_RXE;
const ANY_ERROR: u64 = RECEIVE_CE | FRAME_ERRORS;

export class ReceiveRing {
  private readonly descriptors: usize = allocateDma(
    RECEIVE_RING * DESCRIPTOR_BYTES,
    RING_ALIGNMENT,
  );
  private readonly dma: u64 = dmaBase();
  /** The frame of each descriptor; 0 before `program`. */
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(RECEIVE_RING);
  /** Index of the next descriptor to process. */
  private next: u32 = 0;
  /** Descriptors processed since the last write of RDT. */
  private unreturned: u32 = 0;
  /** Whether the rest of a frame that spans several descriptors is being dropped. */
  private discarding: bool = false;

  constructor(
    private readonly registers: Registers,
    private readonly pool: FramePool,
    private readonly counters: DeviceCounters,
    private readonly advanced: bool,
  ) {
    assert((RECEIVE_RING & MASK) == 0, "the size of the receive ring must be a power of two");
  }

  /** Empties every descriptor and describes the ring to the controller (SDM 14.4). */
  program(): void {
    for (let i: u32 = 0; i < RECEIVE_RING; i++) {
      if (this.frames[i] == 0) this.frames[i] = changetype<usize>(this.pool.allocate());
      assert(this.frames[i] != 0, "the pool has no frames for the receive ring");
      this.give(i, changetype<Frame>(this.frames[i]));
    }
    this.next = 0;
    this.unreturned = 0;
    this.discarding = false;
    const base = physical(this.descriptors);
    this.registers.write(RDBAL, base as u32);
    this.registers.write(RDBAH, (base >> 32) as u32);
    this.registers.write(RDLEN, RECEIVE_RING * DESCRIPTOR_BYTES);
    this.registers.write(RDH, 0);
  }

  /** Gives the descriptors to the controller. */
  offer(): void {
    this.registers.write(RDT, MASK);
  }

  /** Reports whether the next descriptor has been filled. */
  filled(): bool {
    return (this.writeBack(this.next) & RECEIVE_DD) != 0;
  }

  /** Takes the oldest good frame; returns null if there is none, or no free frame in the pool. */
  receive(): Frame | null {
    // Bounded, because a controller may fill bad descriptors as fast as they are dropped.
    for (let i: u32 = 0; i < RECEIVE_RING; i++) {
      const result = this.writeBack(this.next);
      if ((result & RECEIVE_DD) == 0) return null;
      const frame = this.take(result);
      this.advance();
      if (frame != null) return frame;
    }
    return null;
  }

  /** Returns all processed descriptors, which the controller needs after an overrun. */
  returnAll(): void {
    if (this.unreturned == 0) return;
    this.unreturned = 0;
    // RDT points one beyond the last descriptor that the controller may fill.
    this.registers.write(RDT, (this.next - 1) & MASK);
  }

  /** Takes the frame of descriptor `next`. If it is bad, or the pool is empty, returns null. */
  private take(result: u64): Frame | null {
    const index = this.next & MASK;
    const frame = changetype<Frame>(unchecked(this.frames[index]));
    const length = (result & RECEIVE_LENGTH) as u32;
    if (!this.accept(result, length)) {
      this.give(index, frame);
      return null;
    }
    const fresh = this.pool.allocate();
    if (fresh == null) {
      this.counters.noFrame++;
      this.give(index, frame);
      return null;
    }
    this.frames[index] = changetype<usize>(fresh);
    this.give(index, fresh);
    return deliver(frame, length, this.counters);
  }

  /** Reports whether this is a whole, good frame (SDM 3.2.3.2, 3.2.3.3); counts it if not. */
  private accept(result: u64, length: u32): bool {
    const last = (result & RECEIVE_EOP) != 0;
    if (this.discarding || !last) {
      // Count the frame once, and drop all its descriptors.
      if (!this.discarding) this.counters.oversized++;
      this.discarding = !last;
      return false;
    }
    if ((result & ANY_ERROR) != 0) {
      if ((result & RECEIVE_CE) != 0) this.counters.crcErrors++;
      else this.counters.frameErrors++;
      return false;
    }
    if (length == 0) {
      this.counters.lengthErrors++;
      return false;
    }
    if (length > LARGEST_FRAME) {
      this.counters.oversized++;
      return false;
    }
    return true;
  }

  private advance(): void {
    this.next = (this.next + 1) & MASK;
    if (++this.unreturned >= RETURN_BATCH) this.returnAll();
  }

  /** Gives the storage of `frame` to an emptied descriptor. */
  private give(index: u32, frame: Frame): void {
    const descriptor = ReceiveDescriptor.at(this.pointer(index));
    descriptor.address = (frame.storage as u64) + this.dma;
    store<u64>(this.pointer(index), 0, WRITE_BACK);
  }

  private writeBack(index: u32): u64 {
    const result = dmaLoad64(this.pointer(index) + WRITE_BACK);
    return this.advanced ? fromAdvanced(result) : result;
  }

  private pointer(index: u32): usize {
    return this.descriptors + ((index * DESCRIPTOR_BYTES) as usize);
  }
}
