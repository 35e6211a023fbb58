/** How a device is attached to the machine, on whatever bus: as its driver and the log see it. */

export abstract class Attachment {
  /** The name of the driver in use, or "". Set by the code that starts the driver. */
  driver: string = "";

  constructor(
    /** Its 8259 line, as firmware or the boot loader set it; 0 or 255: none. */
    readonly interruptLine: u32,
  ) {}

  /** The device's place for the log, such as `pci 00:03.0`. */
  abstract place(): string;
  /** Stops the device from writing to memory, if its bus can do that. */
  abstract disableMaster(): void;
}
