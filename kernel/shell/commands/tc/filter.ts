/** tc filter [show [dev DEVICE] [parent N] | add|del [dev DEVICE] parent N [prio N] u32 ...] */
import { EGRESS_FILTERS, EGRESS_KEYS } from "../../../../core/limits";
import { parseNumberText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { TrafficResult } from "../../../../net/iface/ip/traffic-control";
import { Filter, FilterKey } from "../../../../net/iface/qdisc/filter";
import { Qdisc } from "../../../../net/iface/qdisc/qdisc";
import { maskOf } from "../../../../net/wire/address";
import { parseClassId, parseHex16 } from "../../../config/class-id";
import { printable } from "../../terminal/printable";
import { Context, parseNetwork } from "../ip/context";
import { concluded, Request, say, wrong } from "./request";
import { idText } from "./values";

const VERBS: StaticArray<string> = ["add", "delete", "show", "list"];
/** The number of the first filter of a preference, and the preference of the first filter. */
const FIRST_NODE: u32 = 0x800;
const FIRST_PREFERENCE: u32 = 0xc000;
/** The lowest preference that counts for the choice of one. */
const LEAST_AUTOMATIC: u32 = 0x8000;

export function filterCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "add") return add(context);
  if (verb == "delete") return remove(context);
  return context.unknownVerb("show, add or del");
}

function show(context: Context): i32 {
  const everything = context.ended();
  const request = new Request(context, "");
  if (request.rest != "") return say(context, `What is "${printable(request.rest)}"?`);
  if (!everything && request.finish() != 0) return request.code;
  const ip = context.stack.ip;
  for (let i = 0; i < ip.interfaces.length; i++) {
    const iface = ip.interfaces[i];
    if (!everything && request.iface !== iface) continue;
    const all = ip.traffic.all(iface);
    for (let q = 0; q < all.length; q++) {
      const wanted = request.parent < 0 || request.parent == (all[q].handle as i64);
      if (wanted) showFilters(context, iface, all[q]);
    }
  }
  return context.done();
}

/** Prints the filters of a discipline; the first two lines of a preference are u32's tables. */
function showFilters(context: Context, iface: Interface, qdisc: Qdisc): void {
  let shown: u32 = 0;
  for (let i = 0; i < qdisc.filters.length; i++) {
    const filter = qdisc.filters[i];
    const device = context.onlyDevice() == null ? `dev ${iface.name} ` : "";
    const start =
      `filter ${device}parent ${idText(qdisc.handle)} protocol ip pref ${filter.preference} ` +
      "u32 chain 0 ";
    if (filter.preference != shown) {
      context.session.printLine(start);
      context.session.printLine(`${start}fh 800: ht divisor 1 `);
    }
    shown = filter.preference;
    const node = filter.node.toString(16);
    context.session.printLine(
      `${start}fh 800::${node} order ${filter.node} key ht 800 bkt 0 ` +
        `flowid ${idText(filter.flow)} not_in_hw `,
    );
    for (let k = 0; k < filter.keys.length; k++) {
      const key = filter.keys[k];
      context.session.printLine(`  match ${word(key.value)}/${word(key.mask)} at ${key.offset}`);
    }
    if (filter.dsFieldMask == 0) continue;
    const set = filter.dsFieldValue.toString(16);
    context.session.printLine(
      `\taction order 1: pedit action pass keys 1\n` +
        `\t key #0  at ipv4+0: val ${word(filter.dsFieldValue << 16)} ` +
        `mask ${word(~(filter.dsFieldMask << 16))} (dsfield 0x${set})`,
    );
  }
}

function word(value: u32): string {
  return value.toString(16).padStart(8, "0");
}

/** The words of a filter, as they are read. */
class Draft {
  preference: u32 = 0;
  flow: i64 = -1;
  keys: Array<FilterKey> = [];
  dsFieldMask: u32 = 0;
  dsFieldValue: u32 = 0;
  /** The number of the filter to delete; 0 for all of the preference. */
  node: u32 = 0;
}

