/** The section [RoutingPolicyRule] of anonymos.conf (systemd.network(5)). */
import { parseDecimalText } from "../../core/text";
import { RouteType } from "../../net/iface/ip/route";
import { RULE_TOS, Rule } from "../../net/iface/ip/rules";
import { RuleSetting } from "../../net/service/routing-settings";
import { parsePrefix } from "../../net/service/settings";
import { maskOf } from "../../net/wire/address";
import { setMark } from "./mark";
import { BAD_TABLE, parseTable, parseType } from "./route-words";
import { BAD_BOOLEAN, isUnknownKey, parseBoolean, unknownKey } from "./values";

export const RULE_SECTION: string = "RoutingPolicyRule";
const KEYS: string =
  "From=, To=, TypeOfService=, FirewallMark=, IncomingInterface=, OutgoingInterface=, " +
  "InvertRule=, Table=, Priority= or Type=";
const HIGHEST_PRIORITY: i64 = u32.MAX_VALUE;

/**
 * Collects the keys of one section. If a line has an error, the rule is not added: without a
 * selector that was meant by that line, it would match too much.
 */
export class RuleSection {
  private readonly rule: Rule = new Rule(0);
  private hasPriority: bool = false;
  /** Whether a line was invalid, and has been reported: the rule is then not added. */
  private invalid: bool = false;
  /** Whether a key is unknown; `finish` then reports that the rule is not added. */
  private hasUnknownKey: bool = false;

  /** Applies KEY=VALUE. Returns "WHY, expected WHAT", or "" if it is valid. */
  set(key: string, value: string): string {
    const problem = this.apply(key, value);
    if (problem != "") this.invalid = true;
    if (isUnknownKey(problem)) this.hasUnknownKey = true;
    return problem;
  }

  /** Notes an invalid line, which has been reported: the rule is not to be added. */
  spoil(): void {
    this.invalid = true;
  }

  private apply(key: string, value: string): string {
    const rule = this.rule;
    if (key == "From" || key == "To") {
      const network = parsePrefix(value.includes("/") ? value : value + "/32");
      if (network == null) return "invalid network, expected ADDRESS or NETWORK/PREFIX";
      const address = network.address & maskOf(network.prefix);
      if (key == "From") {
        rule.from = address;
        rule.fromPrefix = network.prefix;
      } else {
        rule.to = address;
        rule.toPrefix = network.prefix;
      }
      return "";
    }
    if (key == "FirewallMark") {
      return setMark(rule, value) ? "" : "invalid mark, expected MARK or MARK/MASK like 0x1/0xff";
    }
    if (key == "TypeOfService") {
      const tos = parseDecimalText(value);
      rule.tos = (tos as u32) & RULE_TOS;
      return tos >= 0 && tos == (rule.tos as i64)
        ? ""
        : "invalid TOS, expected 4, 8, 12, ... or 28";
    }
    if (key == "IncomingInterface") rule.input = value;
    if (key == "OutgoingInterface") rule.output = value;
    if (key == "IncomingInterface" || key == "OutgoingInterface") return "";
    if (key == "InvertRule") {
      const answer = parseBoolean(value);
      rule.inverted = answer == 1;
      return answer < 0 ? BAD_BOOLEAN : "";
    }
    if (key == "Table") {
      const table = parseTable(value);
      if (table == 0) return BAD_TABLE;
      rule.table = table;
      return "";
    }
    if (key == "Priority") {
      const priority = parseDecimalText(value);
      const valid: bool = priority >= 0 && priority <= HIGHEST_PRIORITY;
      if (!valid) return `invalid priority, expected 0 to ${HIGHEST_PRIORITY}`;
      rule.priority = priority as u32;
      this.hasPriority = true;
      return "";
    }
    if (key != "Type") return unknownKey(RULE_SECTION, KEYS);
    const type = value == "table" ? (RouteType.Unicast as i32) : parseType(value);
    const known: bool = value == "table" || type > (RouteType.Unicast as i32);
    if (!known || type == (RouteType.Throw as i32)) {
      return "invalid type, expected table, blackhole, unreachable or prohibit";
    }
    rule.setType(type as RouteType);
    return "";
  }

  /** Ends the section. Returns "WHAT: WHY, expected WHAT", or "" if there is nothing to report. */
  finish(into: Array<RuleSetting>): string {
    if (this.hasUnknownKey) return `[${RULE_SECTION}]: rule not added, expected only ${KEYS}`;
    if (!this.invalid) into.push(new RuleSetting(this.rule, this.hasPriority));
    return "";
  }
}
