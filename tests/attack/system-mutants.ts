/** Mutants: one line each that breaks the kernel, and the rows of SYS that notice. */
import type { Line } from "./mutant-table.ts";

const E1000 = "drivers/intel/e1000.ts";
const RING = "drivers/intel/receive-ring.ts";

export const systemLines: Line[] = [
  ["SYS-01", "a socket's memory is kept", "net/socket/udp.ts", "this.received.free();", ""],
  [
    "SYS-02",
    "the clock is of 32 bits of milliseconds",
    "machine/clock.ts",
    "return (seconds * (SECOND as u64) + ((rest * scale) >> 32)) as i64;",
    "return ((seconds * (SECOND as u64) + ((rest * scale) >> 32)) % 4294967296000) as i64;",
  ],
  [
    "SYS-03",
    "every century is this one",
    "drivers/rtc.ts",
    "if (century < 19 || century > 29)",
    "if (true)",
  ],
  [
    "SYS-04",
    "there is always memory",
    "kernel/start/networking.ts",
    "return freeMemory();",
    "return u32.MAX_VALUE;",
  ],
  [
    "SYS-05",
    "the cable is not looked at",
    E1000,
    "if ((causes & reg.CAUSE_LSC) != 0)",
    "if (false)",
  ],
  [
    "SYS-06",
    "a line has no end",
    "kernel/shell/terminal/line-buffer.ts",
    "if (this.length >= this.units.length) return false;",
    "",
  ],
  ["SYS-07", "a silent line is relied on", E1000, "this.interruptDriven = false;", ""],
  [
    "SYS-08",
    "holes count",
    "kernel/shell/commands/free.ts",
    "memoryRegion(i, 2) == USABLE",
    "true",
  ],
  ["SYS-09", "errors pass", RING, "(result & ANY_ERROR) != 0", "false"],
  ["SYS-09", "no length is too great", RING, "length > LARGEST", "false"],
  [
    "SYS-10",
    "an abort goes on",
    "kernel/shell/commands/crash.ts",
    'throw new Error("crash abort was typed");',
    "seen = 2;",
  ],
];
