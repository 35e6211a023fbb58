/**
 * Sends the kernel's log to another host, from the first line on. While the network is not up or
 * the host cannot be reached, lines wait in the log; those that it no longer keeps are counted.
 */
import { log, logEntry, nextLogLine, oldestLogLine } from "../../../core/log";
import { Pollable } from "../../../core/pollable";
import { NEVER } from "../../../core/time";
import { TimeOfDay } from "../../../core/time-of-day";
import { HostConfiguration } from "../host-configuration";
import { logMessage } from "./message";
import { LogTarget, LogTransport } from "./target";

/** The maximum number of lines sent in a turn. */
const BURST: u32 = 8;

/** Sends lines as fast as the transport accepts them. */
export class RemoteLog extends Pollable {
  /** The number of the line to send next. */
  private next: u32 = 0;

  constructor(
    private readonly target: LogTarget,
    private readonly transport: LogTransport,
    private readonly configuration: HostConfiguration,
    private readonly time: TimeOfDay,
  ) {
    super();
  }

  poll(now: i64): bool {
    if (!this.configuration.configured()) return false;
    this.next -= this.transport.poll(now);
    if (this.next == nextLogLine() || !this.transport.ready(now)) return false;
    this.skipLost();
    for (let i: u32 = 0; i < BURST && this.next != nextLogLine(); i++) {
      if (!this.transport.ready(now) || !this.sendNext(now)) return false;
      this.next++;
    }
    return this.next != nextLogLine();
  }

  pollAt(now: i64): i64 {
    if (!this.configuration.configured()) return NEVER;
    if (this.next != nextLogLine() && this.transport.ready(now)) return now;
    return this.transport.pollAt();
  }

  /** Skips the lines that the log no longer keeps, and logs how many there were. */
  private skipLost(): void {
    const lost = oldestLogLine() - this.next;
    if ((lost as i32) <= 0) return;
    this.next = oldestLogLine();
    log(`${this.target}: ${lost} lines of the log were dropped before they could be sent`);
  }

  private sendNext(now: i64): bool {
    const entry = logEntry(this.next);
    const clock = this.time.wallClock();
    const wallClock = clock < 0 ? -1 : clock - (now - entry.time);
    const hostname = this.configuration.hostname();
    const format = this.target.format;
    return this.transport.send(logMessage(format, entry, this.next, hostname, wallClock));
  }
}
