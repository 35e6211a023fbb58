/**
 * The sections of anonymos.conf that describe egress queues: [PFIFO], [BFIFO],
 * [StochasticFairnessQueueing], [FairQueueingControlledDelay], [TokenBucketFilter],
 * [HierarchyTokenBucket], [HierarchyTokenBucketClass] and, for strict priority,
 * [EnhancedTransmissionSelection] (systemd.network(5)).
 */
import { EGRESS_BANDS, EGRESS_FLOWS, EGRESS_FRAMES } from "../../core/limits";
import { parseDecimalText } from "../../core/text";
import { MILLISECOND, SECOND } from "../../core/time";
import { ROOT } from "../../net/iface/qdisc/qdisc";
import {
  ClassSpecification,
  HIGHEST_RATE,
  LARGEST_SIZE,
  LONGEST_TIME,
  QdiscSpecification,
  QUANTUM_MAXIMUM,
  QUANTUM_MINIMUM,
} from "../../net/iface/qdisc/specification";
import { TrafficSetting } from "../../net/service/traffic-settings";
import { parseClassId, parseHex16 } from "./class-id";
import { BAD_BOOLEAN, parseBoolean, splitBlanks } from "./values";

export const TRAFFIC_SECTIONS: StaticArray<string> = [
  "PFIFO",
  "BFIFO",
  "StochasticFairnessQueueing",
  "FairQueueingControlledDelay",
  "TokenBucketFilter",
  "HierarchyTokenBucket",
  "HierarchyTokenBucketClass",
  "EnhancedTransmissionSelection",
];
/** tc's kind for each of TRAFFIC_SECTIONS; "class" marks the section of a class. */
const KINDS: StaticArray<string> = [
  "pfifo",
  "bfifo",
  "sfq",
  "fq_codel",
  "tbf",
  "htb",
  "class",
  "prio",
];
/** The keys of each section besides Parent= and Handle= or ClassId=. */
const KEYS: StaticArray<string> = [
  "PacketLimit=",
  "LimitBytes=",
  "PerturbPeriodSec=",
  "PacketLimit=, Flows=, QuantumBytes=, TargetSec=, IntervalSec= or ECN=",
  "Rate=, BurstBytes=, LimitBytes= or LatencySec=",
  "DefaultClass=",
  "Rate=, CeilRate=, BufferBytes=, CeilBufferBytes=, QuantumBytes= or Priority=",
  "Bands=, StrictBands= or PriorityMap=",
];

/** Collects the keys of one section. */
export class TrafficSection {
  private readonly index: i32;
  private readonly qdisc: QdiscSpecification;
  private parent: i64 = ROOT;
  private id: i64 = 0;
  private classSpecification: ClassSpecification = new ClassSpecification(0);
  private latency: i64 = -1;
  private strictBands: i64 = 0;
  /** Whether an invalid line leaves unknown where the queue or class belongs: it is not added. */
  private unclear: bool = false;

  constructor(private readonly name: string) {
    const index = TRAFFIC_SECTIONS.indexOf(name);
    this.index = index;
    this.qdisc = new QdiscSpecification(KINDS[index]);
  }

  private get isClass(): bool {
    return KINDS[this.index] == "class";
  }

  /** Applies KEY=VALUE. Returns "WHY, expected WHAT", or "" if it is valid. */
  set(key: string, value: string): string {
    if (key == "Parent") {
      const parent = parseClassId(value);
      if (parent < 0) return this.reject("invalid parent, expected root or MAJOR:MINOR like 1:10");
      this.parent = parent;
      return "";
    }
    if (key == "Handle" && !this.isClass) {
      const major = parseHex16(value.endsWith(":") ? value.substring(0, value.length - 1) : value);
      if (major < 1 || major == 0xffff) return this.reject("invalid handle, expected 1 to fffe");
      this.id = major << 16;
      return "";
    }
    if (key == "ClassId" && this.isClass) {
      const id = parseClassId(value);
      const valid: bool = id > 0 && id != ROOT && (id & 0xffff) != 0;
      if (!valid) return this.reject("invalid class, expected MAJOR:MINOR like 1:10");
      this.id = id;
      return "";
    }
    if (!` ${KEYS[this.index]},`.includes(` ${key}=`)) {
      const own = this.isClass ? "ClassId" : "Handle";
      const keys = `Parent=, ${own}=, ${KEYS[this.index]}`;
      return `unknown key in section [${this.name}], expected ${keys}`;
    }
    return this.isClass ? this.setClass(key, value) : this.setQdisc(key, value);
  }

