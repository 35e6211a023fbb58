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

/** A line of the log. */
export class LogEntry {
  constructor(
    /** Microseconds since boot. */
    readonly time: i64,
    readonly text: string,
  ) {}

  /** Returns the line as Linux formats it: `[    1.234567] text`. */
  toString(): string {
    const seconds = (this.time / 1_000_000).toString().padStart(5);
    const micros = (this.time % 1_000_000).toString().padStart(6, "0");
    return `[${seconds}.${micros}] ${this.text}`;
  }
}

const entries: Array<LogEntry> = [];
/** The number of lines that are no longer kept, which is the number of the oldest in `entries`. */
let dropped: u32 = 0;
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
  const entry = new LogEntry(time, text);
  entries.push(entry);
  kept += text.length;
  while (kept > LOG_LENGTH) {
    kept -= entries.shift().text.length;
    dropped++;
  }
  const to = sink;
  if (to != null) to.logLine(entry.toString());
}

/** Returns the number of the oldest line that is kept; lines are numbered from 0 since boot. */
export function oldestLogLine(): u32 {
  return dropped;
}

/** Returns the number of the next line to be logged. */
export function nextLogLine(): u32 {
  return dropped + (entries.length as u32);
}

/** Returns the line with a number from `oldestLogLine()` to `nextLogLine() - 1`. */
export function logEntry(number: u32): LogEntry {
  return entries[number - dropped];
}

/** Returns the kept lines, oldest first, as `dmesg` prints them. */
export function logLines(): Array<string> {
  const lines: Array<string> = [];
  for (let i = 0; i < entries.length; i++) lines.push(entries[i].toString());
  return lines;
}
