/**
 * The machine's time of day, from the real-time clock at boot, but never before the source date:
 * SOURCE_DATE_EPOCH or the commit's time.
 */
import { CalendarTime } from "../../core/calendar";
import { SECOND } from "../../core/time";
import { REAL_TIME_CLOCK, TimeOfDay } from "../../core/time-of-day";
import { readRtc } from "../../drivers/rtc";
import { setWallClockFrom, wallClock, wallClockSource } from "../../machine/clock";
import { buildTime } from "../../machine/host";

export class WallTime implements TimeOfDay {
  wallClock(): i64 {
    return wallClock();
  }
  wallClockSource(): string {
    return wallClockSource();
  }
  floor(): i64 {
    return (buildTime() as i64) * SECOND;
  }
  setWallClock(micros: i64, source: string): void {
    setWallClockFrom(max<i64>(micros, this.floor()), source);
  }

  /** Sets the clock from the real-time clock; `centuryRegister` is the FADT's. */
  start(centuryRegister: u32): void {
    const seconds = readRtc(centuryRegister);
    if (seconds * SECOND >= this.floor()) {
      setWallClockFrom(seconds * SECOND, REAL_TIME_CLOCK);
    } else if (seconds >= 0) {
      const date = new CalendarTime(seconds).isoDate();
      this.useFloor(`the real-time clock says ${date}`);
    } else {
      this.useFloor("there is no real-time clock with a valid date");
    }
  }

  private useFloor(reason: string): void {
    setWallClockFrom(this.floor(), `the kernel's source date, because ${reason}`);
  }
}
