/** `date`: the time of day in UTC, as date(1) prints it. */
import { CalendarTime } from "../../../core/calendar";
import { TextBuilder } from "../../../core/text-builder";
import { SECOND } from "../../../core/time";
import { Command, Job } from "../command";
import { Machine } from "../machine";
import { Options } from "../options";
import { Shell } from "../shell";

const OPTIONS: StaticArray<string> = ["u|utc", "v|verbose"];

export class DateCommand extends Command {
  constructor(private readonly machine: Machine) {
    super("date", "[-v] [+FORMAT]", "shows the time of day (-v: and where it is from)", [
      "date",
      "date -v",
      "date +%s",
    ]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const format = options.operands.length > 0 ? options.operands[0] : "";
    if (format != "" && !format.startsWith("+")) {
      return shell.wrongUsage(this, "the time cannot be set");
    }
    const micros = this.machine.wallClock();
    if (micros < 0) {
      return shell.failed(this, "the time of day is unknown, expected a real-time clock");
    }
    const time = new CalendarTime(micros / SECOND);
    if (format == "") shell.printLine(time.toString());
    else shell.printLine(formatted(time, micros % SECOND, format.substring(1)));
    if (options.has("v")) shell.printLine(`source: ${this.machine.wallClockSource()}`);
    return shell.done();
  }
}

/** The conversions of date(1) that consist of digits, and those of the usual line. */
function formatted(time: CalendarTime, micros: i64, format: string): string {
  const text = new TextBuilder();
  for (let i = 0; i < format.length; i++) {
    const letter = i + 1 < format.length ? format.charAt(i + 1) : "";
    if (format.charAt(i) != "%" || letter == "") {
      text.addUnit(format.charCodeAt(i));
    } else {
      text.add(letter == "N" ? `${micros.toString().padStart(6, "0")}000` : field(time, letter));
      i++;
    }
  }
  return text.toString();
}

function field(time: CalendarTime, letter: string): string {
  if (letter == "s") return time.seconds.toString();
  if (letter == "Y") return time.year.toString();
  if (letter == "m") return time.isoDate().substring(5, 7);
  if (letter == "d") return time.isoDate().substring(8);
  if (letter == "F") return time.isoDate();
  if (letter == "T") return time.clock();
  if (letter == "H") return time.clock().substring(0, 2);
  if (letter == "M") return time.clock().substring(3, 5);
  if (letter == "S") return time.clock().substring(6);
  if (letter == "R") return time.clock().substring(0, 5);
  if (letter == "j") return time.dayOfYear().toString().padStart(3, "0");
  if (letter == "Z") return "UTC";
  return letter == "%" ? "%" : "%" + letter;
}
