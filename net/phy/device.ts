/**
 * What the stack asks of a network device. Ownership of a frame moves with the call; loopback,
 * capture and fault injection are the same interface wrapped around another.
 */
import { Frame } from "../wire/frame";
import { DeviceCounters } from "./counters";

export interface NetworkDevice {
  /** The hardware address in the low 48 bits. */
  hardwareAddress(): u64;
  /** The driver's name, for `ip link` and the log. */
  driverName(): string;
  /** True while the link is up. */
  linkUp(): bool;
  /** Megabits a second of the link, 0 while it is down. */
  linkSpeed(): u32;
  /** The oldest received frame (its window is the whole Ethernet frame without FCS), or null. */
  receive(): Frame | null;
  /** True while `transmit` has room for at least one more frame. */
  canTransmit(): bool;
  /**
   * Takes over a whole Ethernet frame without FCS, of at least 60 bytes (ETHERNET_MINIMUM), and
   * sends it as it is: net/iface/link pads. False: there was no room; the frame has been released
   * and counted.
   */
  transmit(frame: Frame): bool;
  /** Tells the hardware of everything transmitted since: one register write a batch. */
  flush(): void;
  /** Switches the receiver and transmitter on or off (`ip link set net0 up|down`). */
  setUp(up: bool): void;
  counters(): DeviceCounters;
}
