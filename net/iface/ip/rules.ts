/**
 * Routing rules select the table to search by a packet's addresses, mark, TOS and interfaces, as in
 * Linux's ip-rule(8). Rules are tried in the order of their priority until one finds a route.
 */
import { RULES } from "../../../core/limits";
import { Ipv4Address, maskOf, UNSPECIFIED } from "../../wire/address";
import { Interface } from "../interface";
import { Route, RouteOrigin, RouteType, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from "./route";
import { RouteTable } from "./routes";

/** The bits of the TOS octet (RFC 1349) that rules compare, as Linux does. */
export const RULE_TOS: u32 = 0x1c;
/** The interface by which this host's own packets come in, as in Linux. */
const LOOPBACK: string = "lo";

export class Rule {
  /** The networks of source and destination; a prefix of 0 matches all. */
  from: Ipv4Address = UNSPECIFIED;
  fromPrefix: u32 = 0;
  to: Ipv4Address = UNSPECIFIED;
  toPrefix: u32 = 0;
  /** The mark, and the bits of it that are compared; if there are none, all packets match. */
  mark: u32 = 0;
  markMask: u32 = 0;
  /** The TOS, of the bits RULE_TOS; 0 matches all. */
  tos: u32 = 0;
  /** The interface that packets come in by, and the one their socket is bound to; "" for all. */
  input: string = "";
  output: string = "";
  /** Whether the rule applies to packets that do not match. */
  inverted: bool = false;
  /** The table to search. */
  table: u32 = TABLE_MAIN;
  /** The error for matching packets, instead of a table; null if there is none. */
  verdict: Route | null = null;

  constructor(public priority: u32) {}

  /** Sets the error for matching packets; Unicast means that the table is searched. */
  setType(type: RouteType): void {
    this.verdict = null;
    if (type == RouteType.Unicast) return;
    const verdict = new Route(UNSPECIFIED, 0, UNSPECIFIED, null, 0, RouteOrigin.Static);
    verdict.type = type;
    this.verdict = verdict;
  }

  get type(): RouteType {
    const verdict = this.verdict;
    return verdict == null ? RouteType.Unicast : verdict.type;
  }

  /** Whether a mark was given, even one with an empty mask. */
  get hasMark(): bool {
    return (this.mark | this.markMask) != 0;
  }

  /** Whether the rule applies to these packets of this host; see `RuleTable.lookup`. */
  matches(to: Ipv4Address, from: Ipv4Address, mark: u32, tos: u32, bound: Interface | null): bool {
    const same =
      ((from ^ this.from) & maskOf(this.fromPrefix)) == 0 &&
      ((to ^ this.to) & maskOf(this.toPrefix)) == 0 &&
      ((mark ^ this.mark) & this.markMask) == 0 &&
      (this.tos == 0 || this.tos == (tos & RULE_TOS)) &&
      (this.input == "" || this.input == LOOPBACK) &&
      (this.output == "" || (bound != null && bound.name == this.output));
    return same != this.inverted;
  }

  /** Whether the rule has every selector of `other`, with the same value, inverted or not. */
  selectsAs(other: Rule): bool {
    const sameFrom = this.from == other.from && this.fromPrefix == other.fromPrefix;
    const sameTo = this.to == other.to && this.toPrefix == other.toPrefix;
    const sameMark = this.mark == other.mark && this.markMask == other.markMask;
    return (
      (other.fromPrefix == 0 || sameFrom) &&
      (other.toPrefix == 0 || sameTo) &&
      (!other.hasMark || sameMark) &&
      (other.tos == 0 || this.tos == other.tos) &&
      (other.input == "" || this.input == other.input) &&
      (other.output == "" || this.output == other.output)
    );
  }

  /** Whether both have the same selectors, priority and target. */
  equals(other: Rule): bool {
    const same: bool = this.selectsAs(other) && other.selectsAs(this);
    if (this.inverted != other.inverted) return false;
    return same && this.priority == other.priority && this.isTo(other);
  }

  /** Whether both have the same table or error. */
  isTo(other: Rule): bool {
    return this.type == other.type && this.table == other.table;
  }
}

export class RuleTable {
  count: u32 = 0;
  /** Whether a rule depends on the source: a path that gets one is then looked up again. */
  bySource: bool = false;
  private readonly rules: StaticArray<Rule | null> = new StaticArray<Rule | null>(RULES);

  /** Creates the rules that Linux starts with. */
  constructor(private readonly routes: RouteTable) {
    this.addTable(0, TABLE_LOCAL);
    this.addTable(32766, TABLE_MAIN);
    this.addTable(32767, TABLE_DEFAULT);
  }

  private addTable(priority: u32, table: u32): void {
    const rule = new Rule(priority);
    rule.table = table;
    this.add(rule);
  }

  /** Returns a rule by its index, from 0 to `count` - 1, in the order of lookup. */
  at(index: u32): Rule {
    return this.rules[index]!;
  }

  /** Returns the default priority of a new rule: before all but the first, as in Linux. */
  freePriority(): u32 {
    const second = this.count > 1 ? this.at(1).priority : 0;
    return second > 0 ? second - 1 : 0;
  }

  /** Adds a rule after those of the same priority. Returns false if there are RULES already. */
  add(rule: Rule): bool {
    if (this.count == RULES) return false;
    let at = this.count++;
    while (at > 0 && this.at(at - 1).priority > rule.priority) {
      this.rules[at] = this.rules[at - 1];
      at--;
    }
    this.rules[at] = rule;
    this.changed();
    return true;
  }

  /** Deletes a rule by its index, from 0 to `count` - 1. */
  removeAt(index: u32): void {
    this.count--;
    for (let i = index; i < this.count; i++) this.rules[i] = this.rules[i + 1];
    this.rules[this.count] = null;
    this.changed();
  }

  private changed(): void {
    this.routes.generation++;
    this.bySource = false;
    for (let i: u32 = 0; i < this.count; i++) {
      if (this.at(i).fromPrefix > 0) this.bySource = true;
    }
  }

  /**
   * Returns the route for packets with these addresses, mark and TOS, or null. It may be an error
   * route. `from` is UNSPECIFIED if it is not chosen yet. `bound` is the interface to which the
   * socket is bound, or null.
   */
  lookup(
    to: Ipv4Address,
    from: Ipv4Address,
    mark: u32,
    tos: u32 = 0,
    bound: Interface | null = null,
  ): Route | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const rule = unchecked(this.rules[i])!;
      if (!rule.matches(to, from, mark, tos, bound)) continue;
      const verdict = rule.verdict;
      if (verdict != null) return verdict;
      // The local table is always empty (see TABLE_LOCAL): do not walk all routes.
      if (rule.table == TABLE_LOCAL) continue;
      const route = this.routes.lookup(rule.table, to, from, bound);
      if (route != null && route.type != RouteType.Throw) return route;
    }
    return null;
  }
}
