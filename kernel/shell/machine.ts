/** What commands ask of the machine: power, and the time of day. kernel/main.ts supplies it. */

export interface Machine {
  /** Switches off. Comes back only when the machine did not obey. */
  powerOff(): void;
  /** Ends QEMU with exit status 2 * code + 1; comes back where isa-debug-exit is not. */
  debugExit(code: u32): void;
  /** Starts anew. Comes back only when the machine did not obey. */
  reboot(): void;
  /** Microseconds since 1970 (UTC) now, or -1 when nobody has told the time. */
  wallClock(): i64;
  /** Where that time is from, in words: "real-time clock". */
  wallClockSource(): string;
}
