/**
 * What the stack requires of a network device. Ownership of a frame moves with the call.
 */
import { Frame } from "../wire/frame";
import { DeviceCounters } from "./counters";

export interface NetworkDevice {
  /** The hardware address in the low 48 bits. */
  hardwareAddress(): u64;
  /** The driver's name, for `ip link` and the log. */
  driverName(): string;
  /** Whether the link is up. */
  linkUp(): bool;
  /** Returns the speed of the link in Mb/s; 0 while it is down. */
  linkSpeed(): u32;
  /** Returns the oldest frame received, a whole Ethernet frame without FCS, or null. */
  receive(): Frame | null;
  /** Reports whether `transmit` has room for another frame. */
  canTransmit(): bool;
  /**
   * Sends a whole Ethernet frame without FCS, unchanged. It has at least 60 bytes
   * (ETHERNET_MINIMUM): net/iface/link pads short ones. Returns false if there is no room; the
   * frame is then released and counted.
   */
  transmit(frame: Frame): bool;
  /** Hands the frames transmitted since to the hardware: one register write per batch. */
  flush(): void;
  /** Switches the receiver and transmitter on or off (`ip link set net0 up|down`). */
  setUp(up: bool): void;
  counters(): DeviceCounters;
}
