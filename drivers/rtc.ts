/**
 * The PC's real-time clock (Motorola MC146818): reads date and time from CMOS memory, in the format
 * that firmware has set. The clock is assumed to run in UTC.
 */
import { delay } from "../machine/delay";
import { in8, out8 } from "../machine/host";

const INDEX: u32 = 0x70;
const DATA: u32 = 0x71;

const SECONDS: u32 = 0x00;
const MINUTES: u32 = 0x02;
const HOURS: u32 = 0x04;
const DAY: u32 = 0x07;
const MONTH: u32 = 0x08;
const YEAR: u32 = 0x09;
const STATUS_A: u32 = 0x0a;
const STATUS_B: u32 = 0x0b;
const STATUS_D: u32 = 0x0d;

const UPDATE_IN_PROGRESS: u32 = 0x80;
const BINARY: u32 = 0x04;
const HOURS_24: u32 = 0x02;
const AFTERNOON: u32 = 0x80;
const BATTERY_GOOD: u32 = 0x80;

/** Reads of the status register before giving up; an update takes 2 ms, once a second. */
const UPDATE_TRIES: u32 = 5000;
const READ_TRIES: u32 = 5;
const INVALID: u32 = 0xffffffff;

/** Days before each month in a common year. */
const DAYS_BEFORE: StaticArray<u32> = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN: StaticArray<u32> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** One reading, in the clock's own format. */
class Reading {
  readonly second: u32 = cmos(SECONDS);
  readonly minute: u32 = cmos(MINUTES);
  readonly hour: u32 = cmos(HOURS);
  readonly day: u32 = cmos(DAY);
  readonly month: u32 = cmos(MONTH);
  readonly year: u32 = cmos(YEAR);
  readonly century: u32;

  constructor(centuryRegister: u32) {
    this.century = centuryRegister == 0 ? 0 : cmos(centuryRegister);
  }

  equals(other: Reading): bool {
    return (
      this.second == other.second &&
      this.minute == other.minute &&
      this.hour == other.hour &&
      this.day == other.day &&
      this.month == other.month &&
      this.year == other.year &&
      this.century == other.century
    );
  }
}

/**
 * Returns the seconds since 1970-01-01 00:00:00 UTC, or -1 if there is no clock, its battery is
 * flat or its date is invalid. `centuryRegister` is the FADT's, or 0; without one, years
 * below 70 are in the 21st century.
 */
export function readRtc(centuryRegister: u32): i64 {
  if ((cmos(STATUS_D) & BATTERY_GOOD) == 0) return -1;
  // CMOS memory has 128 bytes; the first 14 are registers of the clock.
  const century = centuryRegister > STATUS_D && centuryRegister < 128 ? centuryRegister : 0;
  for (let i: u32 = 0; i < READ_TRIES; i++) {
    if (!waitForUpdate()) return -1;
    const first = new Reading(century);
    if (!waitForUpdate()) return -1;
    // Equal readings mean that no update came between them.
    if (first.equals(new Reading(century))) return decode(first, cmos(STATUS_B));
  }
  return -1;
}

function cmos(register: u32): u32 {
  out8(INDEX, register);
  return in8(DATA) & 255;
}

/** Waits until no update is in progress. Returns false if one never ends, as without a clock. */
function waitForUpdate(): bool {
  for (let i: u32 = 0; i < UPDATE_TRIES; i++) {
    if ((cmos(STATUS_A) & UPDATE_IN_PROGRESS) == 0) return true;
    delay(1);
  }
  return false;
}

function decode(reading: Reading, format: u32): i64 {
  const second = number(reading.second, format);
  const minute = number(reading.minute, format);
  const hour = decodeHour(reading.hour, format);
  const day = number(reading.day, format);
  const month = number(reading.month, format);
  const inCentury = number(reading.year, format);
  if (second > 59 || minute > 59 || hour > 23 || inCentury > 99) return -1;
  if (month < 1 || month > 12 || day < 1) return -1;
  let century = reading.century == 0 ? 0 : number(reading.century, format);
  // Ignore an implausible century.
  if (century < 19 || century > 29) century = inCentury < 70 ? 20 : 19;
  const year = century * 100 + inCentury;
  const leap = month == 2 && isLeap(year) ? 1 : 0;
  if (year < 1970 || day > DAYS_IN[month - 1] + leap) return -1;
  const days = daysSince1970(year, month, day);
  return ((days * 24 + (hour as i64)) * 60 + (minute as i64)) * 60 + (second as i64);
}

/** Decodes a binary or BCD value; INVALID if it has a digit above 9. */
function number(value: u32, format: u32): u32 {
  if ((format & BINARY) != 0) return value;
  const high = value >>> 4;
  const low = value & 15;
  return high > 9 || low > 9 ? INVALID : high * 10 + low;
}

/** In 12-hour format, bit 7 means p.m., and hour 12 comes before hour 1. */
function decodeHour(value: u32, format: u32): u32 {
  if ((format & HOURS_24) != 0) return number(value, format);
  const hour = number(value & ~AFTERNOON, format);
  if (hour < 1 || hour > 12) return INVALID;
  return (hour % 12) + ((value & AFTERNOON) != 0 ? 12 : 0);
}

function isLeap(year: u32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

function daysSince1970(year: u32, month: u32, day: u32): i64 {
  const before = (year - 1) as i64;
  // Leap days in all years before this one, minus those before 1970.
  const leaps = before / 4 - before / 100 + before / 400 - 477;
  const thisYear = DAYS_BEFORE[month - 1] + day - 1 + (month > 2 && isLeap(year) ? 1 : 0);
  return ((year as i64) - 1970) * 365 + leaps + (thisYear as i64);
}
