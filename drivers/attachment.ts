/** Where a device is attached to the machine: what its driver and the log need to know of that. */

export abstract class Attachment {
  /** The name of the driver in use, or "". Set by the code that starts the driver. */
  driver: string = "";

  constructor(
    /** The 8259 line of its interrupt, by firmware or loader; 0 or 255 for none. */
    readonly interruptLine: u32,
  ) {}

  /** The device's place for the log, such as `pci 00:03.0`. */
  abstract place(): string;
  /** Keeps the device from writing to memory, as far as its bus can do that. */
  abstract disableMaster(): void;
}
