/** `ip`: addresses, routes, neighbours and links, in the words of iproute2. */
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";
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

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    if (operands.length > 1) operands[1] = completed(operands[1]);
    const context = new Context(shell, this.stack, operands, options.has("s"));
    const object = context.take();
    if (object == "") return shell.wrongUsage(this, "an object is missing");
    if (matches(object, "address")) return shell.done(addressCommand(context));
    if (matches(object, "route")) return shell.done(routeCommand(context));
    if (object == "neighbor" || matches(object, "neighbour")) {
      return shell.done(neighborCommand(context));
    }
    if (matches(object, "link")) return shell.done(linkCommand(context));
    context.unexpected(object, "addr, route, neigh or link");
    return shell.done(EXIT_USAGE);
  }

  complete(words: Array<string>): Array<string> {
    const offered: Array<string> = [];
    if (words.length == 0 || (words.length == 1 && words[0].startsWith("-"))) {
      for (let i = 0; i < OBJECTS.length; i++) offered.push(OBJECTS[i]);
    }
    return offered;
  }
}

/** iproute2 takes any beginning of a verb: the verb, or the word as it is. */
function completed(word: string): string {
  for (let i = 0; i < VERBS.length; i++) if (matches(word, VERBS[i])) return VERBS[i];
  return word;
}

/** iproute2 takes any beginning of an object's name. */
function matches(word: string, name: string): bool {
  return name.startsWith(word);
}
