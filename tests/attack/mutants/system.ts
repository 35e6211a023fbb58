/** Mutants for the rows of SYS. */
import type { RowMutant } from "./row-mutant.ts";

const INTEL = "drivers/intel/intel-nic.ts";
const WATCH = "drivers/interrupt-watch.ts";
const RING = "drivers/intel/receive-ring.ts";

export const systemMutants: RowMutant[] = [
  ["SYS-01", "leaks a socket's memory", "net/socket/udp-socket.ts", "this.received.free();", ""],
  [
    "SYS-02",
    "wraps the clock after 2^32 ms",
    "machine/clock.ts",
    "return (seconds * (SECOND as u64) + ((rest * scale) >> 32)) as i64;",
    "return ((seconds * (SECOND as u64) + ((rest * scale) >> 32)) % 4294967296000) as i64;",
  ],
  [
    "SYS-03",
    "accepts any century from the clock",
    "drivers/rtc.ts",
    "if (century < 19 || century > 29)",
    "if (true)",
  ],
  [
    "SYS-04",
    "reports unlimited memory",
    "kernel/start/stack.ts",
    "return freeMemory();",
    "return u32.MAX_VALUE;",
  ],
  ["SYS-05", "ignores the link status", INTEL, "if ((causes & reg.CAUSE_LSC) != 0)", "if (false)"],
  [
    "SYS-06",
    "accepts a line of any length",
    "kernel/shell/terminal/line-buffer.ts",
    "if (this.length + count > this.units.length) return false;",
    "",
  ],
  ["SYS-07", "relies on interrupts that do not come", WATCH, "this.interruptDriven = false;", ""],
  ["SYS-08", "counts holes as memory", "machine/memory.ts", "memoryRegion(i, 2) == USABLE", "true"],
  ["SYS-09", "accepts frames with errors", RING, "(result & ANY_ERROR) != 0", "false"],
  ["SYS-09", "accepts frames of any length", RING, "length > LARGEST", "false"],
  [
    "SYS-10",
    "continues after an abort",
    "kernel/shell/commands/crash.ts",
    'throw new Error("crash abort was typed");',
    "seen = 2;",
  ],
];
