/**
 * ip [-s] [-br] [-o] addr|route|rule|neigh|link [show|add|del|flush|set] ...
 *
 * Shows and changes addresses, routes, rules, neighbors and links, with the syntax, output and
 * error messages of ip(8) of iproute2. -s adds counters to `link`; -br makes `addr` and `link`
 * print one line for each device; -o prints each address, link or route on one line; -4, -c and -d
 * are accepted and change nothing. Options come before the object. Options, objects and verbs can
 * be abbreviated: `ip a`, `ip r`.
 *
 * Unlike iproute2, `dev net0` is optional if there is only one device, except for routes without a
 * gateway. Messages about a wrong word say what was expected. lo is shown only by name. There is no
 * JSON, there are no namespaces or tunnels, and links cannot be created. Changes last until the
 * next boot; the next DHCP lease restores the address and routes that belong to it.
 *
 * Exit codes: 0 success; 1 the request was refused, such as "RTNETLINK answers: ..." (2 in
 * iproute2); 2 wrong usage (1 or 255 in iproute2).
 */
import { NetworkStack } from "../../../net/service/stack";
import { addressCommand } from "./ip/address";
import { Context } from "./ip/context";
import { linkCommand } from "./ip/link";
import { neighborCommand } from "./ip/neighbor";
import { matches, ObjectCommand, UNKNOWN_OBJECT } from "./ip/object-command";
import { routeCommand } from "./ip/route";
import { ruleCommand } from "./ip/rule";

/** What Tab offers. */
const OBJECTS: StaticArray<string> = ["addr", "route", "rule", "neigh", "link"];

const DETAILS: StaticArray<string> = [
  "  addr   show [DEVICE] [up] [to PREFIX] | flush DEVICE",
  "         add|replace|del ADDRESS/N [dev DEVICE]",
  "  link   show [DEVICE] [up] | set DEVICE up|down|mtu N",
  "  neigh  show [PREFIX] [dev DEVICE] | flush [dev DEVICE] | get ADDRESS",
  "         add|replace|del ADDRESS [lladdr MAC]",
  "  route  show|flush [[root|match] PREFIX] [table TABLE|all] [dev DEVICE]",
  "           [via GATEWAY] [proto kernel|dhcp|static] [scope SCOPE] [type TYPE]",
  "         get ADDRESS [from ADDRESS] [mark MARK]",
  "         add|append|replace|change|del [TYPE] PREFIX|default [via GATEWAY]",
  "           [dev DEVICE] [src ADDRESS] [scope SCOPE] [metric N] [mtu N]",
  "           [table TABLE] [onlink] [nexthop via GATEWAY [weight N]]...",
  "         TYPE is unicast, blackhole, unreachable, prohibit or throw",
  "  rule   show|flush|add|del [not] [from PREFIX] [to PREFIX] [tos TOS]",
  "           [fwmark MARK[/MASK]] [iif DEVICE] [oif DEVICE] [priority N]",
  "           [table TABLE | blackhole | unreachable | prohibit]",
  "  -s     counters of links; -br: a line for each device; -o: for each record",
];

export class Ip extends ObjectCommand {
  constructor(stack: NetworkStack) {
    super(
      stack,
      "ip",
      "[OPTION]... addr|route|rule|neigh|link [show|add|del|flush|set] ...",
      "shows and changes addresses, routes, rules, neighbors and links",
      [
        "ip addr",
        "ip addr add 10.0.2.20/24 dev net0",
        "ip route add default via 10.0.2.2",
        "ip rule add fwmark 1 table 100",
        "ip neigh flush",
        "ip -s link",
        "ip link set net0 mtu 1400",
      ],
      OBJECTS,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  protected run(object: string, context: Context): i32 {
    if (matches(object, "address")) return addressCommand(context);
    if (matches(object, "route")) return routeCommand(context);
    if (object == "neighbor" || matches(object, "neighbour")) return neighborCommand(context);
    if (matches(object, "rule")) return ruleCommand(context);
    return matches(object, "link") ? linkCommand(context) : UNKNOWN_OBJECT;
  }
}
