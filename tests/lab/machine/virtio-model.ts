/** A virtio device (VIRTIO 1.2) as its transports see it: virtio-pci.ts and virtio-mmio.ts. */
import type { Width } from "./bus.ts";
import type { DeviceQueue } from "./virtio-queue.ts";

/** Device IDs (VIRTIO 5). */
export const [VIRTIO_NETWORK, VIRTIO_BLOCK] = [1, 2];
/** The entry of a queue, or of the configuration, that has no message. */
export const NO_MESSAGE = 0xffff;

/** The table of MSI-X messages of its PCI function. */
export interface Messages {
  readonly enabled: boolean;
  send(entry: number): void;
}

export interface VirtioModel {
  /** The device ID. */
  readonly kind: number;
  readonly queues: DeviceQueue[];
  /** The device's own configuration. */
  readonly config: Uint8Array;
  /** The width at which a driver must read `config` at an offset (VIRTIO 4.1.3.1). */
  configWidth(offset: number): Width;
  /** Its messages, and the entries that it uses of them: for the configuration, for the queues. */
  messages: Messages | undefined;
  readonly entries: { configuration: number; queues: number[] };
  /** The number of entries that it can use. */
  usableEntries: number;
  /** The feature bits that it offers. */
  offered(): bigint;
  accept(features: bigint): void;
  readStatus(): number;
  writeStatus(value: number): void;
  /** Reads and acknowledges the interrupt status. */
  readInterrupts(): number;
  notify(index: number): void;
}
