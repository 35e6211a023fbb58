/** Where sockets put what they send: the egress half of the IP layer, seen from below. */
import { Ipv4Address } from "../wire/address";
import { Frame } from "../wire/frame";

/** What became of something that was to be sent. */
export const enum SendResult {
  /** It is with the device, or waits for its neighbour's hardware address. */
  Sent = 0,
  /** No frame or no room in the device now: try again in a later turn. */
  Busy = 1,
  /** No route to the destination. */
  Unreachable = 2,
  /** Longer than the protocol can carry. */
  TooLong = 3,
}

export interface PacketSink {
  /**
   * An empty frame with head room for every header below, or null when the pool is empty or
   * the device toward `destination` has no room now.
   */
  allocate(destination: Ipv4Address): Frame | null;
  /** Takes the frame, whose window is a whole transport segment, and sends it in one packet. */
  send(frame: Frame, source: Ipv4Address, destination: Ipv4Address, protocol: u32): SendResult;
  /** Copies and sends `length` bytes of transport payload, in fragments where they must be. */
  sendBytes(
    pointer: usize,
    length: u32,
    source: Ipv4Address,
    destination: Ipv4Address,
    protocol: u32,
  ): SendResult;
  /** The largest IPv4 packet that goes toward `destination` whole (0: no route). */
  mtu(destination: Ipv4Address): u32;
  /** The own address to send from toward `destination`, or 0 when there is no route. */
  sourceAddress(destination: Ipv4Address): Ipv4Address;
  /** True when `destination` can be one host's address: no group's, and no network's. */
  isHost(destination: Ipv4Address): bool;
}
