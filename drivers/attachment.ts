/** How a device is attached to the machine, on whatever bus: as its driver and the log see it. */
import { connect, InterruptHandler, InterruptKind, interruptKindName } from "../machine/interrupts";
import { Trigger } from "../machine/trigger";

export abstract class Attachment {
  /** The name of the driver in use, or "". Set by the code that starts the driver. */
  driver: string = "";
  /** How it interrupts, and its line or vector; none until it is connected. */
  interruptKind: InterruptKind = InterruptKind.None;
  interruptNumber: u32 = 0;

  constructor(
    /**
     * Its line, as firmware or the boot loader set it: of the 8259 pair, or from 16 on the global
     * number of an IO-APIC's input; 0 or 255: none.
     */
    readonly interruptLine: u32,
    private readonly trigger: Trigger,
  ) {}

  /** The device's place for the log, such as `pci 00:03.0`. */
  abstract place(): string;
  /** Stops the device from writing to memory, if its bus can do that. */
  abstract disableMaster(): void;

  /** Connects the interrupt in the best way there is. Returns false if there is none. */
  connectInterrupt(handler: InterruptHandler): bool {
    this.interruptKind = connect(this.interruptLine, handler, this.trigger);
    this.interruptNumber = this.interruptLine;
    return this.interruptKind != InterruptKind.None;
  }

  /** How it interrupts, for the log: `irq 11`, `irq 24 (IO-APIC)`, or `no irq`. */
  interruptText(): string {
    if (this.interruptKind == InterruptKind.None) return "no irq";
    const number = `irq ${this.interruptNumber}`;
    if (this.interruptKind == InterruptKind.Pic) return number;
    return `${number} (${interruptKindName(this.interruptKind)})`;
  }
}
