/**
 * What the stack requires of a network device. Each frame has one owner: `receive` passes a frame
 * to the caller, and `transmit` passes it to the device.
 */
import { Frame } from "../wire/frame";
import { DeviceCounters } from "./counters";

/** Bytes of the longest frame accepted: 1,500 of payload, Ethernet header, VLAN tag; no FCS. */
export const LARGEST_FRAME: u32 = 1518;

/** The sending side of a device, or a scheduler in front of it. */
export interface Transmitter {
  /** Reports whether `transmit` has room for another frame; always false for a scheduler. */
  canTransmit(): bool;
  /**
   * Sends a whole Ethernet frame without FCS, unchanged. It has at least 60 bytes
   * (ETHERNET_MINIMUM): net/iface/link pads short ones. Returns false if there is no room or the
   * link is down; the frame has then been released and counted as dropped.
   */
  transmit(frame: Frame): bool;
  /** Hands the frames given to `transmit` to the hardware: one register write per batch. */
  flush(): void;
}

export interface NetworkDevice extends Transmitter {
  /** The hardware address in the low 48 bits. */
  hardwareAddress(): u64;
  /** The driver's name, for `ip link` and the log. */
  driverName(): string;
  /** Whether the link is up. */
  linkUp(): bool;
  /** Returns the speed of the link in Mb/s; 0 while it is down, and for the loopback. */
  linkSpeed(): u32;
  /** Returns the oldest frame received, a whole Ethernet frame without FCS, or null. */
  receive(): Frame | null;
  /** Switches the receiver and transmitter on or off (`ip link set net0 up|down`). */
  setUp(up: bool): void;
  counters(): DeviceCounters;
}