  /** Notes an invalid line, which has been reported: the section is not to be applied. */
  spoil(): void {
    this.unclear = true;
  }

  /** Notes that it is unknown where the queue or class belongs. Returns `why`. */
  private reject(why: string): string {
    this.unclear = true;
    return why;
  }

  private setClass(key: string, value: string): string {
    const to = this.classSpecification;
    if (key == "Rate" || key == "CeilRate") {
      const rate = parseScaled(value, 1000, HIGHEST_RATE) / 8;
      if (rate < 1) return "invalid rate, expected bits per second like 5M";
      if (key == "Rate") to.rate = rate;
      else to.ceil = rate;
      return "";
    }
    if (key == "Priority") {
      const priority = parseDecimalText(value);
      if (priority < 0 || priority > 7) return "invalid priority, expected 0 to 7";
      to.priority = priority as u32;
      return "";
    }
    const size = parseScaled(value, 1024, LARGEST_SIZE);
    if (size < 1) return "invalid size, expected bytes like 16K";
    if (key == "BufferBytes") to.burst = size as u32;
    else if (key == "CeilBufferBytes") to.ceilBurst = size as u32;
    else to.quantum = size as u32;
    return "";
  }

  private setQdisc(key: string, value: string): string {
    const to = this.qdisc;
    if (to.kind == "fq_codel" && key != "PacketLimit") return this.setFqCodel(key, value);
    if (key == "Rate") {
      to.rate = max<i64>(parseScaled(value, 1000, HIGHEST_RATE) / 8, 0);
      return to.rate < 1 ? "invalid rate, expected bits per second like 5M" : "";
    }
    if (key == "PacketLimit") {
      const limit: i64 = parseDecimalText(value);
      const valid: bool = limit > 0 && limit <= (EGRESS_FRAMES as i64);
      if (!valid) return `invalid limit, expected 1 to ${EGRESS_FRAMES}`;
      to.limit = limit;
      return "";
    }
    if (key == "LatencySec" || key == "PerturbPeriodSec") {
      const time = parseSpan(value);
      if (time < 0) return "invalid time, expected seconds or a unit like 50ms";
      if (key == "LatencySec") this.latency = time;
      else to.perturb = time;
      return "";
    }
    if (key == "DefaultClass") {
      const minor = parseHex16(value);
      if (minor < 0) return "invalid class, expected a minor number like 30";
      to.defaultMinor = minor as u32;
      return "";
    }
    if (key == "Bands" || key == "StrictBands") {
      const bands = parseDecimalText(value);
      if (bands < 1 || bands > EGRESS_BANDS) return `invalid number, expected 1 to ${EGRESS_BANDS}`;
      if (key == "Bands") to.bands = bands as i32;
      else this.strictBands = bands;
      return "";
    }
    if (key == "PriorityMap") return this.setMap(value);
    const size = parseScaled(value, 1024, LARGEST_SIZE);
    if (size < 1) return "invalid size, expected bytes like 16K";
    if (key == "LimitBytes") to.limit = size;
    else to.burst = size as u32;
    return "";
  }

