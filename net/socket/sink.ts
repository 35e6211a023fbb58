/** What sockets send their packets to. The IP layer's `Egress` implements this interface. */
import { Frame } from "../wire/frame";
import { Path } from "./path";

/** The result of sending a packet. */
export const enum SendResult {
  /** The packet was passed on: to the device, a scheduler or the neighbor cache. It may be lost. */
  Sent = 0,
  /** The pool is empty, or the device or queue is full: try again in a later turn. */
  Busy = 1,
  /** There is no route to the destination. */
  Unreachable = 2,
  /** The packet is longer than the path or the protocol can carry. */
  TooLong = 3,
}

export interface PacketSink {
  /** Looks the path up if it is out of date. Reports whether there is a route. */
  lookUp(path: Path): bool;
  /**
   * Updates the path, and returns an empty frame with head room for all headers, or null if the
   * pool is empty, or the device or the path's queue has no room. Without a route, it returns a
   * frame too; `send` then reports that the destination is unreachable.
   */
  allocate(path: Path): Frame | null;
  /**
   * Sends a frame from `allocate`, whose window is a whole transport segment, in one packet, and
   * takes over the frame. Routes and addresses must not change between the two calls.
   */
  send(frame: Frame, path: Path, protocol: u32): SendResult;
  /**
   * Notes that packets sent along the path arrive, because the conversation makes progress. The
   * next hop then need not be probed (RFC 4861 section 7.3.1).
   */
  confirm(path: Path): void;
  /** Copies and sends `length` bytes of IP payload, in fragments if necessary. */
  sendBytes(pointer: usize, length: u32, path: Path, protocol: u32): SendResult;
}
