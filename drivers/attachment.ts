/** How a device is attached to the machine, on whatever bus: as its driver and the log see it. */
import { connect, InterruptHandler, InterruptKind, interruptKindName } from "../machine/interrupts";

export abstract class Attachment {
  /** The name of the driver in use, or "". Set by the code that starts the driver. */
  driver: string = "";
  /** How it interrupts, and its line or vector; none until it is connected. */
  interruptKind: InterruptKind = InterruptKind.None;
  interruptNumber: u32 = 0;

  constructor(
    /** Its 8259 line, as firmware or the boot loader set it; 0 or 255: none. */
    readonly interruptLine: u32,
  ) {}

  /** The device's place for the log, such as `pci 00:03.0`. */
  abstract place(): string;
  /** Stops the device from writing to memory, if its bus can do that. */
  abstract disableMaster(): void;

  /** Connects the interrupt in the best way there is. Returns false if there is none. */
  connectInterrupt(handler: InterruptHandler): bool {
    if (!connect(this.interruptLine, handler, true)) return false;
    this.interruptKind = InterruptKind.Pic;
    this.interruptNumber = this.interruptLine;
    return true;
  }

  /** How it interrupts, for the log: `irq 11`, `irq 48 (PCI-MSI)`, or `no irq`. */
  interruptText(): string {
    if (this.interruptKind == InterruptKind.None) return "no irq";
    const number = `irq ${this.interruptNumber}`;
    if (this.interruptKind == InterruptKind.Pic) return number;
    return `${number} (${interruptKindName(this.interruptKind)})`;
  }
}
