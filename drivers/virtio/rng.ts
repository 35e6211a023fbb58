/**
 * The virtio entropy device by its legacy PCI interface (Virtual I/O Device specification 1.1,
 * sections 2.6, 4.1.4.8 and 5.4). At boot, the device fills one buffer with random bytes.
 *
 *     ├ descriptors, 16 bytes each ┼ available: flags, index, ring ┼ padding to the next page
 *     ┼ used: flags, index, ring ┤
 */
import { VIRTIO_QUEUE } from "../../core/limits";
import { delay } from "../../machine/delay";
import { allocateDma, physical } from "../../machine/dma";
import { dmaArrived, dmaLoad64, in8, in16, in32, out8, out16, out32 } from "../../machine/host";
import { PciDevice } from "../pci/pci";

const VIRTIO: u32 = 0x1af4;
/** The transitional device, which has the legacy interface. */
const ENTROPY_DEVICE: u32 = 0x1005;

// Registers in port space (section 4.1.4.8).
const GUEST_FEATURES: u32 = 4;
const QUEUE_ADDRESS: u32 = 8;
const QUEUE_SIZE: u32 = 12;
const QUEUE_SELECT: u32 = 14;
const QUEUE_NOTIFY: u32 = 16;
const STATUS: u32 = 18;
const INTERRUPT_STATUS: u32 = 19;

// Bits of the status register (section 2.1).
const ACKNOWLEDGE: u32 = 1;
const DRIVER: u32 = 2;
const DRIVER_READY: u32 = 4;

const PAGE: u32 = 4096;
const DESCRIPTOR: u32 = 16;
const WRITABLE: u32 = 2;
const NO_INTERRUPT: u32 = 1;
/** Bytes requested. */
const REQUESTED: u32 = 64;
/**
 * How long to wait for them, in steps of 10 microseconds: 1 s. They usually arrive within a
 * millisecond, but on a busy host the emulator's thread that fetches them may not run for a tenth
 * of a second. Only a device that never answers delays the boot by a whole second.
 */
const WAIT_STEPS: u32 = 100_000;

/** Returns up to 64 random bytes from the first entropy device; none if it is missing or fails. */
export function readEntropyDevice(devices: Array<PciDevice>): StaticArray<u8> {
  for (let i = 0; i < devices.length; i++) {
    const device = devices[i];
    if (device.vendor != VIRTIO || device.device != ENTROPY_DEVICE) continue;
    const bar = device.bar(0);
    if (bar == null || !bar.io) continue;
    device.enable();
    device.driver = "virtio-rng";
    const bytes = readOnce(bar.address as u32);
    // A reset ends its DMA (section 2.1.1).
    out8((bar.address as u32) + STATUS, 0);
    device.disableMaster();
    return bytes;
  }
  return new StaticArray<u8>(0);
}

function readOnce(base: u32): StaticArray<u8> {
  // Section 3.1.1: reset, acknowledge, accept no features, set up the queue, start.
  out8(base + STATUS, 0);
  out8(base + STATUS, ACKNOWLEDGE);
  out8(base + STATUS, ACKNOWLEDGE | DRIVER);
  out32(base + GUEST_FEATURES, 0);
  out16(base + QUEUE_SELECT, 0);
  const size = in16(base + QUEUE_SIZE);
  if (size == 0 || size > VIRTIO_QUEUE || in32(base + QUEUE_ADDRESS) != 0) {
    return new StaticArray<u8>(0);
  }
  const available = size * DESCRIPTOR;
  const used = (available + 6 + 2 * size + PAGE - 1) & ~(PAGE - 1);
  const ring = allocateDma(used + PAGE + 8 * size, PAGE);
  const buffer = allocateDma(REQUESTED, 16);
  store<u64>(ring, physical(buffer));
  store<u32>(ring + 8, REQUESTED);
  store<u16>(ring + 12, WRITABLE);
  store<u16>(ring + available, NO_INTERRUPT);
  // Entry 0 of the zeroed ring is descriptor 0; the index makes it available.
  store<u16>(ring + available + 2, 1);
  out32(base + QUEUE_ADDRESS, (physical(ring) / PAGE) as u32);
  out8(base + STATUS, ACKNOWLEDGE | DRIVER | DRIVER_READY);
  out16(base + QUEUE_NOTIFY, 0);
  return take(base, ring + used, buffer);
}

/** Waits until the buffer is in the used ring, and returns its bytes. */
function take(base: u32, used: usize, buffer: usize): StaticArray<u8> {
  for (let i: u32 = 0; i < WAIT_STEPS; i++) {
    if (returned(used)) break;
    // The read also lets an emulator's other threads run.
    in8(base + INTERRUPT_STATUS);
    delay(10);
  }
  // The entry of the used ring holds the number of bytes written.
  const length: u32 = returned(used) ? min<u32>(dmaLoad64(used + 8) as u32, REQUESTED) : 0;
  dmaArrived(buffer, length);
  const bytes = new StaticArray<u8>(length as i32);
  memory.copy(changetype<usize>(bytes), buffer, length);
  memory.fill(buffer, 0, REQUESTED);
  return bytes;
}

/** Reports whether the used index, which follows the flags, is 1. */
function returned(used: usize): bool {
  return ((dmaLoad64(used) >> 16) & 0xffff) == 1;
}
