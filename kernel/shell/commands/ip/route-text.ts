/** Routes as iproute2 prints and names them: tables, types, scopes, protocols. */
import { parseDecimalText } from "../../../../core/text";
import {
  NextHop,
  Route,
  RouteScope,
  RouteType,
  TABLE_DEFAULT,
  TABLE_LOCAL,
  TABLE_MAIN,
} from "../../../../net/iface/ip/route";
import { formatIpv4, UNSPECIFIED } from "../../../../net/wire/address";

/** iproute2's names of the protocols, in the order of `RouteOrigin`. */
const ORIGIN_NAMES: StaticArray<string> = ["kernel", "dhcp", "static"];

/** iproute2's names of the types, in the order of `RouteType`. */
export const TYPE_NAMES: StaticArray<string> = [
  "unicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

/** Returns the protocol of a route. */
export function protocolOf(route: Route): string {
  return ORIGIN_NAMES[route.origin];
}

/** Parses the name or the number of a table, from 1. Returns 0 if it is invalid. */
export function parseTable(text: string): u32 {
  if (text == "main") return TABLE_MAIN;
  if (text == "default") return TABLE_DEFAULT;
  if (text == "local") return TABLE_LOCAL;
  const number = parseDecimalText(text);
  return number > 0 && number <= 0xffff_ffff ? (number as u32) : 0;
}

export function tableText(table: u32): string {
  if (table == TABLE_MAIN) return "main";
  if (table == TABLE_DEFAULT) return "default";
  return table == TABLE_LOCAL ? "local" : table.toString();
}

/** Parses the name of a type. Returns -1 if it is invalid. */
export function parseType(text: string): i32 {
  for (let i = 0; i < TYPE_NAMES.length; i++) if (TYPE_NAMES[i] == text) return i;
  return -1;
}

/** Parses the name or the number of a scope. Returns -1 if it is invalid. */
export function parseScope(text: string): i32 {
  if (text == "global" || text == "universe") return RouteScope.Global;
  if (text == "link") return RouteScope.Link;
  if (text == "host") return RouteScope.Host;
  const number = parseDecimalText(text);
  return number >= 0 && number <= 255 ? (number as i32) : -1;
}

function scopeText(scope: i32): string {
  if (scope == RouteScope.Link) return "link";
  return scope == RouteScope.Host ? "host" : scope.toString();
}

/** Returns the line of a route; several next hops follow, a line each. */
export function describeRoute(route: Route, withTable: bool): string {
  let text = route.type == RouteType.Unicast ? "" : `${TYPE_NAMES[route.type]} `;
  text += route.prefix == 0 ? "default" : `${formatIpv4(route.destination)}/${route.prefix}`;
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
  return (hop.onLink ? " onlink" : "") + (hop.iface.linkUp ? "" : " linkdown");
}
