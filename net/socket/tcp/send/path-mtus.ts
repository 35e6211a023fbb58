/**
 * Path MTUs that are smaller than the route's MTU, by destination, so that a new connection need
 * not discover them again. They expire after PATH_MTU_LIFETIME, as paths change (RFC 1191 section
 * 6.3).
 */
import { PATH_MTUS } from "../../../../core/limits";
import { IpAddress } from "../../../wire/ip-address";
import { PATH_MTU_LIFETIME } from "../timing";

class Entry {
  // An address, held inline; see IpAddress.
  high: u64 = 0;
  low: u64 = 0;
  mtu: u32 = 0;
  expiresAt: i64 = 0;

  get address(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Entry>("high"));
  }
}

export class PathMtus {
  private count: u32 = 0;
  private readonly entries: StaticArray<Entry>;

  constructor() {
    const entries = new StaticArray<Entry>(PATH_MTUS as i32);
    for (let i = 0; i < entries.length; i++) entries[i] = new Entry();
    this.entries = entries;
  }

  /** Returns the path MTU to a destination, in bytes, or 0 if none is known. */
  of(destination: IpAddress, now: i64): u32 {
    for (let i: u32 = 0; i < this.count; i++) {
      const entry = this.entries[i];
      if (entry.address.equals(destination)) return entry.expiresAt > now ? entry.mtu : 0;
    }
    return 0;
  }

  /** Records a path MTU. If the table is full, it replaces the oldest entry. */
  learn(destination: IpAddress, mtu: u32, now: i64): void {
    let place = this.entries[0];
    let i: u32 = 0;
    for (; i < this.count; i++) {
      const entry = this.entries[i];
      if (entry.address.equals(destination)) break;
      if (entry.expiresAt < place.expiresAt) place = entry;
    }
    if (i < this.count) place = this.entries[i];
    else if (this.count < PATH_MTUS) place = this.entries[this.count++];
    place.address.copyFrom(changetype<usize>(destination));
    place.mtu = mtu;
    place.expiresAt = now + PATH_MTU_LIFETIME;
  }
}
