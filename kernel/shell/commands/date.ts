/**
 * date [-v] [+FORMAT]
 *
 * Prints the time of day in UTC, as date(1) of coreutils does in the C locale. -u is accepted and
 * changes nothing. The conversions of FORMAT are %% %d %F %H %j %m %M %N %R %s %S %T %Y %Z; others
 * are printed as they are typed.
 *
 * Unlike date(1) of coreutils, it cannot set the clock (`ntp` does), and there are no time zones
 * and no -d, -r and -R. -v also prints the source of the time: the real-time clock, a time server
 * or the kernel's source date.
 *
 * Exit codes: 0 success; 1 the time of day is unknown; 2 wrong usage (1 in coreutils).
 */
import { CalendarTime } from "../../../core/calendar";
import { TextBuilder } from "../../../core/text-builder";
import { SECOND } from "../../../core/time";
import { TimeOfDay } from "../../../core/time-of-day";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

const OPTIONS: StaticArray<string> = ["u|utc", "v|verbose"];

export class DateCommand extends Command {
  constructor(private readonly clock: TimeOfDay) {
    super("date", "[-v] [+FORMAT]", "prints the time of day (-v: and its source)", [
      "date",
      "date -v",
      "date +%s",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const format = options.operands.length > 0 ? options.operands[0] : "";
    if (format != "" && !format.startsWith("+")) {
      return this.wrongUsage(session, `invalid date '${printable(format)}'`);
    }
    const micros = this.clock.wallClock();
    if (micros < 0) {
      return this.failed(session, "the time of day is unknown");
    }
    const time = new CalendarTime(micros / SECOND);
    if (format == "") session.printLine(time.toString());
    else session.printLine(formatted(time, micros % SECOND, format.substring(1)));
    if (options.has("v")) session.printLine(`source: ${this.clock.wallClockSource()}`);
    return this.done();
  }
}

/** Expands the conversions of date(1); unknown ones stay as they are. */
function formatted(time: CalendarTime, micros: i64, format: string): string {
  const text = new TextBuilder();
  for (let i = 0; i < format.length; i++) {
    const letter = i + 1 < format.length ? format.charAt(i + 1) : "";
    if (format.charAt(i) != "%" || letter == "") {
      text.addUnit(format.charCodeAt(i));
    } else {
      // The clock has a resolution of a microsecond, so %N ends in three zeros.
      text.add(letter == "N" ? `${micros.toString().padStart(6, "0")}000` : field(time, letter));
      i++;
    }
  }
  return text.toString();
}

/** Returns one conversion. */
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
