/**
 * tc [-s] qdisc|class|filter [show|add|replace|del] [dev DEVICE] ...
 *
 * Shows and changes how the packets of an interface are queued, with the syntax, output and error
 * messages of tc(8) of iproute2. -s adds counters. Objects and verbs can be abbreviated: `tc q`.
 *
 *     qdisc   [root | parent CLASS] [handle MAJOR:] KIND ...
 *             pfifo|bfifo [limit N] | prio [bands N] [priomap N...] | sfq [quantum N] [perturb N] |
 *             fq_codel [limit N] [flows N] [quantum N] [target TIME] [interval TIME] [noecn] |
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
import { Context } from "./ip/context";
import { matches, ObjectCommand, UNKNOWN_OBJECT } from "./ip/object-command";
import { classCommand } from "./tc/class";
import { filterCommand } from "./tc/filter";
import { qdiscCommand } from "./tc/qdisc";

const OBJECTS: StaticArray<string> = ["qdisc", "class", "filter"];

const DETAILS: StaticArray<string> = [
  "  qdisc   [root | parent CLASS] [handle MAJOR:] KIND ..., where KIND is one of",
  "            pfifo|bfifo [limit N]: first in, first out",
  "            prio [bands N] [priomap N...]: strict priority",
  "            sfq [quantum SIZE] [perturb SECONDS]: fair shares of flows",
  "            fq_codel [limit N] [flows N] [quantum SIZE] [target TIME]",
  "              [interval TIME] [ecn|noecn]: fair shares, and short queues",
  "            tbf rate RATE burst SIZE latency TIME|limit SIZE: one rate",
  "            htb [default MINOR]: rates of classes, which can borrow",
  "  class   [parent QDISC|CLASS] classid MAJOR:MINOR htb rate RATE [ceil RATE]",
  "            [burst SIZE] [cburst SIZE] [prio N] [quantum SIZE]",
  "  filter  parent QDISC [prio N] u32 match ip FIELD VALUE [MASK]... flowid CLASS",
  "            [action pedit ex munge ip dsfield set VALUE [retain MASK]]",
  "            FIELD is src, dst, sport, dport, protocol, dsfield",
  "  -s      adds counters. See docs/quality-of-service.md.",
];

export class Tc extends ObjectCommand {
  constructor(stack: NetworkStack) {
    super(
      stack,
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
      OBJECTS,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  protected run(object: string, context: Context): i32 {
    if (matches(object, "qdisc")) return qdiscCommand(context);
    if (matches(object, "class")) return classCommand(context);
    return matches(object, "filter") ? filterCommand(context) : UNKNOWN_OBJECT;
  }
}
