/**
 * The static routes of DHCP: classless ones (RFC 3442), and those by class (RFC 2132 section 5.8).
 * The format of a classless route:
 *
 *     ├ width 0..32 ├ significant bytes of the destination, 0..4 ├ router 4 ┤ ...
 */
import { loadNet32 } from "../../../core/bytes";
import {
  classPrefix,
  Ipv4Address,
  isLoopback,
  isMulticast,
  isUnicast,
  maskOf,
} from "../../wire/address";

/** A route of a lease. If `router` is 0, the destination is on the link. */
export class LeaseRoute {
  constructor(
    readonly destination: Ipv4Address,
    readonly prefix: u32,
    readonly router: Ipv4Address,
  ) {}
}

/**
 * Returns the routes of option 33, pairs of a destination and a router; the prefix is that of the
 * destination's class (RFC 2132 section 5.8). Returns null if none is usable.
 */
export function readClassfulRoutes(pairs: Array<Ipv4Address>, most: u32): Array<LeaseRoute> | null {
  const routes: Array<LeaseRoute> = [];
  for (let i = 0; i + 1 < pairs.length && routes.length < (most as i32); i += 2) {
    const prefix = classPrefix(pairs[i]);
    const destination = pairs[i] & maskOf(prefix);
    // The default route has an option of its own.
    if (!isUnicast(destination) || !isUnicast(pairs[i + 1])) continue;
    routes.push(new LeaseRoute(destination, prefix, pairs[i + 1]));
  }
  return routes.length == 0 ? null : routes;
}

/**
 * Returns the routes of option 121 or 249, at most `most`, without those to loopback or multicast
 * destinations. Returns null if the option is malformed or no route remains.
 */
export function readRoutes(data: StaticArray<u8>, most: u32): Array<LeaseRoute> | null {
  const routes: Array<LeaseRoute> = [];
  const length = data.length;
  let at = 0;
  while (at < length) {
    const prefix = data[at++] as u32;
    const bytes = ((prefix + 7) / 8) as i32;
    if (prefix > 32 || at + bytes + 4 > length) return null;
    let destination: Ipv4Address = 0;
    for (let i = 0; i < bytes; i++) destination |= (data[at + i] as u32) << (24 - 8 * i);
    destination &= maskOf(prefix);
    const router = loadNet32(changetype<usize>(data) + at + bytes);
    at += bytes + 4;
    if (routes.length == (most as i32)) continue;
    if (isLoopback(destination) || isMulticast(destination)) continue;
    routes.push(new LeaseRoute(destination, prefix, router));
  }
  return routes.length == 0 ? null : routes;
}
