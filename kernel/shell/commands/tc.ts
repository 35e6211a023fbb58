/**
 * tc [-s] qdisc|class|filter [show|add|replace|del] [dev DEVICE] ...
 *
 * Shows and changes how the packets of an interface are queued, with the syntax, output and error
 * messages of tc(8) of iproute2. -s adds counters. Objects and verbs can be abbreviated: `tc q`.
 *
 *     qdisc   [root | parent CLASS] [handle MAJOR:] KIND ...
 *             pfifo|bfifo [limit N] | prio [bands N] [priomap N...] | sfq [quantum N] [perturb N] |
 *             tbf rate RATE burst SIZE latency TIME|limit SIZE | htb [default MINOR]
 *     class   [parent QDISC|CLASS] classid MAJOR:MINOR htb rate RATE [ceil RATE] [burst SIZE]
 *             [cburst SIZE] [prio N] [quantum SIZE]
 *     filter  parent QDISC [protocol ip] [prio N] u32 match ip FIELD VALUE [MASK] ... flowid CLASS
 *             [action pedit ex munge ip dsfield set VALUE [retain MASK]]
 *
 * Unlike iproute2, `dev net0` is optional if there is only one device, a filter needs a class, and
 * checksums are always updated (`pipe action csum ip4h` changes nothing). A queue holds at most 128
 * packets. See docs/quality-of-service.md.
 *
 * Exit codes: 0 success; 1 the request was refused (2 in iproute2); 2 wrong usage (1 or 255 there).
 */
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { Context } from "./ip/context";
import { IpOptions } from "./ip/options";
import { classCommand } from "./tc/class";
import { filterCommand } from "./tc/filter";
import { qdiscCommand } from "./tc/qdisc";

const HELP: string = "help";
const OBJECTS: StaticArray<string> = ["qdisc", "class", "filter"];

export class Tc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "tc",
      "[-s] qdisc|class|filter [show|add|replace|del] [dev DEVICE] ...",
      "shows and changes how packets are queued: rates, priorities, shares",
      [
        "tc -s qdisc show dev net0",
        "tc qdisc add dev net0 root sfq",
        "tc qdisc replace dev net0 root tbf rate 8mbit burst 16k latency 50ms",
        "tc qdisc add dev net0 root handle 1: htb default 20",
        "tc class add dev net0 parent 1: classid 1:20 htb rate 5mbit",
        "tc filter add dev net0 parent 1: u32 match ip dport 443 0xffff flowid 1:20",
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
    if (OBJECTS[0].startsWith(object)) return this.done(qdiscCommand(context));
    if (OBJECTS[1].startsWith(object)) return this.done(classCommand(context));
    if (OBJECTS[2].startsWith(object)) return this.done(filterCommand(context));
    session.terminal.freshLine();
    session.printLine(`Object "${printable(object)}" is unknown, try "tc help".`);
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
