/**
 * What the options of both SYNs settled (RFC 9293 section 3.7.1, RFC 7323, RFC 2018): the sizes of
 * segments, window scaling, timestamps and selective acknowledgments.
 */
import { FRAME_HEADROOM, FRAME_STORAGE } from "../../../core/limits";
import { IPV4_HEADER } from "../../wire/ipv4";
import { TCP_HEADER } from "../../wire/tcp";
import { TcpOptions, TIMESTAMPS_BYTES } from "../../wire/tcp-options";
import { TcpSettings } from "./settings";
import { SEGMENT_SIZE_DEFAULT, SEGMENT_SIZE_MINIMUM } from "./timing";

@unmanaged
export class Negotiated {
  /** The maximum segment size that this host announces. */
  ownSegmentSize: u32;
  /** Whether this host's SYN offers window scaling; after the peer's SYN, whether both do. */
  scaling: bool;
  /** The same for selective acknowledgments (RFC 2018). */
  selective: bool;
  /** The same for timestamps (RFC 7323 section 3). */
  timestamps: bool;
  /** Bytes of options on every segment after the handshake, a multiple of 4. */
  optionBytes: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize, settings: TcpSettings): Negotiated {
    const negotiated = changetype<Negotiated>(memory);
    negotiated.scaling = settings.scaling;
    negotiated.selective = settings.selective;
    negotiated.timestamps = settings.timestamps;
    return negotiated;
  }

  /** Derives the segment size to announce from the path's MTU. */
  announce(mtu: u32): void {
    this.ownSegmentSize = announcedSize(mtu, 0);
  }

  /** Limits the segment size to announce, and to send, to `most`; 0 is no limit. */
  limit(most: u32): void {
    if (most != 0 && most < this.ownSegmentSize) this.ownSegmentSize = most;
  }

  /**
   * Takes the options of the peer's SYN; `timestamped` if it has timestamps. Returns the most bytes
   * of options and payload to send in a segment: the smaller of both sides' limits (RFC 9293
   * section 3.7.1). A peer's limit below SEGMENT_SIZE_MINIMUM counts as SEGMENT_SIZE_MINIMUM.
   */
  settle(peer: TcpOptions, timestamped: bool): u32 {
    if (!timestamped) this.timestamps = false;
    if (this.timestamps) this.optionBytes = TIMESTAMPS_BYTES;
    if (!peer.scaled) this.scaling = false;
    if (!peer.sackPermitted) this.selective = false;
    let size = peer.segmentSize == 0 ? SEGMENT_SIZE_DEFAULT : peer.segmentSize;
    if (size < SEGMENT_SIZE_MINIMUM) size = SEGMENT_SIZE_MINIMUM;
    return size < this.ownSegmentSize ? size : this.ownSegmentSize;
  }
}

/**
 * Returns the segment size to announce over a path with this MTU: at most what a frame holds, and
 * at most `most` unless that is 0.
 */
export function announcedSize(mtu: u32, most: u32): u32 {
  const headers = IPV4_HEADER + TCP_HEADER;
  const room = FRAME_STORAGE - FRAME_HEADROOM;
  if (mtu <= headers) return SEGMENT_SIZE_MINIMUM;
  const size = mtu - headers < room ? mtu - headers : room;
  return most != 0 && most < size ? most : size;
}
