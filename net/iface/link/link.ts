/**
 * The Ethernet side of an interface: its device, and the last step of sending a frame (RFC 894,
 * RFC 1122 section 2.3).
 */
import { NetworkDevice, Transmitter } from "../../phy/device";
import { FramePool } from "../../phy/pool";
import { DropCounters } from "../../wire/drop";
import { ETHERNET_HEADER, ETHERNET_MINIMUM, ETHERNET_MTU, emitEthernet } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { IpCounters } from "../counters";

/** Every link must carry packets of 68 bytes (RFC 791 section 3.2). */
export const SMALLEST_MTU: u32 = 68;

/** Observes every Ethernet frame; received frames before they are parsed. */
export interface PacketTap {
  frame(now: i64, index: u32, outgoing: bool, pointer: usize, length: u32): void;
}

export class Link {
  /** The largest IP packet, from SMALLEST_MTU to ETHERNET_MTU bytes. */
  mtu: u32 = ETHERNET_MTU;
  /** False after `ip link set down`, and how many times it was set down. */
  up: bool = true;
  timesDown: u32 = 0;
  /** Whether there is a carrier, and how many times that has changed. */
  linkUp: bool = false;
  linkChanges: u32 = 0;
  /** This station's hardware address, in the low 48 bits. */
  readonly hardware: u64;
  tap: PacketTap | null = null;
  readonly drops: DropCounters = new DropCounters();
  readonly counters: IpCounters = new IpCounters();
  /** Where frames go: the device, or a scheduler in front of it. */
  output: Transmitter;

  constructor(
    readonly index: u32,
    readonly name: string,
    readonly device: NetworkDevice,
    readonly pool: FramePool,
  ) {
    this.output = device;
    this.hardware = device.hardwareAddress();
    this.linkUp = device.linkUp();
  }

  /**
   * Prepends the Ethernet header, pads the frame with zeros to ETHERNET_MINIMUM and hands it to
   * `output`. This is the only place that pads, so loopback and taps see the bytes on the wire.
   * Returns false if `output` has no room or no link; the frame is then released.
   */
  transmit(frame: Frame, to: u64, type: u32, now: i64): bool {
    emitEthernet(frame.push(ETHERNET_HEADER), to, this.hardware, type);
    const length = frame.length;
    if (length < ETHERNET_MINIMUM) {
      let at = frame.append(ETHERNET_MINIMUM - length);
      const end = frame.end;
      while (at < end) {
        // May write up to seven bytes past the window: a frame this short has tail room for them.
        store<u64>(at, 0);
        at += 8;
      }
    }
    const tap = this.tap;
    if (tap != null) tap.frame(now, this.index, true, frame.start, frame.length);
    return this.output.transmit(frame);
  }
}
