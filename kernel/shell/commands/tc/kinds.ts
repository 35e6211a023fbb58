/** The kinds of disciplines: their options, and how `tc qdisc show` prints them. */
import { EGRESS_BANDS, EGRESS_FLOWS, EGRESS_FRAMES } from "../../../../core/limits";
import { parseNumberText } from "../../../../core/text";
import { SECOND } from "../../../../core/time";
import { Fifo } from "../../../../net/iface/qdisc/fifo";
import { FqCodel } from "../../../../net/iface/qdisc/fq-codel";
import { Htb } from "../../../../net/iface/qdisc/htb";
import { PRIORITIES, Prio } from "../../../../net/iface/qdisc/prio";
import { Qdisc } from "../../../../net/iface/qdisc/qdisc";
import { Sfq } from "../../../../net/iface/qdisc/sfq";
import {
  LONGEST_TIME,
  QdiscSpecification,
  QUANTUM_MAXIMUM,
  QUANTUM_MINIMUM,
  R2Q,
} from "../../../../net/iface/qdisc/specification";
import { Tbf } from "../../../../net/iface/qdisc/tbf";
import { parseHex16 } from "../../../config/class-id";
import { printable } from "../../terminal/printable";
import { Context } from "../ip/context";
import { say } from "./request";
import { parseRate, parseSize, parseTime, rateText, sizeText, timeText } from "./values";

const KINDS: StaticArray<string> = ["pfifo", "bfifo", "prio", "sfq", "fq_codel", "tbf", "htb"];
const BANDS_MINIMUM: i64 = 2;

/** Reports whether there is such a kind; if not, prints an error and sets `context.code`. */
export function isKind(context: Context, kind: string): bool {
  if (KINDS.includes(kind)) return true;
  if (context.ended()) context.code = context.invalid("Specified qdisc kind is unknown.");
  else {
    const option = printable(context.take());
    const unknown = `Unknown qdisc "${printable(kind)}", hence option "${option}" is unparsable`;
    context.code = say(context, unknown);
  }
  return false;
}

/** Reads a kind's options. Returns null after an error, with `context.code` set. */
export function takeKind(context: Context, kind: string): QdiscSpecification | null {
  if (!isKind(context, kind)) return null;
  const to = new QdiscSpecification(kind);
  let latency: i64 = -1;
  while (!context.ended()) {
    const option = context.take();
    if (option == "priomap" && kind == "prio") {
      if (!takeMap(context, to)) return null;
      continue;
    }
    if ((option == "ecn" || option == "noecn") && kind == "fq_codel") {
      to.ecn = option == "ecn";
      continue;
    }
    const value = context.take();
    if (kind == "tbf" && option == "latency") {
      latency = parseTime(value);
      if (latency >= 0) continue;
    } else if (takeOption(to, option, value)) continue;
    context.code = isOption(kind, option)
      ? say(context, `${kind}: illegal value for "${option}": "${printable(value)}"`)
      : say(context, `What is "${printable(option)}"?`);
    return null;
  }
  return finish(context, to, latency) ? to : null;
}

/** Returns the names of a kind's options. */
function optionsOf(kind: string): string {
  if (kind == "pfifo" || kind == "bfifo") return " limit ";
  if (kind == "prio") return " bands ";
  if (kind == "sfq") return " quantum perturb ";
  if (kind == "fq_codel") return " limit flows quantum target interval ";
  return kind == "tbf" ? " rate burst buffer maxburst limit latency " : " default ";
}

function isOption(kind: string, option: string): bool {
  return optionsOf(kind).includes(` ${option} `);
}

/** Sets an option; returns false if the kind has no such option or the value is invalid. */
function takeOption(to: QdiscSpecification, option: string, value: string): bool {
  if (!isOption(to.kind, option)) return false;
  if (option == "limit" && (to.kind == "pfifo" || to.kind == "fq_codel")) {
    to.limit = parseNumberText(value, EGRESS_FRAMES);
    return to.limit > 0;
  }
  if (option == "limit") {
    to.limit = parseSize(value);
    return to.limit > 0;
  }
  if (option == "flows") {
    const flows = parseNumberText(value, EGRESS_FLOWS);
    to.flows = flows as u32;
    return flows > 0;
  }
  if (option == "target" || option == "interval") {
    const time = parseTime(value);
    if (option == "target") to.target = time;
    else to.interval = time;
    return time > 0;
  }
  if (option == "rate") {
    to.rate = parseRate(value);
    return to.rate > 0;
  }
  if (option == "bands") {
    const bands = parseNumberText(value, EGRESS_BANDS);
    to.bands = bands as i32;
    return bands >= BANDS_MINIMUM;
  }
  if (option == "default") {
    const minor = parseHex16(value);
    to.defaultMinor = minor as u32;
    return minor >= 0;
  }
  if (option == "perturb") {
    const seconds = parseNumberText(value, LONGEST_TIME / SECOND);
    to.perturb = seconds * SECOND;
    return seconds >= 0;
  }
  const size = parseSize(value);
  if (option == "quantum") {
    to.quantum = size as u32;
    return size == 0 || (size >= QUANTUM_MINIMUM && size <= QUANTUM_MAXIMUM);
  }
  to.burst = size as u32;
  return size > 0;
}

