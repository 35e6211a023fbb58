/**
 * A split virtqueue (VIRTIO 2.7): a table of descriptors, a ring of those that the driver makes
 * available, and a ring of those that the device has used. The layout is that of the legacy
 * interface (VIRTIO 2.7.2), which all transports accept:
 *
 *     ├ table, 16 bytes each ┼ available: flags, index, ring, used event ┼ up to the next page
 *     ┼ used: flags, index, ring, available event ┤
 *
 * Indexes count modulo 65,536. Nothing that the device writes is believed: it may only return a
 * descriptor that it holds, and no more of them than it holds. If it does otherwise, the queue is
 * broken, and nothing more is taken from it.
 */
import { VIRTIO_QUEUE } from "../../core/limits";
import { delay } from "../../machine/delay";
import { allocateDma, physical } from "../../machine/dma";
import { dmaLoad64, dmaReady, memoryFence } from "../../machine/host";
import { FEATURE_EVENT_INDEX, Transport } from "./transport";

const PAGE: u32 = 4096;
const DESCRIPTOR_SIZE: u32 = 16;
/** The bytes of an entry of the used ring: a descriptor and a length. */
const USED_SIZE: usize = 8;
/** The bytes of flags and index, before each ring. */
const RING_START: usize = 4;
const INDEXES: u32 = 0xffff;

// Flags of a descriptor (VIRTIO 2.7.5).
const DESCRIPTOR_NEXT: u16 = 1;
const DESCRIPTOR_WRITE: u16 = 2;
/** Flag of the available ring: no interrupts (VIRTIO 2.7.6). */
const NO_INTERRUPT: u16 = 1;
/** Flag of the used ring: no notifications (VIRTIO 2.7.8). */
const NO_NOTIFY: u64 = 1;

/** `take` returns this if the device has used no further buffer. */
export const NO_BUFFER: i32 = -1;

/**
 * Returns queue `index` with at most `wanted` entries, a power of two, or with the size that a
 * legacy device fixes. Returns null if the device does not have the queue, or fixes another size
 * than a power of two up to VIRTIO_QUEUE. The features have been agreed on.
 */
export function createQueue(transport: Transport, index: u32, wanted: u32): Virtqueue | null {
  const limit = transport.queueLimit(index);
  if (limit == 0) return null;
  let size: u32 = 1;
  while (size * 2 <= min<u32>(limit, VIRTIO_QUEUE)) size *= 2;
  if (!transport.hasFixedSizes()) size = min<u32>(size, wanted);
  else if (size != limit) return null;
  return new Virtqueue(transport, index, size);
}

export class Virtqueue {
  /** Entries of the queue, a power of two. */
  readonly size: u32;
  /** The length that the device reported with the buffer that `take` returned last. */
  length: u32 = 0;
  /** Whether the device has broken the rules; `enable` clears it. */
  broken: bool = false;
  /** The queue's memory, and its length. */
  private readonly table: usize;
  private readonly bytes: u32;
  private readonly available: usize;
  private readonly used: usize;
  /** Which descriptors the device holds. */
  private readonly held: StaticArray<bool>;
  private holds: u32 = 0;
  private readonly mask: u32;
  /** The index of the next buffer to offer, and the index that the device was told last. */
  private next: u32 = 0;
  private published: u32 = 0;
  /** The index of the next used buffer. */
  private taken: u32 = 0;
  private eventIndex: bool = false;

  /** Allocates the memory of a queue whose size, a power of two, the transport accepts. */
  constructor(
    private readonly transport: Transport,
    private readonly index: u32,
    size: u32,
  ) {
    assert(size != 0 && (size & (size - 1)) == 0, "a queue's size must be a power of two");
    this.size = size;
    this.mask = size - 1;
    this.held = new StaticArray<bool>(size as i32);
    const rings = size * DESCRIPTOR_SIZE;
    const used = (rings + (RING_START as u32) + 2 * size + 2 + PAGE - 1) & ~(PAGE - 1);
    // Eight more bytes, as dmaLoad64 reads that many where the available event has two.
    this.bytes = used + (RING_START as u32) + (USED_SIZE as u32) * size + 8;
    const table = allocateDma(this.bytes, PAGE);
    this.table = table;
    this.available = table + rings;
    this.used = table + used;
  }

  /** Empties the queue and gives its memory to the device, without interrupts. */
  enable(): bool {
    memory.fill(this.table, 0, this.bytes);
    for (let i: u32 = 0; i < this.size; i++) this.held[i] = false;
    this.holds = 0;
    this.next = 0;
    this.published = 0;
    this.taken = 0;
    this.broken = false;
    this.eventIndex = this.transport.has(FEATURE_EVENT_INDEX);
    this.disarm();
    const table = physical(this.table);
    const available = physical(this.available);
    const used = physical(this.used);
    return this.transport.enableQueue(this.index, this.size, table, available, used);
  }

