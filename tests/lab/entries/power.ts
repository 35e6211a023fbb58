/** ACPI tables and power switches. */
import { Acpi, findAcpi } from "../../../machine/acpi";
import * as power from "../../../machine/power";
import { PowerButton } from "../../../machine/power-button";

let acpi: Acpi = new Acpi();

export function find(): bool {
  acpi = findAcpi();
  return acpi.revision != 0;
}
export function canPowerOff(): bool {
  return acpi.canPowerOff;
}
export function sleepTypes(): u32 {
  return (acpi.sleepTypeA << 8) | acpi.sleepTypeB;
}
export function century(): u32 {
  return acpi.centuryRegister;
}
let button!: PowerButton;
export function watchButton(): void {
  button = new PowerButton(acpi);
}
/** Lets the button's handler run, and reports whether the button has been pressed. */
export function pressed(): bool {
  button.interrupt();
  return button.pressed;
}
export function powerOff(): bool {
  return power.powerOff(acpi);
}
export function reboot(): void {
  power.reboot(acpi);
}
export function debugExit(code: u32): void {
  power.debugExit(code);
}
