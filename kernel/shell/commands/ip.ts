/**
 * ip [-s] addr|route|neigh|link [show|add|del|flush|set] ...
 *
 * Shows and changes addresses, routes, neighbours and links, with the words, output and error
 * messages of iproute2. Objects and verbs may be abbreviated. `dev net0` may be left out if there
 * is only one device. IPv4 only; there are no namespaces, rules, tunnels or other link types.
 *
 * Exit codes: 0; 1 the request was refused ("RTNETLINK answers: ..."); 2 wrong usage, for which
 * iproute2 returns 1 or 255.
 */
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { addressCommand } from "./ip/address";
import { Context } from "./ip/context";
import { linkCommand } from "./ip/link";
import { neighborCommand } from "./ip/neighbor";
import { routeCommand } from "./ip/route";

const OPTIONS: StaticArray<string> = ["s|stats|statistics", "4"];
const OBJECTS: StaticArray<string> = ["addr", "route", "neigh", "link"];
const VERBS: StaticArray<string> = ["add", "delete", "flush", "get", "list", "replace", "show"];

export class Ip extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ip",
      "[-s] addr|route|neigh|link [show|add|del|flush|set] ...",
      "shows and changes addresses, routes, neighbours and links",
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
    const options = new Options(words, OPTIONS);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    if (operands.length > 1) operands[1] = completed(operands[1]);
    const context = new Context(session, this.stack, operands, options.has("s"));
    const object = context.take();
    if (object == "") return this.wrongUsage(session, "missing object");
    if (matches(object, "address")) return this.done(addressCommand(context));
    if (matches(object, "route")) return this.done(routeCommand(context));
    if (object == "neighbor" || matches(object, "neighbour")) {
      return this.done(neighborCommand(context));
    }
    if (matches(object, "link")) return this.done(linkCommand(context));
    session.error(this.name, `Object "${printable(object)}" is unknown (try: help ip)`);
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

/** Expands an abbreviated verb, as iproute2 does; other words stay as they are. */
function completed(word: string): string {
  for (let i = 0; i < VERBS.length; i++) if (matches(word, VERBS[i])) return VERBS[i];
  return word;
}

/** Reports whether `word` is `name` or an abbreviation of it. */
function matches(word: string, name: string): bool {
  return name.startsWith(word);
}
