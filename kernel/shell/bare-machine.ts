/** The machine that commands see, made of the real one: ACPI, the clock, devices to be stilled. */
import { E1000 } from "../../drivers/e1000/e1000";
import { readRtc } from "../../drivers/rtc";
import { log } from "../core/log";
import { SECOND } from "../core/time";
import { NAME, VERSION } from "../core/version";
import { Acpi, findAcpi } from "../machine/acpi";
import { frequency, setWallClock, wallClock } from "../machine/clock";
import { memoryLimit } from "../machine/host";
import { debugExit, powerOff, reboot } from "../machine/power";
import { Machine } from "./machine";

export class BareMachine implements Machine {
  private readonly acpi: Acpi = findAcpi();

  constructor(
    /** What still writes to memory when the machine goes: it is stopped before. */
    private readonly cards: Array<E1000>,
  ) {
    const memory = memoryLimit() / 1024;
    log(`${NAME} ${VERSION}: ${memory} KiB of memory, clock ${frequency() / 1_000_000} MHz`);
    const seconds = readRtc(this.acpi.centuryRegister);
    if (seconds >= 0) setWallClock(seconds * SECOND);
  }

  powerOff(): void {
    this.quiesce();
    powerOff(this.acpi);
  }
  debugExit(code: u32): void {
    debugExit(code);
  }
  reboot(): void {
    this.quiesce();
    reboot(this.acpi);
  }
  wallClock(): i64 {
    return wallClock();
  }
  wallClockSource(): string {
    return wallClock() < 0 ? "no clock" : "real-time clock";
  }

  private quiesce(): void {
    for (let i = 0; i < this.cards.length; i++) this.cards[i].quiesce();
  }
}
