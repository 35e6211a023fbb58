/** Log lines in the formats of netconsole and syslog. */
import { LogEntry } from "../../../core/log";
import { LogFormat, logMessage } from "../../../net/service/log/message";
import { textAt } from "./text";

export { allocateBytes } from "./text";

let message: ArrayBuffer = new ArrayBuffer(0);

/** Formats the line `number` with this text, from the host "box"; returns its address. */
export function format(
  format: LogFormat,
  time: i64,
  wallClock: i64,
  number: u32,
  pointer: usize,
  length: u32,
): usize {
  const entry = new LogEntry(time, textAt(pointer, length));
  message = logMessage(format, entry, number, "box", wallClock);
  return changetype<usize>(message);
}

export function messageLength(): u32 {
  return message.byteLength;
}
