/**
 * nstat [-a] [-s] [-n] [-r] [-z] [-j] [PATTERN...]
 *
 * Prints by how much the counters of IP, ICMP, UDP and TCP have grown since the last call, with the
 * names, columns and options of nstat(8) of iproute2. A PATTERN (`tcp*`) selects counters by name;
 * `*`, `?` and `[...]` are those of a shell, and the case of letters does not matter. A call
 * updates the history of the counters that it selects.
 *
 * Unlike nstat(8), there is no daemon (-d, -t) and so no rate, and the history is that of the
 * kernel. The counters of interfaces are added up. Linux has no counters for ARP packets, for
 * packets to neighbors that do not reply (NeighborUnreachable), or for packets dropped because the
 * neighbor cache or the queue of a neighbor was full (NeighborOverflow).
 *
 * Exit codes: 0 success; 2 wrong usage (255 in nstat(8)).
 */
import { NetworkStack } from "../../../net/service/stack";
import { NetworkCounters } from "../../programs/network-counters";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { matchesPattern } from "../wildcard";

const OPTIONS: StaticArray<string> = [
  "a|ignore",
  "s|noupdate",
  "n|nooutput",
  "r|reset",
  "z|zeros",
  "j|json",
  "p|pretty",
];
const DETAILS: StaticArray<string> = [
  "  -a       prints the totals since the boot",
  "  -s       does not update the history: the next call prints the same growth",
  "  -n       prints nothing, but updates the history",
  "  -r       forgets the history first",
  "  -z       prints counters that are zero too",
  "  -j       prints JSON",
  "  PATTERN  selects counters by name, as a shell does: tcp*, *Retrans*",
];
/** Widths of the columns of names and values. */
const NAMES: i32 = 32;
const VALUES: i32 = 16;

export class Nstat extends Command {
  private readonly counters: NetworkCounters;
  /** The values at the last call that updated them, in the order of `counters`. */
  private readonly history: StaticArray<u64>;

  constructor(stack: NetworkStack) {
    super("nstat", "[-asnrzj] [PATTERN...]", "prints the network counters", [
      "nstat",
      "nstat -a 'Tcp*'",
      "nstat -az IcmpInErrors",
    ]);
    const counters = new NetworkCounters(stack);
    this.counters = counters;
    this.history = new StaticArray<u64>(counters.count);
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.has("r")) this.history.fill(0);
    const names: Array<string> = [];
    const values: Array<u64> = [];
    for (let i = 0; i < this.counters.count; i++) {
      const name = this.counters.nameAt(i);
      if (!selects(options.operands, name)) continue;
      const value = this.counters.valueAt(i);
      const growth = options.has("a") ? value : value - this.history[i];
      if (!options.has("s")) this.history[i] = value;
      if (growth == 0 && !options.has("z")) continue;
      names.push(name);
      values.push(growth);
    }
    if (options.has("n")) return this.done();
    if (options.has("j")) printJson(names, values, options.has("p"), session);
    else printTable(names, values, session);
    return this.done();
  }
}

function selects(patterns: Array<string>, name: string): bool {
  for (let i = 0; i < patterns.length; i++) if (matchesPattern(name, patterns[i])) return true;
  return patterns.length == 0;
}

function printTable(names: Array<string>, values: Array<u64>, session: Session): void {
  session.printLine("#kernel");
  for (let i = 0; i < names.length; i++) {
    const value = values[i].toString().padEnd(VALUES);
    session.printLine(`${names[i].padEnd(NAMES)}${value}   0.0`);
  }
}

function printJson(names: Array<string>, values: Array<u64>, pretty: bool, session: Session): void {
  const members: Array<string> = [];
  for (let i = 0; i < names.length; i++) members.push(`"${names[i]}":${values[i]}`);
  if (pretty)
    session.printLine(`{\n    "kernel": {\n        ${members.join(",\n        ")}\n    }\n}`);
  else session.printLine(`{"kernel":{${members.join(",")}}}`);
}
