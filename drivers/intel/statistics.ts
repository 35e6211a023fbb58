/** Adds the controller's error counters (SDM 13.7) to the driver's own counters. */
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

/** The registers that are read; `addTo` maps them to counters. */
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

/** Reads the error counters. */
export class Statistics {
  /** The value of each register when it was last read; 0 if reading clears it. */
  private readonly last: StaticArray<u32> = new StaticArray<u32>(COUNTED.length);

  constructor(private readonly registers: Registers) {}

  /** Discards the counts so far. */
  clear(): void {
    for (let i = 0; i < COUNTED.length; i++) this.takeCount(i);
  }

  /** Adds the counts since the last call. */
  collect(counters: DeviceCounters): void {
    for (let i = 0; i < COUNTED.length; i++) {
      addTo(counters, COUNTED[i], this.takeCount(i) as u64);
    }
  }

  /**
   * Returns the count of a register since it was last read. According to the SDM, a read clears the
   * register, but QEMU does not clear error counters. A second read tells the cases apart.
   */
  private takeCount(i: i32): u32 {
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
