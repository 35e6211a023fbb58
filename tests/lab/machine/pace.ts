/** How long accesses and turns take on a machine. */

/** Costs in nanoseconds. */
export interface Pace {
  port: number;
  mmio: number;
  timestamp: number;
  turn: number;
}

/** Close to QEMU's. */
export const emulated: Pace = { port: 150, mmio: 100, timestamp: 20, turn: 1000 };
/** A slow real machine, with ports behind an ISA bus. */
export const slow: Pace = { port: 1000, mmio: 400, timestamp: 30, turn: 10_000 };
