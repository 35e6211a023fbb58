/** The numbers of tc(8): rates, sizes, times and handles, as iproute2 reads and prints them. */
import { isDigit } from "../../../../core/text";
import { QueueCounters, ROOT } from "../../../../net/iface/qdisc/qdisc";
import {
  HIGHEST_RATE,
  LARGEST_SIZE,
  LONGEST_TIME,
} from "../../../../net/iface/qdisc/specification";
import { parseClassId } from "../../../config/class-id";
import { parseSeconds } from "../../options";

/** A unit: its name, and what it multiplies by. */
class Unit {
  constructor(
    readonly name: string,
    readonly factor: i64,
  ) {}
}

/** In bits per second; `bps` means bytes. */
const RATE_UNITS: Array<Unit> = [
  new Unit("", 1),
  new Unit("bit", 1),
  new Unit("kbit", 1000),
  new Unit("mbit", 1_000_000),
  new Unit("gbit", 1_000_000_000),
  new Unit("bps", 8),
  new Unit("kbps", 8000),
  new Unit("mbps", 8_000_000),
  new Unit("gbps", 8_000_000_000),
];
/** In bits. */
const SIZE_UNITS: Array<Unit> = [
  new Unit("", 8),
  new Unit("b", 8),
  new Unit("k", 8 << 10),
  new Unit("kb", 8 << 10),
  new Unit("m", 8 << 20),
  new Unit("mb", 8 << 20),
  new Unit("kbit", 1 << 10),
  new Unit("mbit", 1 << 20),
];
/** In microseconds. */
const TIME_UNITS: Array<Unit> = [
  new Unit("", 1),
  new Unit("s", 1_000_000),
  new Unit("sec", 1_000_000),
  new Unit("secs", 1_000_000),
  new Unit("ms", 1000),
  new Unit("msec", 1000),
  new Unit("msecs", 1000),
  new Unit("us", 1),
  new Unit("usec", 1),
  new Unit("usecs", 1),
];

/** Parses a number with its unit; three decimals count. Returns -1 if invalid or too large. */
function parseUnits(text: string, units: Array<Unit>, maximum: i64): i64 {
  let end = 0;
  while (end < text.length && (isDigit(text.charCodeAt(end)) || text.charAt(end) == ".")) end++;
  const millionths = parseSeconds(text.substring(0, end), maximum);
  const name = text.substring(end).toLowerCase();
  for (let i = 0; i < units.length; i++) {
    if (units[i].name != name || millionths < 0) continue;
    if (millionths / 1_000_000 > maximum / units[i].factor) return -1;
    const value = ((millionths / 1000) * units[i].factor) / 1000;
    return value <= maximum ? value : -1;
  }
  return -1;
}

/** Parses a rate. Returns bytes per second, or 0 if it is invalid. */
export function parseRate(text: string): u64 {
  return max<i64>(parseUnits(text, RATE_UNITS, HIGHEST_RATE) / 8, 0);
}

/** Parses a size. Returns bytes, or -1 if it is invalid. */
export function parseSize(text: string): i64 {
  const bits = parseUnits(text, SIZE_UNITS, LARGEST_SIZE * 8);
  return bits < 0 ? -1 : bits / 8;
}

/** Parses a time. Returns microseconds, or -1 if it is invalid. */
export function parseTime(text: string): i64 {
  return parseUnits(text, TIME_UNITS, LONGEST_TIME);
}

/** Formats a rate given in bytes per second: `5Mbit`. */
export function rateText(bytes: u64): string {
  const units: StaticArray<string> = ["bit", "Kbit", "Mbit", "Gbit"];
  let rate = bytes * 8;
  let unit = 0;
  while (unit < 3 && rate >= 1000 && (rate % 1000 == 0 || rate >= 1_000_000)) {
    rate /= 1000;
    unit++;
  }
  return rate.toString() + units[unit];
}

/** Formats a size: `15Kb`, `1600b`. */
export function sizeText(bytes: u32): string {
  const megabytes = (bytes + (1 << 19)) >>> 20;
  if (megabytes > 0 && isNear(bytes, megabytes << 20, 1024)) return `${megabytes}Mb`;
  const kilobytes = (bytes + 512) >>> 10;
  if (kilobytes > 0 && isNear(bytes, kilobytes << 10, 16)) return `${kilobytes}Kb`;
  return `${bytes}b`;
}

function isNear(bytes: u32, rounded: u32, distance: u32): bool {
  return bytes - rounded < distance || rounded - bytes < distance;
}

/** Formats microseconds: `50ms`, `1s`, `250us`. */
export function timeText(micros: i64): string {
  if (micros >= 1_000_000) return decimal(micros, 1_000_000) + "s";
  return micros >= 1000 ? decimal(micros, 1000) + "ms" : `${micros}us`;
}

/** Formats `value / unit` with up to three decimals, without trailing zeros. */
function decimal(value: i64, unit: i64): string {
  const whole = value / unit;
  const thousandths = ((value % unit) * 1000) / unit;
  if (thousandths == 0) return whole.toString();
  let digits = thousandths.toString().padStart(3, "0");
  while (digits.endsWith("0")) digits = digits.substring(0, digits.length - 1);
  return `${whole}.${digits}`;
}

/** Parses the handle of a discipline: `MAJOR:` or `MAJOR`. Returns -1 if it is invalid. */
export function parseHandle(text: string): i64 {
  const id = parseClassId(text.includes(":") ? text : text + ":");
  return (id & 0xffff) == 0 ? id : -1;
}

/** Formats a handle or the number of a class: `1:`, `1:10`. */
export function idText(id: u32): string {
  if (id == ROOT) return "root";
  const minor = id & 0xffff;
  return `${(id >>> 16).toString(16)}:${minor == 0 ? "" : minor.toString(16)}`;
}

/** Returns the two lines of counters that -s adds. */
export function countersText(counters: QueueCounters): string {
  const c = counters;
  return (
    ` Sent ${c.sentBytes} bytes ${c.sentPackets} pkt ` +
    `(dropped ${c.dropped}, overlimits ${c.overlimits} requeues 0) \n` +
    ` backlog ${sizeText(c.backlogBytes)} ${c.backlog}p requeues 0\n`
  );
}