function add(context: Context): i32 {
  const request = new Request(context, "");
  const draft = new Draft();
  if (takeAll(context, request, draft) != 0) return request.code;
  if (draft.keys.length == 0) return say(context, 'Illegal "match": expected u32 match ip ...');
  if (draft.flow < 0) return context.unexpected("", "flowid CLASS");
  if (draft.node != 0) return say(context, 'What is "handle"?');
  const iface = request.iface!;
  const traffic = context.stack.ip.traffic;
  const qdisc = traffic.find(iface, request.parent as u32);
  const preference = preferenceOf(qdisc, draft.preference);
  const node = nextNode(qdisc, preference);
  const filter = new Filter(preference, node, draft.keys, draft.flow as u32);
  filter.dsFieldMask = draft.dsFieldMask;
  filter.dsFieldValue = draft.dsFieldValue;
  const result = traffic.addFilter(iface, request.parent as u32, filter);
  return concluded(context, result, `${EGRESS_FILTERS} filters`);
}

/** Reads the words up to the end. Returns 0, or the exit code after an error. */
function takeAll(context: Context, request: Request, draft: Draft): i32 {
  let next = request.rest;
  while (next != "" && request.code == 0) {
    if (!request.take(next)) request.code = take(context, draft, next);
    next = context.take();
  }
  if (request.finish() == 0 && request.parent < 0) {
    request.code = context.unexpected("", "parent QDISC");
  }
  return request.code;
}

/**
 * Returns the preference of a filter that is given none: one below the lowest in the upper half of
 * the range, as in Linux (tcf_auto_prio); lower ones are left to those that are given.
 */
function preferenceOf(qdisc: Qdisc | null, given: u32): u32 {
  if (given != 0) return given;
  let least: u32 = FIRST_PREFERENCE + 1;
  for (let i = 0; qdisc != null && i < qdisc.filters.length; i++) {
    const preference = qdisc.filters[i].preference;
    if (preference >= LEAST_AUTOMATIC) least = min(least, preference);
  }
  return max<u32>(least - 1, 1);
}

/** Returns the number of the next filter of a preference: one more than its highest. */
function nextNode(qdisc: Qdisc | null, preference: u32): u32 {
  let next = FIRST_NODE;
  for (let i = 0; qdisc != null && i < qdisc.filters.length; i++) {
    const filter = qdisc.filters[i];
    if (filter.preference == preference) next = max(next, filter.node + 1);
  }
  return next;
}

/** Reads a word and its values into the draft. Returns 0, or the exit code after an error. */
function take(context: Context, draft: Draft, next: string): i32 {
  if (next == "u32") return 0;
  if (next == "protocol") {
    const protocol = context.take();
    return protocol == "ip" ? 0 : wrong(context, protocol, "invalid protocol, expected ip");
  }
  if (next == "prio" || next == "pref" || next == "preference") {
    const text = context.take();
    const value = parseNumberText(text, 0xffff);
    draft.preference = value as u32;
    return value > 0 ? 0 : wrong(context, text, "invalid priority value");
  }
  if (next == "flowid" || next == "classid") {
    const text = context.take();
    draft.flow = parseClassId(text);
    return draft.flow > 0 ? 0 : say(context, `Illegal "${next}": "${printable(text)}"`);
  }
  if (next == "handle") return takeHandle(context, draft);
  if (next == "match") return takeMatch(context, draft);
  if (next == "action") return takeAction(context, draft);
  return say(context, `What is "${printable(next)}"?`);
}

