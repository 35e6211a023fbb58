/** Routes as iproute2 prints and names them: tables, types, scopes, protocols. */
import { parseHexText } from "../../../../core/text";
import {
  NextHop,
  Route,
  RouteScope,
  RouteType,
  TABLE_DEFAULT,
  TABLE_LOCAL,
  TABLE_MAIN,
} from "../../../../net/iface/ip/route";
import { formatIpv4, Ipv4Address, UNSPECIFIED } from "../../../../net/wire/address";
import { TYPE_NAMES } from "../../../config/route-words";

/** iproute2's names of the protocols, in the order of `RouteOrigin`. */
const ORIGIN_NAMES: StaticArray<string> = ["kernel", "dhcp", "static"];

/** Returns the protocol of a route. */
export function protocolOf(route: Route): string {
  return ORIGIN_NAMES[route.origin];
}

export function isProtocol(text: string): bool {
  return ORIGIN_NAMES.includes(text);
}

/** Parses a TOS octet, which iproute2 takes as hexadecimal. Returns -1 if it is invalid. */
export function parseTos(text: string): i32 {
  if (text == "default") return 0;
  const octet = parseHexText(text.startsWith("0x") ? text.substring(2) : text);
  return octet <= 255 ? (octet as i32) : -1;
}

/** Returns a network as iproute2 prints it: a host has no prefix length. */
export function networkText(address: Ipv4Address, prefix: u32): string {
  return prefix == 32 ? formatIpv4(address) : `${formatIpv4(address)}/${prefix}`;
}

export function tableText(table: u32): string {
  if (table == TABLE_MAIN) return "main";
  if (table == TABLE_DEFAULT) return "default";
  return table == TABLE_LOCAL ? "local" : table.toString();
}

function scopeText(scope: i32): string {
  if (scope == RouteScope.Link) return "link";
  return scope == RouteScope.Host ? "host" : scope.toString();
}

/** Returns the line of a route; several next hops follow, a line each. */
export function describeRoute(route: Route, withTable: bool): string {
  let text = route.type == RouteType.Unicast ? "" : `${TYPE_NAMES[route.type]} `;
  text += route.prefix == 0 ? "default" : networkText(route.destination, route.prefix);
  const several = route.hops.length > 1;
  if (route.hops.length == 1) text += hopText(route.hops[0]);
  if (withTable && route.table != TABLE_MAIN) text += ` table ${tableText(route.table)}`;
  text += ` proto ${protocolOf(route)}`;
  if (route.scope != RouteScope.Global) text += ` scope ${scopeText(route.scope)}`;
  if (route.source != UNSPECIFIED) text += ` src ${formatIpv4(route.source)}`;
  if (route.metric != 0) text += ` metric ${route.metric}`;
  if (route.mtu != 0) text += ` mtu ${route.mtu}`;
  if (route.hops.length == 1) text += flagsOf(route.hops[0]);
  for (let i = 0; several && i < route.hops.length; i++) {
    const hop = route.hops[i];
    text += `\n\tnexthop${hopText(hop)} weight ${hop.weight}${flagsOf(hop)}`;
  }
  return text;
}

function hopText(hop: NextHop): string {
  const via = hop.gateway != UNSPECIFIED ? ` via ${formatIpv4(hop.gateway)}` : "";
  return `${via} dev ${hop.iface.name}`;
}

function flagsOf(hop: NextHop): string {
  const dead = hop.iface.up ? "" : " dead";
  return dead + (hop.onLink ? " onlink" : "") + (hop.iface.linkUp ? "" : " linkdown");
}
