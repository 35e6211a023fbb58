/**
 * ip rule [show [SELECTOR...] | flush [SELECTOR...] |
 *          add|del [not] [from PREFIX] [to PREFIX] [tos TOS] [fwmark MARK[/MASK]] [iif DEVICE]
 *                  [oif DEVICE] [priority N] [table TABLE | blackhole | unreachable | prohibit]]
 *
 * Shows and changes the routing rules. In the order of their priority, the rules that match a
 * packet's addresses, TOS, mark and devices say which table to search; the first route that is
 * found is used. Sockets have a mark (`ping -m`, and tcpSetMark and udpSetMark of the API) and a
 * TOS (`ping -Q`, `nc -T`). `ip rule` reads `tos` as hexadecimal; `dsfield` is another word for it.
 *
 * The packets of this host come in by lo; as none are forwarded, rules with another `iif` match
 * none. `oif` matches those of sockets that are bound to a device (`ping -I`, `ip route get ADDRESS
 * oif DEVICE`). `[detached]` marks a device that does not exist. `dev` is another word for `iif`.
 *
 * If a socket is not bound to an address, the route chooses the source, and the rules are tried
 * again with it. `lookup` is another word for `table`, and `pref` for `priority`. A SELECTOR is any
 * of the words of `add` with its value; only rules with it are shown or deleted.
 *
 * Unlike iproute2, the rule for table local cannot be deleted, and there is no goto.
 */
import { INTERFACE_NAME_LENGTH, RULES } from "../../../../core/limits";
import { parseDecimalText } from "../../../../core/text";
import { RouteType } from "../../../../net/iface/ip/route";
import { RULE_TOS, Rule } from "../../../../net/iface/ip/rules";
import { maskOf } from "../../../../net/wire/address";
import { setMark } from "../../../config/mark";
import { parseTable, parseType, TYPE_NAMES } from "../../../config/route-words";
import { EXIT_OK } from "../../command";
import { printable } from "../../terminal/printable";
import { Context, parseNetwork } from "./context";
import { matches } from "./object-command";
import { networkText, parseTos, tableText } from "./route-text";

/** In the order in which iproute2 matches abbreviations. */
const VERBS: StaticArray<string> = ["list", "show", "add", "delete", "flush"];
const WORDS: string =
  "not, from, to, tos, fwmark, iif, oif, priority, table, blackhole, unreachable or prohibit";

export function ruleCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "flush") return flush(context);
  if (verb == "add") return add(context);
  if (verb == "delete") return remove(context);
  return context.unknownVerb("show, add, del or flush");
}

function show(context: Context): i32 {
  const wanted = new Request();
  if (!wanted.read(context)) return context.code;
  const rules = context.stack.ip.rules;
  for (let i: u32 = 0; i < rules.count; i++) {
    const rule = rules.at(i);
    if (wanted.selects(rule)) context.session.printLine(describe(rule, context));
  }
  return context.done();
}

function describe(rule: Rule, context: Context): string {
  let text = `${rule.priority}:\t${rule.inverted ? "not " : ""}from `;
  text += rule.fromPrefix == 0 ? "all" : networkText(rule.from, rule.fromPrefix);
  if (rule.toPrefix != 0) text += ` to ${networkText(rule.to, rule.toPrefix)}`;
  if (rule.tos != 0) text += ` tos 0x${rule.tos.toString(16).padStart(2, "0")}`;
  if (rule.hasMark) {
    text += ` fwmark ${hexText(rule.mark)}`;
    if (rule.markMask != 0xffff_ffff) text += `/${hexText(rule.markMask)}`;
  }
  if (rule.input != "") text += ` iif ${deviceText(rule.input, context)}`;
  if (rule.output != "") text += ` oif ${deviceText(rule.output, context)}`;
  if (rule.type != RouteType.Unicast) return `${text} ${TYPE_NAMES[rule.type]}`;
  return `${text} lookup ${tableText(rule.table)}`;
}

function deviceText(name: string, context: Context): string {
  const exists: bool = name == context.stack.ip.loopback.name || context.device(name) != null;
  return printable(name) + (exists ? "" : " [detached]");
}

/** Formats a number as C's `%#x` does: 0 has no prefix. */
function hexText(value: u32): string {
  return value == 0 ? "0" : `0x${value.toString(16)}`;
}

/** A rule as its words describe it. */
class Request {
  readonly rule: Rule = new Rule(0);
  /** -1 if not given. */
  priority: i64 = -1;
  hasTarget: bool = false;

  /** Reads the words up to the end. Returns false after printing an error. */
  read(context: Context): bool {
    while (context.code == EXIT_OK && !context.ended()) this.readWord(context, context.take());
    return context.code == EXIT_OK;
  }