/** `match ip FIELD VALUE [MASK]`; keys of the same word are merged, as tc(8) does. */
function takeMatch(context: Context, draft: Draft): i32 {
  const family = context.take();
  const field = context.take();
  const text = context.take();
  const illegal = `Illegal "match": ${printable(`${family} ${field} ${text}`.trimEnd())}`;
  if (family != "ip") return say(context, illegal);
  if (field == "src" || field == "dst") {
    const network = parseNetwork(text);
    if (network == null) return say(context, illegal);
    return join(context, draft, field == "src" ? 12 : 16, network.address, maskOf(network.prefix));
  }
  // The offset of the field's word, the field's lowest bit in it, and its mask before shifting.
  let offset: u32 = 0;
  let shift: u32 = 16;
  let bits: u32 = 0xff;
  if (field == "protocol") offset = 8;
  else if (field == "sport" || field == "dport") {
    offset = 20;
    bits = 0xffff;
    shift = field == "sport" ? 16 : 0;
  } else if (field != "tos" && field != "dsfield" && field != "precedence") {
    return say(context, illegal);
  }
  const value = parseNumberText(text, bits);
  const maskText = context.take();
  const mask = parseNumberText(maskText, bits);
  if (value < 0) return say(context, illegal);
  if (mask < 0) return say(context, `${illegal} needs a mask, expected 0x${bits.toString(16)}`);
  return join(context, draft, offset, (value as u32) << shift, (mask as u32) << shift);
}

function join(context: Context, draft: Draft, offset: u32, value: u32, mask: u32): i32 {
  const keys = draft.keys;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key.offset != offset) continue;
    if (((key.value ^ value) & key.mask & mask) != 0) break;
    keys[i] = new FilterKey(offset, key.mask | mask, key.value | (value & mask));
    return 0;
  }
  if (keys.length >= (EGRESS_KEYS as i32)) {
    return context.refused(`No buffer space available (at most ${EGRESS_KEYS} matches)`);
  }
  keys.push(new FilterKey(offset, mask, value & mask));
  return 0;
}

/** `action pedit ex munge ip dsfield set VALUE [retain MASK]`, `pipe action csum ip4h`. */
function takeAction(context: Context, draft: Draft): i32 {
  const kind = context.take();
  if (kind == "csum") {
    const header = context.take();
    return header == "ip4h" || header == "ip" ? 0 : say(context, `What is "${printable(header)}"?`);
  }
  if (kind != "pedit") return say(context, `Unknown action "${printable(kind)}", expected pedit`);
  if (context.at("ex")) context.take();
  const munge = context.take();
  const family = context.take();
  const field = context.take();
  const set = context.take();
  const named: bool = field == "dsfield" || field == "tos";
  if (munge != "munge" || family != "ip" || !named || set != "set") {
    return say(context, "pedit: expected munge ip dsfield set VALUE");
  }
  const text = context.take();
  const value = parseNumberText(text, 0xff);
  let mask: i64 = 0xff;
  if (context.at("retain")) {
    context.take();
    mask = parseNumberText(context.take(), 0xff);
  }
  if (value < 0 || mask < 0) return say(context, `pedit: illegal value "${printable(text)}"`);
  draft.dsFieldMask = mask as u32;
  draft.dsFieldValue = (value & mask) as u32;
  if (context.at("pipe") || context.at("pass") || context.at("ok")) context.take();
  return 0;
}

/** `800::NODE`, or `800:0:NODE`: a filter's number as `show` prints it. */
function takeHandle(context: Context, draft: Draft): i32 {
  const text = context.take();
  const last = text.lastIndexOf(":");
  const table = text.substring(0, max(last, 0));
  const node = parseHex16(text.substring(last + 1));
  if ((table != "800:" && table != "800:0") || node < 1) return say(context, "Illegal filter ID");
  draft.node = node as u32;
  return 0;
}

/**
 * Deletes the filters of a preference, or the one with the handle. Without a preference, all are
 * deleted; as in Linux, there must then be no other words, as they would be ignored.
 */
function remove(context: Context): i32 {
  const request = new Request(context, "");
  const draft = new Draft();
  const bare: bool = request.rest == "";
  if (takeAll(context, request, draft) != 0) return request.code;
  if (draft.preference == 0 && !bare) {
    return context.invalid("Cannot flush filters with protocol, handle or kind set.");
  }
  const traffic = context.stack.ip.traffic;
  const handle = request.parent as u32;
  const result = traffic.removeFilters(request.iface!, handle, draft.preference, draft.node);
  if (result != TrafficResult.NoClass) return concluded(context, result, "");
  if (draft.node != 0) return context.invalid("Specified filter handle not found.");
  return context.invalid("Filter with specified priority/protocol not found.");
}