  private setFqCodel(key: string, value: string): string {
    const to = this.qdisc;
    if (key == "TargetSec" || key == "IntervalSec") {
      const time = parseSpan(value);
      if (time < 1) return "invalid time, expected seconds or a unit like 5ms";
      if (key == "TargetSec") to.target = time;
      else to.interval = time;
      return "";
    }
    if (key == "Flows") {
      const flows = parseDecimalText(value);
      const valid: bool = flows > 0 && flows <= (EGRESS_FLOWS as i64);
      if (!valid) return `invalid number, expected 1 to ${EGRESS_FLOWS}`;
      to.flows = flows as u32;
      return "";
    }
    if (key == "ECN") {
      const answer = parseBoolean(value);
      if (answer < 0) return BAD_BOOLEAN;
      to.ecn = answer == 1;
      return "";
    }
    const size = parseScaled(value, 1024, QUANTUM_MAXIMUM);
    if (size < QUANTUM_MINIMUM) {
      return `invalid size, expected ${QUANTUM_MINIMUM} to ${QUANTUM_MAXIMUM} bytes`;
    }
    to.quantum = size as u32;
    return "";
  }

  private setMap(value: string): string {
    const words = splitBlanks(value);
    const map = this.qdisc.map.slice<StaticArray<u8>>();
    for (let i = 0; i < words.length; i++) {
      const band = parseDecimalText(words[i]);
      if (i >= map.length || band < 0 || band >= EGRESS_BANDS) {
        return "invalid map, expected up to 16 band numbers from 0 to 15";
      }
      map[i] = band as u8;
    }
    this.qdisc.map = map;
    return "";
  }

  /** Ends the section. Returns "WHAT: WHY, expected WHAT", or "" if there is nothing to report. */
  finish(into: Array<TrafficSetting>): string {
    if (this.unclear) return "";
    const fault = this.fault();
    if (fault != "") return `[${this.name}]: ${fault}`;
    const parent = this.parent as u32;
    if (this.isClass) {
      const id = this.id as u32;
      const specification = new ClassSpecification(id);
      specification.copyFrom(this.classSpecification);
      const above = parent == ROOT ? id & 0xffff_0000 : parent;
      into.push(new TrafficSetting(null, specification, above, 0));
    } else into.push(new TrafficSetting(this.qdisc, null, parent, this.id as u32));
    return "";
  }

  /** Returns "WHY, expected WHAT" if a key is missing or keys do not fit together, or "". */
  private fault(): string {
    const to = this.qdisc;
    if (this.isClass) {
      if ((this.id & 0xffff) == 0) return "missing class, expected ClassId=MAJOR:MINOR";
      return this.classSpecification.rate == 0 ? "missing rate, expected Rate=" : "";
    }
    if (to.kind == "prio") {
      if (this.strictBands != (to.bands as i64)) {
        return "only strict bands are supported, expected StrictBands= equal to Bands=";
      }
      for (let i = 0; i < to.map.length; i++) {
        if ((to.map[i] as i32) < to.bands) continue;
        return "invalid map, expected PriorityMap= with band numbers below Bands=";
      }
    }
    if (to.kind != "tbf") return "";
    if (to.rate == 0 || to.burst == 0)
      return "missing rate or burst, expected Rate= and BurstBytes=";
    if (to.limit < 0 && this.latency < 0)
      return "missing limit, expected LatencySec= or LimitBytes=";
    if (to.limit < 0) to.limit = to.limitFor(this.latency);
    return "";
  }
}

/** Parses a number with an optional suffix K, M or G. Returns -1 if invalid or too large. */
function parseScaled(text: string, base: i64, maximum: i64): i64 {
  let factor: i64 = 1;
  if (text.endsWith("K")) factor = base;
  else if (text.endsWith("M")) factor = base * base;
  else if (text.endsWith("G")) factor = base * base * base;
  const digits = factor == 1 ? text : text.substring(0, text.length - 1);
  const value = parseDecimalText(digits);
  return value < 0 || value > maximum / factor ? -1 : value * factor;
}

/** Parses a time span of one unit: `2`, `2s`, `50ms`, `500us`. Returns microseconds, or -1. */
function parseSpan(text: string): i64 {
  let factor = SECOND;
  let digits = text;
  if (text.endsWith("ms")) factor = MILLISECOND;
  else if (text.endsWith("us")) factor = 1;
  if (factor != SECOND) digits = text.substring(0, text.length - 2);
  else if (text.endsWith("s")) digits = text.substring(0, text.length - 1);
  const value = parseDecimalText(digits.trimEnd());
  return value < 0 || value > LONGEST_TIME / factor ? -1 : value * factor;
}
