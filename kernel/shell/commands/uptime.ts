/** `uptime`: how long the kernel has been running, in the words of uptime(1). */
import { CalendarTime } from "../../../core/calendar";
import { SECOND } from "../../../core/time";
import { Command, Job } from "../command";
import { Machine } from "../machine";
import { Options } from "../options";
import { Shell } from "../shell";

const OPTIONS: StaticArray<string> = ["p|pretty", "s|since"];

export class Uptime extends Command {
  constructor(private readonly machine: Machine) {
    super("uptime", "[-p | -s]", "shows how long the kernel runs (-s: since when)", [
      "uptime",
      "uptime -p",
    ]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const wall = this.machine.wallClock();
    const up = shell.now / SECOND;
    if (options.has("s")) {
      if (wall < 0) {
        return shell.failed(this, "the time of day is unknown, expected a real-time clock");
      }
      const since = new CalendarTime(wall / SECOND - up);
      shell.printLine(`${since.isoDate()} ${since.clock()}`);
    } else if (options.has("p")) {
      shell.printLine(`up ${inWords(up)}`);
    } else {
      const clock = wall < 0 ? "" : new CalendarTime(wall / SECOND).clock() + " ";
      shell.printLine(` ${clock}up ${brief(up)}`);
    }
    return shell.done();
  }
}

/** `3 days,  2:05`, `2:05`, `5 min` */
function brief(seconds: i64): string {
  const minutes = seconds / 60;
  const days = minutes / 1440;
  const hours = (minutes / 60) % 24;
  const before = days == 0 ? "" : days == 1 ? "1 day, " : `${days} days, `;
  if (hours == 0) return `${before}${minutes % 60} min`;
  return `${before}${hours.toString().padStart(2)}:${(minutes % 60).toString().padStart(2, "0")}`;
}

/** `1 day, 2 hours, 5 minutes`; below a minute in seconds. */
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
