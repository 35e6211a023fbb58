/** Routes as text, for tests. */
import { RouteTable } from "../../../net/iface/ip/routes";
import { formatIpv4 } from "../../../net/wire/address";

/** Every route, one per line, in the style of `ip route`. */
export function routeLines(routes: RouteTable): string {
  let text = "";
  for (let i: u32 = 0; i < routes.count; i++) {
    const route = routes.at(i);
    text += `${formatIpv4(route.destination)}/${route.prefix}`;
    if (route.gateway != 0) text += ` via ${formatIpv4(route.gateway)}`;
    if (route.hops.length > 0) text += ` dev ${route.hops[0].iface.name}`;
    text += ` metric ${route.metric}\n`;
  }
  return text;
}
