/**
 * An IP address of either family: 16 bytes in network order. An IPv4 address is stored IPv4-mapped
 * (RFC 4291 section 2.5.5.2), so one comparison serves both families.
 *
 *      0                                                10      12               16
 *     ┌────────────────────────────────────────────────┬───────┬────────────────┐
 *     │ 0                                              │ ffff  │ a . b . c . d  │
 *     └────────────────────────────────────────────────┴───────┴────────────────┘
 */
import { Ipv4Address } from "./address";

/** Bytes of an `IpAddress`. */
export const IP_ADDRESS_BYTES: u32 = 16;
/** Bytes 8 to 11 of an IPv4-mapped address, as a little-endian load sees them. */
const MAPPED: u32 = 0xffff_0000;

/** A view of 16 bytes in a packet, a record or an object. */
@unmanaged
export class IpAddress {
  /** Bytes 0 to 7 and 8 to 15, as little-endian loads see them. */
  private high: u64;
  private low: u64;

  static at(pointer: usize): IpAddress {
    return changetype<IpAddress>(pointer);
  }

  /** Whether the address is IPv4-mapped. */
  get isIpv4(): bool {
    return this.high == 0 && (this.low as u32) == MAPPED;
  }

  /** The IPv4 address in host order; meaningful only while `isIpv4`. */
  get ipv4(): Ipv4Address {
    return bswap<u32>((this.low >> 32) as u32);
  }
  set ipv4(address: Ipv4Address) {
    this.high = 0;
    this.low = mapped(address);
  }

  /** Whether the address is `::` or 0.0.0.0: no address (RFC 4291 section 2.5.2). */
  get isUnspecified(): bool {
    return this.high == 0 && (this.low == 0 || this.low == (MAPPED as u64));
  }

  /** The last four bytes, as a little-endian load sees them; for hashing. */
  get lastWord(): u32 {
    return (this.low >> 32) as u32;
  }

  equals(other: IpAddress): bool {
    return this.low == other.low && this.high == other.high;
  }

  /** Whether this is the IPv4-mapped form of `address`, which is in host order. */
  equalsIpv4(address: Ipv4Address): bool {
    return this.high == 0 && this.low == mapped(address);
  }

  /** Writes the 16 bytes to `pointer`, in network order. */
  copyTo(pointer: usize): void {
    store<u64>(pointer, this.high);
    store<u64>(pointer, this.low, 8);
  }

  /** Reads the 16 bytes at `pointer`, in network order. */
  copyFrom(pointer: usize): void {
    this.high = load<u64>(pointer);
    this.low = load<u64>(pointer, 8);
  }
}

/** Bytes 8 to 15 of an IPv4-mapped address. */
function mapped(address: Ipv4Address): u64 {
  return ((bswap<u32>(address) as u64) << 32) | (MAPPED as u64);
}

/** An address that owns its 16 bytes. */
export class HeldIpAddress {
  high: u64 = 0;
  low: u64 = 0;

  /** Creates one that holds an IPv4 address, given in host order. */
  static ofIpv4(address: Ipv4Address): HeldIpAddress {
    const held = new HeldIpAddress();
    held.view.ipv4 = address;
    return held;
  }

  get view(): IpAddress {
    return IpAddress.at(changetype<usize>(this));
  }
}
