/**
 * A queue of datagrams, bounded in bytes: contiguous records in one block of memory, oldest first.
 * UDP (RFC 768) and the echo client keep datagrams in it between the wire and their users. The
 * memory once the records have wrapped around:
 *
 *     memory              tail        head                limit        capacity
 *     ├── newer records ──┼── free ───┼── older records ──┼── unused ──┤
 *     record = ├ local 16 ┼ remote 16 ┼ ports 4 ┼ length 4 ┼ payload, padded to 8 ┤
 *
 * A record that does not fit behind the tail goes to the start of the memory; the bytes behind the
 * tail stay unused until the head has passed them.
 */
import { allocateBlock, freeBlock } from "../../core/block";
import { IpAddress } from "../wire/ip-address";

/** Bytes of a record in front of its payload. */
const DATAGRAM_HEADER: u32 = 40;

/**
 * A record: the two ends of a datagram, laid out as by `Endpoints.save`, its length and payload.
 */
@unmanaged
export class Datagram {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  /** The local port in the upper 16 bits, the remote port in the lower 16. */
  ports: u32;
  /** Bytes of payload. */
  length: u32;

  get local(): IpAddress {
    return IpAddress.at(changetype<usize>(this));
  }
  get remote(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Datagram>("remoteHigh"));
  }
  get remotePort(): u32 {
    return this.ports & 0xffff;
  }
  /** Address of the payload, a multiple of 8. */
  get payload(): usize {
    return changetype<usize>(this) + DATAGRAM_HEADER;
  }
}

export class DatagramQueue {
  /** Records queued now. */
  count: u32 = 0;
  /** Bytes of payload queued now. */
  bytes: u32 = 0;
  private memory: usize;
  private head: u32 = 0;
  private tail: u32 = 0;
  /** Where the unused end of the memory begins while records wrap around, else the capacity. */
  private limit: u32;

  /** Allocates `capacity` bytes, a multiple of 8. */
  constructor(private capacity: u32) {
    this.memory = allocateBlock(capacity);
    this.limit = capacity;
  }

  /** Frees the memory; nothing can be queued afterwards. */
  free(): void {
    this.clear();
    if (this.memory != 0) freeBlock(this.memory, this.capacity);
    this.memory = 0;
    this.capacity = 0;
    this.limit = 0;
  }

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.head = 0;
    this.tail = 0;
    this.limit = this.capacity;
  }

  /**
   * Appends a record for `length` bytes of payload; the caller fills in its ends and its payload.
   * Returns null if there is no room.
   */
  push(length: u32): Datagram | null {
    if (length > this.capacity) return null;
    const size = recordSize(length);
    const at = this.place(size);
    if (at < 0) return null;
    const datagram = changetype<Datagram>(this.memory + (at as usize));
    datagram.length = length;
    this.tail = (at as u32) + size;
    this.count++;
    this.bytes += length;
    return datagram;
  }

  /** Returns the oldest record, valid until `pop`. The queue must not be empty. */
  oldest(): Datagram {
    return changetype<Datagram>(this.memory + this.head);
  }

  /** Removes the oldest record. The queue must not be empty. */
  pop(): void {
    assert(this.count > 0, "nothing is queued");
    const length = this.oldest().length;
    this.bytes -= length;
    this.head += recordSize(length);
    this.count--;
    if (this.count == 0) {
      this.clear();
    } else if (this.head == this.limit) {
      this.head = 0;
      this.limit = this.capacity;
    }
  }

  /** Returns an offset at which a record of `size` bytes fits, or -1 if there is no room. */
  private place(size: u32): i32 {
    if (this.count > 0 && this.tail <= this.head) {
      return size <= this.head - this.tail ? (this.tail as i32) : -1;
    }
    if (size <= this.capacity - this.tail) return this.tail as i32;
    if (size > this.head) return -1;
    this.limit = this.tail;
    return 0;
  }
}

function recordSize(length: u32): u32 {
  return (DATAGRAM_HEADER + length + 7) & ~7;
}
