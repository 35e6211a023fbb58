/**
 * The power button of ACPI's fixed hardware (specification 6.4, sections 4.8.2.2.1 and 4.8.3.1),
 * which hypervisors press to ask a machine to shut down. It raises the system control interrupt.
 */
import { Acpi } from "./acpi";
import { in16, out16 } from "./host";
import { isVirtual } from "./hypervisor";
import { connect, InterruptHandler, InterruptKind } from "./interrupts";
import { enableAcpi } from "./power";
import { Trigger } from "./trigger";

/** The button's bit in the PM1 status and enable registers. */
const BUTTON: u32 = 1 << 8;

export class PowerButton implements InterruptHandler {
  /** Whether it has been pressed. */
  pressed: bool = false;

  constructor(private readonly acpi: Acpi) {
    const status = acpi.pm1aEvent;
    const usable = status != 0 && acpi.fixedPowerButton && acpi.canPowerOff;
    // On a real machine, firmware may have enabled events that nothing here would end.
    if (usable && isVirtual() && this.connect()) {
      enableAcpi(acpi);
      out16(status, BUTTON);
      // Only the button: other events have no handler to end their interrupt.
      out16(status + acpi.pm1EventLength / 2, BUTTON);
    }
  }

  private connect(): bool {
    return connect(this.acpi.sciLine, this, Trigger.LevelLow) != InterruptKind.None;
  }

  /** Clears the event; writing 1 does. */
  interrupt(): void {
    const status = this.acpi.pm1aEvent;
    if ((in16(status) & BUTTON) == 0) return;
    out16(status, BUTTON);
    this.pressed = true;
  }
  interruptName(): string {
    return "acpi";
  }
}
