/**
 * Formats a log line for another host: as Linux's netconsole sends it, as text or in its extended
 * format (Documentation/networking/netconsole.rst), or as a message of syslog (RFC 5424).
 */

import { CalendarTime } from "../../../core/calendar";
import { LOG_MESSAGE_BYTES } from "../../../core/limits";
import { LogEntry } from "../../../core/log";
import { SECOND } from "../../../core/time";

export const enum LogFormat {
  /** `[    1.234567] text` and a line feed: netconsole. */
  Text,
  /** `6,NUMBER,MICROSECONDS,-;text` and a line feed: netconsole's extended format, /dev/kmsg's. */
  Extended,
  /** `<6>1 TIME HOST kernel - - - text` (RFC 5424 section 6). */
  Syslog,
}

/** Facility 0 (kernel messages), severity 6 (informational): the log has no levels. */
const PRIORITY: u32 = 6;

/**
 * Returns line `number` in a format, at most LOG_MESSAGE_BYTES of UTF-8. `hostname` and
 * `wallClock`, the line's time in microseconds since 1970 or less than 0 if that is not known, are
 * used by syslog alone.
 */
export function logMessage(
  format: LogFormat,
  entry: LogEntry,
  number: u32,
  hostname: string,
  wallClock: i64,
): ArrayBuffer {
  let text = `${entry.toString()}\n`;
  if (format == LogFormat.Extended) text = `${PRIORITY},${number},${entry.time},-;${entry.text}\n`;
  else if (format == LogFormat.Syslog) {
    text = `<${PRIORITY}>1 ${timestamp(wallClock)} ${hostname} kernel - - - ${entry.text}`;
  }
  const bytes = String.UTF8.encode(text);
  return (bytes.byteLength as u32) <= LOG_MESSAGE_BYTES ? bytes : shortened(bytes);
}

/** Cuts bytes of UTF-8 to LOG_MESSAGE_BYTES, between two characters. */
function shortened(bytes: ArrayBuffer): ArrayBuffer {
  let length: u32 = LOG_MESSAGE_BYTES;
  while ((load<u8>(changetype<usize>(bytes) + length) & 0xc0) == 0x80) length--;
  return bytes.slice(0, length);
}

/** `2026-11-22T13:05:05.123456Z` (RFC 5424 section 6.2.3), or `-` if the time is not known. */
function timestamp(wallClock: i64): string {
  if (wallClock < 0) return "-";
  const time = new CalendarTime(wallClock / SECOND);
  const micros = (wallClock % SECOND).toString().padStart(6, "0");
  return `${time.isoDate()}T${time.clock()}.${micros}Z`;
}
