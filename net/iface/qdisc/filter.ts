/**
 * A filter in the manner of Linux's u32: compares words of the IPv4 packet under masks, selects a
 * class, and may rewrite the DS field (RFC 2474).
 */
import { loadNet32 } from "../../../core/bytes";
import { ETHERNET_HEADER } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import { IPV4_HEADER, Ipv4Header } from "../../wire/ipv4";
import { rewriteDsField } from "./ds-field";

/** One comparison: the word at `offset` bytes into the packet, in host order, under `mask`. */
export class FilterKey {
  constructor(
    readonly offset: u32,
    readonly mask: u32,
    readonly value: u32,
  ) {}
}

export class Filter {
  /** The bits of the DS field that the filter rewrites, and their values; 0 if it does not. */
  dsFieldMask: u32 = 0;
  dsFieldValue: u32 = 0;

  constructor(
    /** Smaller values are tried first. */
    readonly preference: u32,
    /** The number of the filter among those of its preference, from 0x800. */
    readonly node: u32,
    /** All of these must match. */
    readonly keys: Array<FilterKey>,
    /** The class to select: `MAJOR:MINOR`. */
    readonly flow: u32,
  ) {}

  /** Reports whether the packet in an Ethernet frame matches. */
  matches(frame: Frame): bool {
    const packet = frame.start + ETHERNET_HEADER;
    const header = Ipv4Header.at(packet);
    // Later fragments have no transport header. Packets from this host have no IP options.
    const first = header.fragmentOffset == 0;
    const end = first ? header.totalLength : IPV4_HEADER;
    const keys = this.keys;
    for (let i = 0, count = keys.length; i < count; i++) {
      const key = unchecked(keys[i]);
      if (key.offset + 4 > end) return false;
      if ((loadNet32(packet + key.offset) & key.mask) != key.value) return false;
    }
    return true;
  }

  /** Sets the bits of the DS field. */
  setDsField(frame: Frame): void {
    if (this.dsFieldMask != 0) rewriteDsField(frame, this.dsFieldMask, this.dsFieldValue);
  }
}