  /** Reports whether a rule has everything that the words say. */
  selects(rule: Rule): bool {
    if (this.priority >= 0 && (rule.priority as i64) != this.priority) return false;
    if (this.rule.inverted && !rule.inverted) return false;
    return rule.selectsAs(this.rule) && (!this.hasTarget || rule.isTo(this.rule));
  }

  private readWord(context: Context, word: string): void {
    const rule = this.rule;
    const type = parseType(word);
    if (word == "not") {
      rule.inverted = true;
      return;
    }
    if (type > 0 && (type as RouteType) != RouteType.Throw) {
      rule.setType(type as RouteType);
      this.hasTarget = true;
      return;
    }
    const value = context.take();
    if (word == "from" || word == "to") this.readPrefix(context, word, value);
    else if (word == "iif" || word == "dev" || word == "oif") {
      if (word == "oif") rule.output = value;
      else rule.input = value;
      const valid: bool =
        value != "" && value.length <= INTERFACE_NAME_LENGTH && !value.includes("/");
      if (!valid) context.code = context.unexpected(value, "the name of a device");
    } else if (word == "fwmark") {
      if (setMark(rule, value)) return;
      const what = "a mark, like 1, or a mark and a mask, like 0x1/0xf";
      context.code = context.unexpected(value, what);
    } else if (isPriority(word)) {
      this.priority = parseDecimalText(value);
      if (this.priority < 0 || this.priority > 0xffff_ffff) {
        context.code = context.unexpected(value, "a priority from 0 to 4294967295");
      }
    } else if (matches(word, "tos") || matches(word, "dsfield")) {
      this.readTos(context, value);
    } else if (matches(word, "table") || word == "lookup") {
      rule.table = parseTable(value);
      this.hasTarget = true;
      if (rule.table == 0)
        context.code = context.unexpected(value, "a table: main, default, local or a number");
    } else context.code = context.unexpected(word, WORDS);
  }

  private readPrefix(context: Context, word: string, value: string): void {
    const rule = this.rule;
    const any: bool = value == "all" || value == "any";
    const network = parseNetwork(any ? "default" : value);
    if (network == null) context.code = context.badPrefix(value, "a network, or all");
    else if (word == "from") {
      rule.from = network.address & maskOf(network.prefix);
      rule.fromPrefix = network.prefix;
    } else {
      rule.to = network.address & maskOf(network.prefix);
      rule.toPrefix = network.prefix;
    }
  }

  /** Reads a TOS, which iproute2 takes as hexadecimal; the checks are Linux's. */
  private readTos(context: Context, value: string): void {
    const tos = parseTos(value);
    if (tos < 0) {
      context.code = context.unexpected(value, "a TOS from 0x04 to 0x1c, in hexadecimal");
    } else if ((tos & 3) != 0) {
      context.code = context.invalid("Invalid dsfield (tos): ECN bits must be 0.");
    } else if ((tos & ~RULE_TOS) != 0) context.code = context.invalid("Invalid tos.");
    else this.rule.tos = tos as u32;
  }
}

/** Any of these words can be abbreviated. */
function isPriority(word: string): bool {
  return matches(word, "preference") || matches(word, "order") || matches(word, "priority");
}

function add(context: Context): i32 {
  if (context.ended()) return context.needsWords('"ip rule add"');
  const request = new Request();
  if (!request.read(context)) return context.code;
  const rules = context.stack.ip.rules;
  const given = request.priority >= 0;
  const rule = request.rule;
  rule.priority = given ? (request.priority as u32) : rules.freePriority();
  for (let i: u32 = 0; i < rules.count && given; i++) {
    if (rules.at(i).equals(rule)) return context.refused("File exists");
  }
  if (rules.add(rule)) return context.done();
  return context.refused(`No buffer space available (at most ${RULES} rules)`);
}

/** Deletes the first rule that matches every given word. */
function remove(context: Context): i32 {
  if (context.ended()) return context.needsWords('"ip rule del"');
  const request = new Request();
  if (!request.read(context)) return context.code;
  const rules = context.stack.ip.rules;
  // The first rule, for table local, stays.
  for (let i: u32 = 1; i < rules.count; i++) {
    const rule = rules.at(i);
    if (!request.selects(rule) || rule.inverted != request.rule.inverted) continue;
    rules.removeAt(i);
    return context.done();
  }
  if (request.selects(rules.at(0))) {
    return context.refused("Operation not permitted (the rule for table local stays)");
  }
  return context.refused("No such file or directory");
}

/**
 * Deletes the selected rules but the first, as iproute2 does. Without words, main is then no longer
 * searched.
 */
function flush(context: Context): i32 {
  const wanted = new Request();
  if (!wanted.read(context)) return context.code;
  const rules = context.stack.ip.rules;
  for (let i = rules.count - 1; i > 0; i--) {
    if (wanted.selects(rules.at(i))) rules.removeAt(i);
  }
  return context.done();
}
