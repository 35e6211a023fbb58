/** tc qdisc [show [dev DEVICE] | add|replace|del [dev DEVICE] root|parent CLASS [handle N] KIND] */
import { EGRESS_QDISCS } from "../../../../core/limits";
import { Interface } from "../../../../net/iface/interface";
import { TrafficResult } from "../../../../net/iface/ip/traffic-control";
import { Qdisc, ROOT } from "../../../../net/iface/qdisc/qdisc";
import { Context } from "../ip/context";
import { describe, isKind, statisticsOf, takeKind } from "./kinds";
import { concluded, Request } from "./request";
import { countersText, idText } from "./values";

const VERBS: StaticArray<string> = ["add", "delete", "replace", "show", "list"];
/** The kind of an interface without a scheduler. */
const NO_QUEUE: string = "noqueue";

export function qdiscCommand(context: Context): i32 {
  const verb = context.takeVerb(VERBS);
  if (verb == "show") return show(context);
  if (verb == "delete") return remove(context);
  if (verb == "add" || verb == "replace") return add(context, verb == "replace");
  return context.unknownVerb("show, add, replace or del");
}

function show(context: Context): i32 {
  if (!context.takeDevice()) return context.code;
  const ip = context.stack.ip;
  for (let i = 0; i < ip.interfaces.length; i++) {
    const iface = ip.interfaces[i];
    if (context.chosen != null && iface !== context.chosen) continue;
    const all = ip.traffic.all(iface);
    if (all.length == 0) {
      context.session.printLine(`qdisc ${NO_QUEUE} 0: dev ${iface.name} root refcnt 2`);
    }
    for (let q = 0; q < all.length; q++) showQdisc(context, iface, all[q]);
  }
  return context.done();
}

function showQdisc(context: Context, iface: Interface, qdisc: Qdisc): void {
  const parent = qdisc.parent == ROOT ? "root refcnt 2" : `parent ${idText(qdisc.parent)}`;
  const start = `qdisc ${qdisc.kind()} ${idText(qdisc.handle)} dev ${iface.name} ${parent}`;
  context.session.printLine(`${start} ${describe(qdisc)}`);
  if (!context.options.statistics) return;
  context.session.print(countersText(qdisc.counters));
  context.session.print(statisticsOf(qdisc));
}

function add(context: Context, replace: bool): i32 {
  const request = new Request(context, "handle");
  if (request.finish() != 0) return request.code;
  if (request.parent < 0 || request.rest == "") {
    return context.unexpected(request.rest, "root or parent CLASS, and a kind");
  }
  const iface = request.iface!;
  const parent = request.parent as u32;
  if (request.rest == NO_QUEUE && parent == ROOT) {
    if (!context.ended()) return context.unexpected(context.take(), "the end of the line");
    context.stack.ip.traffic.removeQdisc(iface, ROOT);
    return context.done();
  }
  const specification = takeKind(context, request.rest);
  if (specification == null) return context.code;
  const handle = max<i64>(request.id, 0) as u32;
  const traffic = context.stack.ip.traffic;
  const result = traffic.addQdisc(iface, specification, parent, handle, replace);
  return concluded(context, result, `${EGRESS_QDISCS} qdiscs`);
}

/** Deletes a discipline; a handle or kind, if given, must be the one that it has. */
function remove(context: Context): i32 {
  const request = new Request(context, "handle");
  if (request.rest != "" && !isKind(context, request.rest)) return context.code;
  if (request.finishAll() != 0) return request.code;
  if (request.parent < 0) return context.unexpected("", "root or parent CLASS");
  const parent = request.parent as u32;
  const traffic = context.stack.ip.traffic;
  const known = traffic.at(request.iface!, parent);
  if (known != null && request.id >= 0 && (known.handle as i64) != request.id) {
    return context.invalid("Invalid handle.");
  }
  if (known != null && request.rest != "" && known.kind() != request.rest) {
    return context.invalid("Invalid qdisc name: must match existing qdisc.");
  }
  const result = traffic.removeQdisc(request.iface!, parent);
  if (result == TrafficResult.NoQdisc) {
    return context.invalid("Cannot delete qdisc with handle of zero.");
  }
  return concluded(context, result, "");
}
