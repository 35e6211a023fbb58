/** Where sockets put what they send: the egress half of the IP layer, seen from below. */
import { Frame } from "../wire/frame";
import { Path } from "./path";

/** What became of something that was to be sent. */
export const enum SendResult {
  /** The device has it, or it waits for its neighbor's hardware address. */
  Sent = 0,
  /** The pool is empty or the device is full: try again in a later turn. */
  Busy = 1,
  /** There is no route to the destination. */
  Unreachable = 2,
  /** It is longer than the path or the protocol can carry. */
  TooLong = 3,
}

export interface PacketSink {
  /** Looks a path up, if it is not up to date. Reports whether there is a route. */
  update(path: Path): bool;
  /**
   * Returns an empty frame with head room for every header below, after `update`; null if the
   * pool is empty or the device has no room now. Without a route it returns a frame as well,
   * and `send` reports that.
   */
  allocate(path: Path): Frame | null;
  /**
   * Takes a frame from `allocate`, whose window is a whole transport segment, and sends it in
   * one packet. Nothing may change the tables between the two calls.
   */
  send(frame: Frame, path: Path, protocol: u32): SendResult;
  /** Copies and sends `length` bytes of transport payload, in fragments if need be. */
  sendBytes(pointer: usize, length: u32, path: Path, protocol: u32): SendResult;
}
