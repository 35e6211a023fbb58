/**
 * The kernel's log: recent lines are kept for `dmesg`, and each is passed at once to the console,
 * if it has started. A line carries the time last set with `setLogTime`, because this layer has no
 * clock.
 */
import { LOG_LENGTH } from "./limits";

/** Receives each log line as it is written; the console implements it. */
export interface LogSink {
  logLine(line: string): void;
}

class LogEntry {
  constructor(
    readonly time: i64,
    readonly text: string,
  ) {}
}

const entries: Array<LogEntry> = [];
/** Characters in `entries`, at most LOG_LENGTH. */
let kept: u32 = 0;
let sink: LogSink | null = null;
let time: i64 = 0;

/** Sets the receiver of later log lines; earlier lines are not repeated. */
export function setLogSink(to: LogSink): void {
  sink = to;
}

/** Sets the time of later lines, in microseconds since boot. */
export function setLogTime(now: i64): void {
  time = now;
}

/** Logs one line, without its line ending. Allocates: do not call it on the packet path. */
export function log(text: string): void {
  entries.push(new LogEntry(time, text));
  kept += text.length;
  while (kept > LOG_LENGTH) kept -= entries.shift().text.length;
  const to = sink;
  if (to != null) to.logLine(formatLogLine(time, text));
}

/** Returns the kept lines, oldest first, as `dmesg` prints them. */
export function logLines(): Array<string> {
  const lines: Array<string> = [];
  for (let i = 0; i < entries.length; i++) {
    lines.push(formatLogLine(entries[i].time, entries[i].text));
  }
  return lines;
}

/** Formats a line as Linux does: `[    1.234567] text`. */
function formatLogLine(at: i64, text: string): string {
  const seconds = (at / 1_000_000).toString().padStart(5);
  const micros = (at % 1_000_000).toString().padStart(6, "0");
  return `[${seconds}.${micros}] ${text}`;
}
