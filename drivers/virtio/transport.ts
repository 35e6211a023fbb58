/**
 * The interface of the virtio transports, and the initialization of a device, which is the same on
 * all of them. VIRTIO in this folder is the Virtual I/O Device specification, version 1.2.
 */
import { delay } from "../../machine/delay";
import { InterruptHandler } from "../../machine/interrupts";

// Feature bits that belong to no device type (VIRTIO 6; ANY_LAYOUT: 6.3).
export const FEATURE_ANY_LAYOUT: u64 = 1 << 27;
export const FEATURE_EVENT_INDEX: u64 = 1 << 29;
const FEATURE_VERSION_1: u64 = 1 << 32;
/** DMA addresses are those of the platform; without an IOMMU these are physical addresses. */
const FEATURE_ACCESS_PLATFORM: u64 = 1 << 33;

// Bits of the device status (VIRTIO 2.1).
const STATUS_ACKNOWLEDGE: u32 = 1;
const STATUS_DRIVER: u32 = 2;
const STATUS_DRIVER_OK: u32 = 4;
const STATUS_FEATURES_OK: u32 = 8;
const STATUS_NEEDS_RESET: u32 = 64;
const STATUS_FAILED: u32 = 128;

/** The interrupt status: the device's configuration has changed (VIRTIO 4.1.4.5, 4.2.2). */
export const INTERRUPT_CONFIGURATION: u32 = 2;

/** Reads of the status, 10 microseconds apart, until a reset counts as failed. */
const RESET_TRIES: u32 = 1000;

export abstract class Transport {
  /** The features that `negotiate` has agreed on. */
  features: u64 = 0;
  /** Whether interrupts are MSI-X messages, with which the interrupt status is not reliable. */
  usesMessages: bool = false;

  /** False for the legacy interface, which precedes version 1.0. */
  abstract isModern(): bool;
  abstract status(): u32;
  abstract setStatus(status: u32): void;
  abstract offeredFeatures(): u64;
  abstract acceptFeatures(features: u64): void;
  /** Returns the largest size of a queue; 0 if the device does not have the queue. */
  abstract queueLimit(index: u32): u32;
  /** Whether the size of a queue is always its limit. */
  abstract hasFixedSizes(): bool;
  /**
   * Gives a queue's memory to the device: physical addresses, as Virtqueue lays them out. Returns
   * false if the device asks for something impossible, or rejects the queue's message.
   */
  abstract enableQueue(index: u32, size: u32, table: u64, available: u64, used: u64): bool;
  /**
   * Has the device send one MSI-X message for all queues, and another when its configuration
   * changes. Called after `negotiate`. Returns false if that is not possible; the device then
   * interrupts by its line, as before.
   */
  connectMessages(_queues: InterruptHandler, _configuration: InterruptHandler): bool {
    return false;
  }
  /** Restores the message for configuration changes after a reset. Returns false if that fails. */
  enableConfigurationMessage(): bool {
    return true;
  }
  /** Tells the device that a queue has new available buffers. */
  abstract notify(index: u32): void;
  /** Reads and acknowledges the interrupt status. */
  abstract interruptStatus(): u32;
  /** Changes whenever the device's configuration does; always 0 on a legacy interface. */
  abstract generation(): u32;
  /**
   * Reads a field of the device's own configuration. An access is as wide as its field; a field of
   * 64 bits is read as two of 32 (VIRTIO 4.1.3.1, 4.2.2.2).
   */
  abstract config8(offset: u32): u32;
  abstract config16(offset: u32): u32;
  abstract config32(offset: u32): u32;

  /** Resets the device, which ends its DMA (VIRTIO 2.4). Returns false if that never completes. */
  reset(): bool {
    this.setStatus(0);
    for (let i: u32 = 0; i < RESET_TRIES; i++) {
      if (this.status() == 0) return true;
      delay(10);
    }
    return false;
  }

  /**
   * Resets the device and agrees on features: those wanted that it offers (VIRTIO 3.1.1). Returns
   * false if there is no agreement. Queues come next, then `start`.
   */
  negotiate(wanted: u64): bool {
    if (!this.reset()) return false;
    this.addStatus(STATUS_ACKNOWLEDGE);
    this.addStatus(STATUS_DRIVER);
    const offered = this.offeredFeatures();
    this.features = offered & (wanted | FEATURE_VERSION_1 | FEATURE_ACCESS_PLATFORM);
    if (!this.isModern()) {
      // A legacy interface has no features beyond 31, and no FEATURES_OK (VIRTIO 3.1.2).
      this.features &= 0xffff_ffff;
      this.acceptFeatures(this.features);
      return true;
    }
    if (this.has(FEATURE_VERSION_1)) {
      this.acceptFeatures(this.features);
      this.addStatus(STATUS_FEATURES_OK);
      if ((this.status() & STATUS_FEATURES_OK) != 0) return true;
    }
    this.fail();
    return false;
  }

  /** Reports whether `negotiate` has agreed on a feature. */
  has(feature: u64): bool {
    return (this.features & feature) != 0;
  }

  /** Lets the device run; its queues have been enabled. */
  start(): void {
    this.addStatus(STATUS_DRIVER_OK);
  }

  /** Tells the device that the driver has given up on it (VIRTIO 2.1). */
  fail(): void {
    this.addStatus(STATUS_FAILED);
  }

  /** Reports whether the device needs a reset, as it has had an error (VIRTIO 2.1.2). */
  needsReset(): bool {
    return (this.status() & STATUS_NEEDS_RESET) != 0;
  }

  private addStatus(bit: u32): void {
    this.setStatus(this.status() | bit);
  }
}
