/** tc class [show [dev DEVICE] | add|replace|change|del [dev DEVICE] parent N classid N htb ...] */
import { EGRESS_CLASSES } from "../../../../core/limits";
import { parseNumberText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { TrafficResult } from "../../../../net/iface/ip/traffic-control";
import { Htb } from "../../../../net/iface/qdisc/htb";
import { HtbClass } from "../../../../net/iface/qdisc/htb-class";
import { Qdisc, ROOT } from "../../../../net/iface/qdisc/qdisc";
import { ClassSpecification } from "../../../../net/iface/qdisc/specification";
import { printable } from "../../terminal/printable";
import { Context } from "../ip/context";
import { concluded, Request, say } from "./request";
import { countersText, idText, parseRate, parseSize, rateText, sizeText } from "./values";

const VERBS: StaticArray<string> = ["add", "delete", "replace", "change", "show", "list"];
const LOWEST_PRIORITY: i64 = 7;

export function classCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "delete") return remove(context);
  if (verb != "") return add(context, verb);
  return context.unknownVerb("show, add, replace, change or del");
}

function show(context: Context): i32 {
  if (!context.takeDevice()) return context.code;
  const ip = context.stack.ip;
  for (let i = 0; i < ip.interfaces.length; i++) {
    const iface = ip.interfaces[i];
    if (context.chosen != null && iface !== context.chosen) continue;
    const all = ip.traffic.all(iface);
    for (let q = 0; q < all.length; q++) showClasses(context, all[q]);
  }
  return context.done();
}

function showClasses(context: Context, qdisc: Qdisc): void {
  for (let i = 0; i < qdisc.classCount(); i++) {
    const child = qdisc.childAt(i);
    const leaf = child != null && child.handle != 0 ? `leaf ${idText(child.handle)} ` : "";
    const id = idText(qdisc.handle | qdisc.minorAt(i));
    if (qdisc instanceof Htb) {
      showHtbClass(context, qdisc.handle, (qdisc as Htb).classes[i], leaf);
      continue;
    }
    context.session.printLine(`class ${qdisc.kind()} ${id} parent ${idText(qdisc.handle)} ${leaf}`);
    if (context.options.statistics) context.session.print(countersText(child!.counters));
  }
}

function showHtbClass(context: Context, handle: u32, one: HtbClass, leaf: string): void {
  const above = one.above;
  const parent = above == null ? "root" : `parent ${idText(handle | above.minor)}`;
  const inner = one.child == null;
  const priority = inner ? "" : `${leaf}prio ${one.priority} `;
  context.session.printLine(
    `class htb ${idText(handle | one.minor)} ${parent} ${priority}` +
      `rate ${rateText(one.rate.rate)} ceil ${rateText(one.ceil.rate)} ` +
      `burst ${sizeText(one.rate.burst)} cburst ${sizeText(one.ceil.burst)} `,
  );
  if (!context.options.statistics) return;
  context.session.print(countersText(one.counters));
  context.session.printLine(` lended: ${one.lent} borrowed: ${one.borrowed} giants: 0`);
  context.session.printLine(` tokens: ${one.rate.ticks} ctokens: ${one.ceil.ticks}\n`);
}

function add(context: Context, verb: string): i32 {
  const request = new Request(context, "classid");
  if (request.finish() != 0) return request.code;
  if (request.rest != "" && request.rest != "htb") return notHtb(context, request.rest);
  if (request.id < 0 || (request.id & 0xffff) == 0) {
    return context.unexpected(request.rest, "classid MAJOR:MINOR");
  }
  if (request.rest == "") return context.unexpected("", "htb");
  const id = request.id as u32;
  const atRoot: bool = request.parent < 0 || request.parent == (ROOT as i64);
  const parent = atRoot ? id & 0xffff_0000 : (request.parent as u32);
  const specification = new ClassSpecification(id);
  while (!context.ended()) {
    const option = context.take();
    const value = context.take();
    if (take(specification, option, value)) continue;
    const known = " rate ceil burst buffer cburst cbuffer prio quantum ".includes(` ${option} `);
    if (known) return say(context, `htb: illegal value for "${option}": "${printable(value)}"`);
    return say(context, `What is "${printable(option)}"?`);
  }
  if (specification.rate == 0) return say(context, '"rate" is required.');
  const traffic = context.stack.ip.traffic;
  const iface: Interface = request.iface!;
  if (verb == "change" && traffic.findClass(iface, id) == null) {
    return context.refused("No such file or directory");
  }
  if (verb == "add" && traffic.findClass(iface, id) != null) return context.refused("File exists");
  const result = traffic.addClass(iface, specification, parent, verb != "add");
  return concluded(context, result, `${EGRESS_CLASSES} classes`);
}

/** Sets an option; returns false if it is unknown or its value is invalid. */
function take(to: ClassSpecification, option: string, value: string): bool {
  if (option == "rate") {
    to.rate = parseRate(value);
    return to.rate > 0;
  }
  if (option == "ceil") {
    to.ceil = parseRate(value);
    return to.ceil > 0;
  }
  if (option == "prio") {
    const priority = parseNumberText(value, LOWEST_PRIORITY);
    to.priority = priority as u32;
    return priority >= 0;
  }
  const size = parseSize(value);
  if (option == "burst" || option == "buffer") to.burst = size as u32;
  else if (option == "cburst" || option == "cbuffer") to.ceilBurst = size as u32;
  else if (option == "quantum") to.quantum = size as u32;
  else return false;
  return size > 0;
}

/** Prints that only an htb has classes to add and to delete. */
function notHtb(context: Context, word: string): i32 {
  if (word == "handle") return say(context, 'Error: try "classid" instead of "handle"');
  if (word == "prio" || word == "sfq" || word == "fq_codel" || word == "tbf") {
    return context.invalid(`Qdisc "${word}" is classless.`);
  }
  return context.unexpected(word, "htb");
}

function remove(context: Context): i32 {
  const request = new Request(context, "classid");
  if (request.code == 0 && request.rest != "" && request.rest != "htb") {
    return notHtb(context, request.rest);
  }
  if (request.finishAll() != 0) return request.code;
  if (request.id < 0) return context.unexpected("", "classid MAJOR:MINOR");
  const given: bool = request.parent >= 0 && request.parent != (ROOT as i64);
  if (given && ((request.parent ^ request.id) & 0xffff_0000) != 0) {
    return concluded(context, TrafficResult.Mismatch, "");
  }
  const result = context.stack.ip.traffic.removeClass(request.iface!, request.id as u32);
  return concluded(context, result, "");
}
