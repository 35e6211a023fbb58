/** The controller's error counts (SDM 13.7), added to what the driver counts itself. */
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

/** The registers read, and what each is counted as: see `addTo`. */
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
  /** What each register held when it was last read. */
  private readonly last: StaticArray<u32> = new StaticArray<u32>(COUNTED.length);

  constructor(private readonly registers: Registers) {}

  /** Forgets what was counted before now. */
  clear(): void {
    for (let i = 0; i < COUNTED.length; i++) this.fresh(i);
  }

  /** Adds what was counted since the last time. */
  collect(counters: DeviceCounters): void {
    for (let i = 0; i < COUNTED.length; i++) addTo(counters, COUNTED[i], this.fresh(i) as u64);
  }

  /**
   * What a register has counted since it was last read. The SDM says that reading clears it;
   * QEMU's error counts stay. Read twice at once, one that stays shows the same number.
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
