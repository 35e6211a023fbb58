/** The machine that the kernel runs on: ACPI, the time of day, and power. */
import { log } from "../../core/log";
import { Pollable, PollableList } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { NAME, VERSION } from "../../core/version";
import { Nic } from "../../drivers/nic";
import { Acpi, findAcpi } from "../../machine/acpi";
import { frequency } from "../../machine/clock";
import { memoryLimit } from "../../machine/host";
import { debugExit, powerOff, reboot } from "../../machine/power";
import { PowerButton } from "../../machine/power-button";
import { PowerControl } from "../shell/power-control";
import { WallTime } from "./wall-time";

/** Ends the machine once the button is pressed; its interrupt wakes the kernel. */
class Shutdown extends Pollable {
  constructor(
    private readonly button: PowerButton,
    private readonly power: PowerControl,
  ) {
    super();
  }

  poll(_now: i64): bool {
    if (!this.button.pressed) return false;
    this.button.pressed = false;
    log("power button pressed: powering off");
    this.power.powerOff();
    return false;
  }

  pollAt(_now: i64): i64 {
    return NEVER;
  }
}

export class HostMachine implements PowerControl {
  readonly time: WallTime = new WallTime();
  private readonly acpi: Acpi = findAcpi();

  /** Logs memory and clock rate, and sets the time. Power-off and reboot first stop `nics`. */
  constructor(private readonly nics: Array<Nic>) {
    const memory = memoryLimit() / 1024;
    log(`${NAME} ${VERSION}: ${memory} KiB of memory, clock ${frequency() / 1_000_000} MHz`);
    this.time.start(this.acpi.centuryRegister);
  }

  /** Switches the machine off when its power button is pressed, which hypervisors do to stop it. */
  watchPowerButton(tasks: PollableList): void {
    tasks.add(new Shutdown(new PowerButton(this.acpi), this));
  }

  /** Reports whether to look for a keyboard controller: ACPI does not say that there is none. */
  mayHaveKeyboard(): bool {
    return !this.acpi.noKeyboardController;
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