/** Reads up to PRIORITIES bands; those that are not given stay as they are. */
function takeMap(context: Context, to: QdiscSpecification): bool {
  const map = to.map.slice<StaticArray<u8>>();
  let count = 0;
  while (!context.ended()) {
    const band = context.peekNumber(EGRESS_BANDS);
    if (band < 0) break;
    context.take();
    if (count == PRIORITIES) {
      context.code = say(context, `"priomap" index ${band} > TC_PRIO_MAX=${PRIORITIES - 1}`);
      return false;
    }
    map[count++] = band as u8;
  }
  to.map = map;
  return true;
}

/**
 * Checks that the options fit together, and sets the limit of `tbf` from its latency. Returns false
 * after printing an error.
 */
function finish(context: Context, to: QdiscSpecification, latency: i64): bool {
  if (to.kind == "prio") {
    for (let i = 0; i < PRIORITIES; i++) {
      if ((to.map[i] as i32) < to.bands) continue;
      context.code = context.refused("Invalid argument");
      return false;
    }
  }
  if (to.kind != "tbf") return true;
  let fault = "";
  if (to.rate == 0) fault = 'the "rate" parameter is mandatory.';
  else if (to.burst == 0) fault = 'the "burst" parameter is mandatory.';
  else if (to.limit < 0 && latency < 0) fault = 'either "limit" or "latency" is required.';
  if (fault != "") {
    context.code = say(context, `tbf: ${fault}`);
    return false;
  }
  if (to.limit < 0) to.limit = to.limitFor(latency);
  return true;
}

function describeFqCodel(qdisc: FqCodel): string {
  const shares = qdisc.shares;
  const codel = qdisc.codel;
  const times = `target ${timeText(codel.target)} interval ${timeText(codel.interval)}`;
  const ecn = codel.ecn ? " ecn" : "";
  return `limit ${shares.limit}p flows ${shares.flows} quantum ${shares.quantum} ${times}${ecn}`;
}

/** Returns the lines that `tc -s qdisc show` adds to the counters. */
export function statisticsOf(qdisc: Qdisc): string {
  if (!(qdisc instanceof FqCodel)) return "";
  const it = qdisc as FqCodel;
  return (
    `  maxpacket ${it.longestPacket} drop_overlimit ${it.overLimit} ` +
    `new_flow_count ${it.newFlowCount} ecn_mark ${it.marked}\n` +
    `  new_flows_len ${it.newFlows.length} old_flows_len ${it.oldFlows.length}\n`
  );
}

/** Returns the options of a discipline as `tc qdisc show` prints them. */
export function describe(qdisc: Qdisc): string {
  if (qdisc instanceof Fifo) {
    const fifo = qdisc as Fifo;
    return fifo.limitBytes == 0 ? `limit ${fifo.limit}p` : `limit ${sizeText(fifo.limitBytes)}`;
  }
  if (qdisc instanceof Prio) {
    let text = `bands ${qdisc.classCount()} priomap`;
    const map = (qdisc as Prio).map;
    for (let i = 0; i < map.length; i++) text += ` ${map[i]}`;
    return text;
  }
  if (qdisc instanceof Tbf) {
    const tbf = qdisc as Tbf;
    const rate = tbf.bucket.rate;
    const burst = tbf.bucket.burst;
    const wait = ((tbf.limit as i64) - burst) * SECOND;
    const latency = timeText(max<i64>(wait, 0) / (rate as i64));
    return `rate ${rateText(rate)} burst ${sizeText(burst)} lat ${latency}`;
  }
  if (qdisc instanceof Sfq) {
    const sfq = qdisc as Sfq;
    const perturb = sfq.perturb > 0 ? ` perturb ${sfq.perturb / SECOND}sec` : "";
    const size = `quantum ${sizeText(sfq.quantum)} depth ${EGRESS_FRAMES}`;
    return `limit ${EGRESS_FRAMES}p ${size} divisor ${EGRESS_FLOWS}${perturb}`;
  }
  if (qdisc instanceof FqCodel) return describeFqCodel(qdisc as FqCodel);
  const htb = qdisc as Htb;
  const fallback = htb.defaultMinor == 0 ? "0" : `0x${htb.defaultMinor.toString(16)}`;
  const direct = `direct_packets_stat ${htb.directSent} direct_qlen ${EGRESS_FRAMES}`;
  return `r2q ${R2Q} default ${fallback} ${direct}`;
}
