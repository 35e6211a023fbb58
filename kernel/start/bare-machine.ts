/** The machine that commands see, made of the real one: ACPI, the clock, devices to be stilled. */
import { log } from "../../core/log";
import { NAME, VERSION } from "../../core/version";
import { E1000 } from "../../drivers/intel/e1000";
import { Acpi, findAcpi } from "../../machine/acpi";
import { frequency } from "../../machine/clock";
import { memoryLimit } from "../../machine/host";
import { debugExit, powerOff, reboot } from "../../machine/power";
import { Machine } from "../shell/machine";
import { WallTime } from "./wall-time";

export class BareMachine implements Machine {
  readonly time: WallTime = new WallTime();
  private readonly acpi: Acpi = findAcpi();

  constructor(
    /** What still writes to memory when the machine goes: it is stopped before. */
    private readonly cards: Array<E1000>,
  ) {
    const memory = memoryLimit() / 1024;
    log(`${NAME} ${VERSION}: ${memory} KiB of memory, clock ${frequency() / 1_000_000} MHz`);
    this.time.start(this.acpi.centuryRegister);
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
    return this.time.wallClock();
  }
  wallClockSource(): string {
    return this.time.wallClockSource();
  }

  private quiesce(): void {
    for (let i = 0; i < this.cards.length; i++) this.cards[i].quiesce();
  }
}
