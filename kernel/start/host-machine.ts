/** The machine that the kernel runs on: ACPI, the time of day, and power. */
import { log } from "../../core/log";
import { NAME, VERSION } from "../../core/version";
import { Nic } from "../../drivers/nic";
import { Acpi, findAcpi } from "../../machine/acpi";
import { frequency } from "../../machine/clock";
import { memoryLimit } from "../../machine/host";
import { debugExit, powerOff, reboot } from "../../machine/power";
import { PowerControl } from "../shell/power-control";
import { WallTime } from "./wall-time";

export class HostMachine implements PowerControl {
  readonly time: WallTime = new WallTime();
  private readonly acpi: Acpi = findAcpi();

  /** Logs memory and clock rate, and sets the time. Power-off and reboot first stop `nics`. */
  constructor(private readonly nics: Array<Nic>) {
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

  /** Stops the NICs, which could otherwise write to memory of the firmware or the next kernel. */
  private quiesce(): void {
    for (let i = 0; i < this.nics.length; i++) this.nics[i].quiesce();
  }
}
