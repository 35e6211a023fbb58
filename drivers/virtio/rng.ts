/**
 * The virtio entropy device (VIRTIO 5.4). At boot, the device fills one buffer with random bytes.
 */
import { allocateDma, physical } from "../../machine/dma";
import { dmaArrived } from "../../machine/host";
import { PciDevice } from "../pci/pci";
import { isVirtio, openPci } from "./pci";
import { Transport } from "./transport";
import { createQueue, NO_BUFFER, Virtqueue } from "./virtqueue";

/** The device ID (VIRTIO 5), and the PCI device ID of the transitional device (VIRTIO 4.1.2). */
const VIRTIO_ENTROPY: u32 = 4;
const TRANSITIONAL_ENTROPY: u32 = 0x1005;

/** Bytes requested. */
const REQUESTED: u32 = 64;
/**
 * How long to wait for them, in steps of 10 microseconds: 1 s. They usually arrive within a
 * millisecond, but on a busy host the emulator's thread that fetches them may not run for a tenth
 * of a second. Only a device that never responds delays the boot by the whole second.
 */
const WAIT_STEPS: u32 = 100_000;

/** Returns up to 64 random bytes from the first entropy device; none if it is missing or fails. */
export function readEntropyDevice(devices: Array<PciDevice>): StaticArray<u8> {
  for (let i = 0; i < devices.length; i++) {
    const device = devices[i];
    if (!isVirtio(device, VIRTIO_ENTROPY, TRANSITIONAL_ENTROPY)) continue;
    const transport = openPci(device, 0);
    if (transport == null) continue;
    device.driver = "virtio-rng";
    const bytes = readOnce(transport);
    transport.reset();
    device.disableMaster();
    return bytes;
  }
  return new StaticArray<u8>(0);
}

function readOnce(transport: Transport): StaticArray<u8> {
  const queue = transport.negotiate(0) ? createQueue(transport, 0, 1) : null;
  if (queue == null || !queue.enable()) return new StaticArray<u8>(0);
  const buffer = allocateDma(REQUESTED, 16);
  queue.describe(0, physical(buffer), REQUESTED, true);
  queue.offer(0);
  transport.start();
  queue.publish();
  return take(queue, buffer);
}

/** Waits until the device has filled the buffer, and returns its bytes. */
function take(queue: Virtqueue, buffer: usize): StaticArray<u8> {
  const length = queue.takeWithin(WAIT_STEPS) == NO_BUFFER ? 0 : min(queue.length, REQUESTED);
  dmaArrived(buffer, length);
  const bytes = new StaticArray<u8>(length as i32);
  memory.copy(changetype<usize>(bytes), buffer, length);
  memory.fill(buffer, 0, REQUESTED);
  return bytes;
}
