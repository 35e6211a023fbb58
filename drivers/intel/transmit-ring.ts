/**
 * The transmit ring (SDM 3.4; I210 7.2.2). `flush` hands all queued frames over with one register
 * write. The last descriptor of each batch of frames requests its status (RS); the frames of the
 * batch return to the pool once that descriptor is done (DD).
 *
 *        clean      batch      tail
 *     ─────┴──────────┴──────────┴─────
 *     free │ closed   │ open     │ free
 *          │ batches  │ batch    │
 */
import { TRANSMIT_RING } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaBase, dmaLoad64, dmaReady } from "../../machine/host";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import {
  ADVANCED_DATA,
  ADVANCED_LENGTH_SHIFT,
  COMMAND_EOP,
  COMMAND_IFCS,
  COMMAND_RS,
  DESCRIPTOR_BYTES,
  RING_ALIGNMENT,
  TRANSMIT_DD,
  TransmitDescriptor,
  WRITE_BACK,
} from "./descriptor";
import { Registers, TDBAH, TDBAL, TDH, TDLEN, TDT } from "./registers";

const MASK: u32 = TRANSMIT_RING - 1;
/** Frames in the longest batch. Longer queues are split, to return frames to the pool sooner. */
const REPORT_EVERY: u32 = 32;
/** The second half of a descriptor, without the length: a whole frame, FCS inserted by hardware. */
const WHOLE_FRAME: u64 = ((COMMAND_EOP | COMMAND_IFCS) as u64) << 24;
/** The same of an advanced descriptor, which has two lengths: of the buffer and of the frame. */
const ADVANCED_FRAME: u64 = WHOLE_FRAME | ADVANCED_DATA;
const LENGTHS: u64 = 1 | (1 << ADVANCED_LENGTH_SHIFT);

export class TransmitRing {
  private readonly descriptors: usize = allocateDma(
    TRANSMIT_RING * DESCRIPTOR_BYTES,
    RING_ALIGNMENT,
  );
  private readonly dma: u64 = dmaBase();
  /** The frame of each descriptor between `clean` and `tail`. */
  private readonly frames: StaticArray<usize> = new StaticArray<usize>(TRANSMIT_RING);
  /** For the first descriptor of a batch: the index of its last, which has RS set. */
  private readonly lastOf: StaticArray<u16> = new StaticArray<u16>(TRANSMIT_RING);
  private clean: u32 = 0;
  private batch: u32 = 0;
  private tail: u32 = 0;
  /** The tail last written to TDT. */
  private flushedTail: u32 = 0;

  constructor(
    private readonly registers: Registers,
    private readonly pool: FramePool,
    private readonly advanced: bool,
  ) {
    assert((TRANSMIT_RING & MASK) == 0, "the size of the transmit ring must be a power of two");
  }

  /** Returns all frames to the pool and gives an empty ring to the controller (SDM 14.5). */
  program(): void {
    for (; this.clean != this.tail; this.clean = (this.clean + 1) & MASK) {
      this.pool.release(changetype<Frame>(this.frames[this.clean]));
    }
    this.clean = 0;
    this.batch = 0;
    this.tail = 0;
    this.flushedTail = 0;
    memory.fill(this.descriptors, 0, TRANSMIT_RING * DESCRIPTOR_BYTES);
    const base = physical(this.descriptors);
    this.registers.write(TDBAL, base as u32);
    this.registers.write(TDBAH, (base >> 32) as u32);
    this.registers.write(TDLEN, TRANSMIT_RING * DESCRIPTOR_BYTES);
    this.registers.write(TDH, 0);
    this.registers.write(TDT, 0);
  }

  /** Free descriptors. One always stays free, because head = tail means an empty ring. */
  room(): u32 {
    return (this.clean - this.tail - 1) & MASK;
  }

  /** Queues a frame and takes ownership of it; there must be room. */
  queue(frame: Frame): void {
    const index = this.tail & MASK;
    const pointer = this.pointer(index);
    TransmitDescriptor.at(pointer).address = (frame.start as u64) + this.dma;
    const length = frame.length as u64;
    const whole = this.advanced ? ADVANCED_FRAME | (length * LENGTHS) : WHOLE_FRAME | length;
    store<u64>(pointer, whole, WRITE_BACK);
    dmaReady(frame.start, frame.length);
    this.frames[index] = changetype<usize>(frame);
    this.tail = (index + 1) & MASK;
    if (((this.tail - this.batch) & MASK) == REPORT_EVERY) this.closeBatch();
  }

  /** Hands the queued frames to the controller, then reclaims those it has sent. */
  flush(): void {
    if (this.tail == this.flushedTail) return;
    this.closeBatch();
    this.registers.write(TDT, this.tail);
    this.flushedTail = this.tail;
    this.reclaim();
  }

  /** Returns the frames of finished batches to the pool. */
  reclaim(): void {
    while (this.clean != this.batch) {
      const last = this.lastOf[this.clean & MASK] as u32;
      if ((dmaLoad64(this.pointer(last) + WRITE_BACK) & TRANSMIT_DD) == 0) return;
      const end = (last + 1) & MASK;
      for (let i = this.clean; i != end; i = (i + 1) & MASK) {
        this.pool.release(changetype<Frame>(this.frames[i]));
      }
      this.clean = end;
    }
  }

  /** Ends the batch by requesting the status of the last queued descriptor. */
  private closeBatch(): void {
    if (this.batch == this.tail) return;
    const last = (this.tail - 1) & MASK;
    TransmitDescriptor.at(this.pointer(last)).command |= COMMAND_RS;
    this.lastOf[this.batch] = last as u16;
    this.batch = this.tail;
  }

  private pointer(index: u32): usize {
    return this.descriptors + ((index * DESCRIPTOR_BYTES) as usize);
  }
}
