/** Converts seconds since 1970 to a Gregorian date and time (UTC). */

const DAY_SECONDS: i64 = 86_400;
/** Days from 1 March 0000 to 1 January 1970. */
const EPOCH_DAYS: i64 = 719_468;
/** Days in 400 years. */
const ERA_DAYS: i64 = 146_097;

const WEEKDAYS: StaticArray<string> = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: StaticArray<string> = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

/** Returns the days from 1 January 1970 to a date; month and day count from 1. */
function daysOf(year: i64, month: i64, day: i64): i64 {
  // Count years from March, so that the leap day comes last.
  const marchYear = month <= 2 ? year - 1 : year;
  const era = marchYear / 400;
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return (
    era * ERA_DAYS + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - EPOCH_DAYS
  );
}

/** Returns the seconds from 1970 to a date; month and day count from 1. */
export function secondsOf(year: i64, month: i64, day: i64): i64 {
  return daysOf(year, month, day) * DAY_SECONDS;
}

/** A date and time of day in UTC. */
export class CalendarTime {
  readonly year: i64;
  /** 1..12 */
  readonly month: i64;
  /** 1..31 */
  readonly day: i64;
  readonly hour: i64;
  readonly minute: i64;
  readonly second: i64;
  /** 0 = Sunday */
  readonly weekday: i64;

  /** `seconds` since 1970; must not be negative. */
  constructor(readonly seconds: i64) {
    const days = seconds / DAY_SECONDS;
    const rest = seconds % DAY_SECONDS;
    const shifted = days + EPOCH_DAYS;
    const era = shifted / ERA_DAYS;
    const dayOfEra = shifted - era * ERA_DAYS;
    const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
    const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const marchMonth = (5 * dayOfYear + 2) / 153;
    const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
    this.year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
    this.month = month;
    this.day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
    this.hour = rest / 3600;
    this.minute = (rest / 60) % 60;
    this.second = rest % 60;
    this.weekday = (days + 4) % 7;
  }

  /** `Sun Nov 22 13:05:05 UTC 2026`, as date(1) prints it. */
  toString(): string {
    const weekday = WEEKDAYS[this.weekday as i32];
    const day = this.day.toString().padStart(2);
    return `${weekday} ${this.monthName()} ${day} ${this.clock()} UTC ${this.year}`;
  }

  /** `Nov` */
  monthName(): string {
    return MONTHS[(this.month - 1) as i32];
  }

  /** The day of the year, 1..366. */
  dayOfYear(): i64 {
    return this.seconds / DAY_SECONDS - daysOf(this.year, 1, 1) + 1;
  }

  /** `13:05:05` */
  clock(): string {
    return `${two(this.hour)}:${two(this.minute)}:${two(this.second)}`;
  }

  /** `2026-11-22` */
  isoDate(): string {
    return `${this.year}-${two(this.month)}-${two(this.day)}`;
  }
}

function two(value: i64): string {
  return value.toString().padStart(2, "0");
}
