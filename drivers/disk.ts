/** The interface of a disk driver. Disks are read at boot only, before anything else needs time. */
import { Medium } from "../core/volume/medium";

export abstract class Disk extends Medium {
  /** Where it is, for the log, such as `pci 00:05.0`. */
  abstract place(): string;
  abstract driverName(): string;

  /** Starts the disk and finds its size. Returns false if there is none, or no medium in it. */
  abstract start(): bool;

  /** Stops all DMA permanently. */
  abstract stop(): void;
}
