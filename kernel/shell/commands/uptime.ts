/**
 * uptime [-p | -s]
 *
 * Prints the time of day and how long the kernel has been running, as uptime(1) of procps does.
 * There are no users and no load to print. -p prints the duration in words, -s the time of the
 * start. Times of day are in UTC; an unknown time of day is left out. If the clock is stepped, -s
 * shows another start.
 *
 * Exit codes: 0 success; 1 the time of day is unknown (-s); 2 wrong usage (1 in procps).
 */
import { CalendarTime } from "../../../core/calendar";
import { SECOND } from "../../../core/time";
import { TimeOfDay } from "../../../core/time-of-day";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

const OPTIONS: StaticArray<string> = ["p|pretty", "s|since"];

export class Uptime extends Command {
  constructor(private readonly clock: TimeOfDay) {
    super("uptime", "[-p | -s]", "prints how long the kernel has been running (-s: since when)", [
      "uptime",
      "uptime -p",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const wall = this.clock.wallClock();
    const up = session.now / SECOND;
    if (options.has("s")) {
      if (wall < 0) {
        return this.failed(session, "the time of day is unknown");
      }
      const since = new CalendarTime(wall / SECOND - up);
      session.printLine(`${since.isoDate()} ${since.clock()}`);
    } else if (options.has("p")) {
      session.printLine(`up ${inWords(up)}`);
    } else {
      const clock = wall < 0 ? "" : new CalendarTime(wall / SECOND).clock() + " ";
      session.printLine(` ${clock}up ${brief(up)}`);
    }
    return this.done();
  }
}

/** `3 days,  2:05`, ` 2:05`, `5 min` */
function brief(seconds: i64): string {
  const minutes = seconds / 60;
  const days = minutes / 1440;
  const hours = (minutes / 60) % 24;
  const before = days == 0 ? "" : days == 1 ? "1 day, " : `${days} days, `;
  if (hours == 0) return `${before}${minutes % 60} min`;
  return `${before}${hours.toString().padStart(2)}:${(minutes % 60).toString().padStart(2, "0")}`;
}

/** `1 day, 2 hours, 5 minutes`; less than a minute in seconds. */
function inWords(seconds: i64): string {
  if (seconds < 60) return count(seconds, "second");
  const minutes = seconds / 60;
  const parts: Array<string> = [];
  if (minutes >= 1440) parts.push(count(minutes / 1440, "day"));
  if ((minutes / 60) % 24 > 0) parts.push(count((minutes / 60) % 24, "hour"));
  if (minutes % 60 > 0) parts.push(count(minutes % 60, "minute"));
  return parts.join(", ");
}

function count(number: i64, unit: string): string {
  return number == 1 ? `1 ${unit}` : `${number} ${unit}s`;
}