  /** Fills descriptor `id` with a buffer that the device reads, or writes. */
  describe(id: u32, address: u64, length: u32, writable: bool): void {
    const at = this.descriptor(id);
    store<u64>(at, address);
    store<u32>(at, length, 8);
    store<u16>(at, writable ? DESCRIPTOR_WRITE : 0, 12);
  }

  /** Continues the buffer of descriptor `id` with that of descriptor `following`. */
  chain(id: u32, following: u32): void {
    const at = this.descriptor(id);
    store<u16>(at, load<u16>(at, 12) | DESCRIPTOR_NEXT, 12);
    store<u16>(at, following as u16, 14);
  }

  /** Makes a described buffer available, once it is published. */
  offer(id: u32): void {
    const slot = (this.next & this.mask) as usize;
    store<u16>(this.available + 2 * slot, id as u16, RING_START);
    this.held[id] = true;
    this.holds++;
    this.next = (this.next + 1) & INDEXES;
  }

  /** Tells the device of all offered buffers; notifies it if it wants that (VIRTIO 2.7.13). */
  publish(): void {
    const before = this.published;
    if (before == this.next) return;
    dmaReady(this.available, 0);
    store<u16>(this.available, this.next as u16, 2);
    this.published = this.next;
    // The device may be going idle: it sees the new index, or this sees its wish to be notified.
    memoryFence();
    if (this.wantsNotification(before)) this.transport.notify(this.index);
  }

  /** Reports whether the device has used a buffer that has not been taken. */
  hasUsed(): bool {
    return this.usedIndex() != this.taken && !this.broken;
  }

  /** Takes back the next used buffer: returns its descriptor and sets `length`, or NO_BUFFER. */
  take(): i32 {
    const index = this.usedIndex();
    if (index == this.taken || this.broken) return NO_BUFFER;
    const slot = (this.taken & this.mask) as usize;
    const entry = dmaLoad64(this.used + USED_SIZE * slot + RING_START);
    const id = entry as u32;
    const claimed = (index - this.taken) & INDEXES;
    if (claimed > this.holds || id >= this.size || !unchecked(this.held[id])) {
      this.broken = true;
      return NO_BUFFER;
    }
    this.held[id] = false;
    this.holds--;
    this.taken = (this.taken + 1) & INDEXES;
    this.length = (entry >> 32) as u32;
    return id as i32;
  }

  /** As `take`, but waits for a buffer, up to `steps` steps of 10 microseconds. */
  takeWithin(steps: u32): i32 {
    for (let i: u32 = 0; i < steps && !this.hasUsed() && !this.broken; i++) {
      // The read also lets an emulator's other threads run.
      this.transport.interruptStatus();
      delay(10);
    }
    return this.take();
  }

  /**
   * Requests an interrupt once the device has used `count` more buffers, or earlier (VIRTIO 2.7.7).
   * Returns false if it has used one meanwhile, which may cause no interrupt.
   */
  arm(count: u32): bool {
    if (this.eventIndex) this.setUsedEvent(this.taken + count - 1);
    else store<u16>(this.available, 0);
    // Either the device sees the request in time, or this sees what it has used meanwhile.
    memoryFence();
    return this.usedIndex() == this.taken;
  }

  /** Requests no more interrupts. A single one may still come. */
  disarm(): void {
    if (this.eventIndex) this.setUsedEvent(this.taken - 1);
    else store<u16>(this.available, NO_INTERRUPT);
  }

  /**
   * Reports whether the device wants to be notified: by the event index, whether `published` has
   * moved past it; without one, by the flag (VIRTIO 2.7.10).
   */
  private wantsNotification(before: u32): bool {
    if (!this.eventIndex) return (dmaLoad64(this.used) & NO_NOTIFY) == 0;
    const event = dmaLoad64(this.used + USED_SIZE * this.size + RING_START) as u32;
    return ((this.published - event - 1) & INDEXES) < ((this.published - before) & INDEXES);
  }

  private setUsedEvent(index: u32): void {
    store<u16>(this.available + 2 * this.size, index as u16, RING_START);
  }

  private usedIndex(): u32 {
    return ((dmaLoad64(this.used) >> 16) as u32) & INDEXES;
  }

  private descriptor(id: u32): usize {
    return this.table + ((id * DESCRIPTOR_SIZE) as usize);
  }
}
