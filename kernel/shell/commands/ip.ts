/**
 * ip [-s] [-br] addr|route|rule|neigh|link [show|add|del|flush|set] ...
 *
 * Shows and changes addresses, routes, rules, neighbors and links, with the syntax, output and
 * error messages of ip(8) of iproute2. -s adds counters to `link`; -br makes `addr` and `link`
 * print one line for each device; -4 is accepted and changes nothing. Options come before the
 * object. Options, objects and verbs can be abbreviated: `ip a`, `ip r`.
 *
 * Unlike iproute2, `dev net0` is optional if there is only one device, except for routes without a
 * gateway. Messages about a wrong word say what was expected. lo is not listed. There are no
 * namespaces or tunnels, and links cannot be created. Changes last until the next boot; the
 * next DHCP lease restores the address and routes that belong to it.
 *
 * Exit codes: 0 success; 1 the request was refused, such as "RTNETLINK answers: ..." (2 in
 * iproute2); 2 wrong usage (1 or 255 in iproute2).
 */
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { addressCommand } from "./ip/address";
import { Context } from "./ip/context";
import { linkCommand } from "./ip/link";
import { neighborCommand } from "./ip/neighbor";
import { IpOptions } from "./ip/options";
import { routeCommand } from "./ip/route";
import { ruleCommand } from "./ip/rule";

/** An object or a verb: `ip help`, `ip route help`. */
const HELP: string = "help";
/** What Tab offers. */
const OBJECTS: StaticArray<string> = ["addr", "route", "rule", "neigh", "link"];

export class Ip extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ip",
      "[-s] [-br] addr|route|rule|neigh|link [show|add|del|flush|set] ...",
      "shows and changes addresses, routes, rules, neighbors and links",
      [
        "ip addr",
        "ip addr add 10.0.2.20/24 dev net0",
        "ip route add default via 10.0.2.2",
        "ip neigh flush",
        "ip -s link",
        "ip link set net0 mtu 1400",
      ],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new IpOptions(words);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const asksHelp = operands.length > 1 && operands[1] == HELP;
    if (options.help || asksHelp || (operands.length == 1 && operands[0] == HELP)) {
      this.explain(session);
      return this.done();
    }
    const context = new Context(session, this.stack, operands, options);
    const object = context.take();
    if (object == "") return this.wrongUsage(session, "missing object");
    if (matches(object, "address")) return this.done(addressCommand(context));
    if (matches(object, "route")) return this.done(routeCommand(context));
    if (object == "neighbor" || matches(object, "neighbour")) {
      return this.done(neighborCommand(context));
    }
    if (matches(object, "rule")) return this.done(ruleCommand(context));
    if (matches(object, "link")) return this.done(linkCommand(context));
    session.error(this.name, `Object "${printable(object)}" is unknown (try: ip help)`);
    return this.done(EXIT_USAGE);
  }

  complete(words: Array<string>): Array<string> {
    const offered: Array<string> = [];
    if (words.length == 0 || (words.length == 1 && words[0].startsWith("-"))) {
      for (let i = 0; i < OBJECTS.length; i++) offered.push(OBJECTS[i]);
    }
    return offered;
  }
}

/** Reports whether `word` is `name` or an abbreviation of it. */
function matches(word: string, name: string): bool {
  return name.startsWith(word);
}
