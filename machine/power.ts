/**
 * Power-off and reset. The caller must first quiesce all devices that write to memory.
 */
import { Acpi, AddressSpace } from "./acpi";
import { delay } from "./delay";
import { halt, in8, in16, mmioWrite8, out8, out16 } from "./host";

/** QEMU's isa-debug-exit. */
const DEBUG_EXIT: u32 = 0xf4;
/** The reset control register of Intel's chipsets. */
const RESET_CONTROL: u32 = 0xcf9;
/** The keyboard controller (8042): status and command port; pulsing output 0 resets. */
const KEYBOARD: u32 = 0x64;
const KEYBOARD_BUSY: u32 = 0x02;
const KEYBOARD_RESET: u32 = 0xfe;

/** PM1 control register (ACPI section 4.8.3.2.1). */
const SCI_ENABLED: u32 = 1 << 0;
const SLEEP_ENABLE: u32 = 1 << 13;
const SLEEP_TYPE_SHIFT: u32 = 10;
const SLEEP_BITS: u32 = 0x3c00;

const WAIT_MICROSECONDS: u32 = 1000;
const WAIT_TRIES: u32 = 300;

/** Makes QEMU exit with status 2 * code + 1 if it has isa-debug-exit; otherwise does nothing. */
export function debugExit(code: u32): void {
  out8(DEBUG_EXIT, code & 255);
}

/** Enters ACPI state S5. Returns false if the tables do not describe it, or it has no effect. */
export function powerOff(acpi: Acpi): bool {
  if (!acpi.canPowerOff || acpi.pm1aControl == 0) return false;
  enableAcpi(acpi);
  sleep(acpi.pm1aControl, acpi.sleepTypeA);
  if (acpi.pm1bControl != 0) sleep(acpi.pm1bControl, acpi.sleepTypeB);
  for (let i: u32 = 0; i < WAIT_TRIES; i++) delay(WAIT_MICROSECONDS);
  return false;
}

/** Switches from legacy to ACPI mode (ACPI section 4.8.2.5). */
export function enableAcpi(acpi: Acpi): void {
  if (acpi.smiCommand == 0 || acpi.acpiEnable == 0) return;
  if ((in16(acpi.pm1aControl) & SCI_ENABLED) != 0) return;
  out8(acpi.smiCommand, acpi.acpiEnable);
  for (let i: u32 = 0; i < WAIT_TRIES; i++) {
    if ((in16(acpi.pm1aControl) & SCI_ENABLED) != 0) return;
    delay(WAIT_MICROSECONDS);
  }
}

/** Writes the sleep type, then type and enable bit, in two writes (section 4.8.3.2.1). */
function sleep(port: u32, type: u32): void {
  const control = (in16(port) & ~SLEEP_BITS) | (type << SLEEP_TYPE_SHIFT);
  out16(port, control);
  out16(port, control | SLEEP_ENABLE);
}

/** Resets by ACPI's reset register, the chipset's, or the keyboard controller; else halts. */
export function reboot(acpi: Acpi): void {
  if (acpi.resetSupported && acpi.resetAddress != 0) {
    if (acpi.resetSpace == AddressSpace.Port) out8(acpi.resetAddress as u32, acpi.resetValue);
    if (acpi.resetSpace == AddressSpace.Memory) mmioWrite8(acpi.resetAddress, acpi.resetValue);
    delay(WAIT_MICROSECONDS);
  }
  out8(RESET_CONTROL, 0x02);
  delay(50);
  out8(RESET_CONTROL, 0x06);
  delay(WAIT_MICROSECONDS);
  for (let i: u32 = 0; i < WAIT_TRIES && (in8(KEYBOARD) & KEYBOARD_BUSY) != 0; i++) delay(10);
  out8(KEYBOARD, KEYBOARD_RESET);
  delay(WAIT_MICROSECONDS);
  halt();
}
