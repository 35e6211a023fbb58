/** Adds the controller's error counters (SDM 13.7) to those that the driver counts itself. */
import { DeviceCounters } from "../../net/phy/counters";
import {
  ALGNERRC,
  CEXTERR,
  CRCERRS,
  ECOL,
  LATECOL,
  MPC,
  Registers,
  RFC,
  RJC,
  RLEC,
  ROC,
  RXERRC,
  TNCRS,
} from "./registers";

/** The registers that are read; `addTo` says what each one counts. */
const COUNTED: StaticArray<u32> = [
  CRCERRS,
  ALGNERRC,
  RXERRC,
  CEXTERR,
  RLEC,
  RFC,
  ROC,
  RJC,
  MPC,
  ECOL,
  LATECOL,
  TNCRS,
];

export class Statistics {
  /** The value of each register when it was last read; 0 if reading clears it. */
  private readonly last: StaticArray<u32> = new StaticArray<u32>(COUNTED.length);

  constructor(private readonly registers: Registers) {}

  /** Discards what has been counted so far. */
  clear(): void {
    for (let i = 0; i < COUNTED.length; i++) this.fresh(i);
  }

  /** Adds what has been counted since the last call. */
  collect(counters: DeviceCounters): void {
    for (let i = 0; i < COUNTED.length; i++) addTo(counters, COUNTED[i], this.fresh(i) as u64);
  }

  /**
   * Returns what a register has counted since it was last read. Reading clears it by the SDM, but
   * not QEMU's error counters, which show the same number when they are read twice.
   */
  private fresh(i: i32): u32 {
    const first = this.registers.read(COUNTED[i]);
    if (first == 0) {
      this.last[i] = 0;
      return 0;
    }
    const second = this.registers.read(COUNTED[i]);
    if (second < first) {
      this.last[i] = 0;
      return first + second;
    }
    const since = second - this.last[i];
    this.last[i] = second;
    return since;
  }
}

function addTo(counters: DeviceCounters, register: u32, count: u64): void {
  if (count == 0) return;
  if (register == CRCERRS) counters.crcErrors += count;
  else if (register == RLEC || register == RFC) counters.lengthErrors += count;
  else if (register == ROC || register == RJC) counters.oversized += count;
  else if (register == MPC) counters.missedErrors += count;
  else if (register == ECOL || register == LATECOL) counters.collisions += count;
  else if (register == TNCRS) counters.carrierErrors += count;
  else counters.frameErrors += count;
}
