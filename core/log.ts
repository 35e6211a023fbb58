/**
 * The kernel's log: lines kept in a ring for `dmesg`, and handed to the console as they come.
 * Times are those of the last `setLogTime`, for this layer has no clock.
 */
import { LOG_BYTES } from "./limits";

/** Who shows log lines while they happen: the console, once there is one. */
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
let kept: u32 = 0;
let sink: LogSink | null = null;
let time: i64 = 0;

export function setLogSink(to: LogSink): void {
  sink = to;
}

/** The time that the lines from here on carry, in microseconds since boot. */
export function setLogTime(now: i64): void {
  time = now;
}

/** One line, without its line end. Not to be called from the packet path: it allocates. */
export function log(text: string): void {
  entries.push(new LogEntry(time, text));
  kept += text.length;
  while (kept > LOG_BYTES) kept -= entries.shift().text.length;
  const to = sink;
  if (to != null) to.logLine(formatLogLine(time, text));
}

/** The lines still kept, oldest first, as `dmesg` prints them. */
export function logLines(): Array<string> {
  const lines: Array<string> = [];
  for (let i = 0; i < entries.length; i++) {
    lines.push(formatLogLine(entries[i].time, entries[i].text));
  }
  return lines;
}

/** `[    1.234567] text`, as Linux prints it. */
function formatLogLine(at: i64, text: string): string {
  const seconds = (at / 1_000_000).toString().padStart(5);
  const micros = (at % 1_000_000).toString().padStart(6, "0");
  return `[${seconds}.${micros}] ${text}`;
}
