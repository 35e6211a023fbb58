/**
 * The driver for virtio block devices (VIRTIO 5.2). It reads one page at a time and waits for it,
 * without interrupts. A request is a header, a buffer for the data and a byte for the status:
 *
 *     ├ type, 4 ┼ reserved, 4 ┼ sector, 8 ┤ ─> ├ up to 2,048 bytes ┤ ─> ├ status, 1 ┤
 */
import { PAGE } from "../../core/volume/medium";
import { allocateDma, physical } from "../../machine/dma";
import { dmaArrived, dmaReady } from "../../machine/host";
import { Attachment } from "../attachment";
import { Disk } from "../disk";
import { Transport } from "./transport";
import { createQueue, NO_BUFFER, Virtqueue } from "./virtqueue";

/** The driver's name in the log. */
export const VIRTIO_BLOCK_DRIVER: string = "virtio-blk";

/** The unit of the capacity and of positions, whatever the device's block size is. */
const SECTOR: u32 = 512;
/** The capacity in the configuration (VIRTIO 5.2.4), and how much of the configuration is read. */
const CAPACITY: u32 = 0;
export const BLOCK_CONFIG: u32 = CAPACITY + 8;

/** The header of a request to read (VIRTIO 5.2.6), and a status that no device writes. */
const READ: u32 = 0;
const HEADER: u32 = 16;
const STATUS_OK: u8 = 0;
const STATUS_UNKNOWN: u8 = 0xff;
/** The descriptors of a request: the number of each is also its place in the table. */
const HEADER_DESCRIPTOR: u32 = 0;
const DATA_DESCRIPTOR: u32 = 1;
const STATUS_DESCRIPTOR: u32 = 2;
const DESCRIPTORS: u32 = 4;

/** How long to wait for a request, in steps of 10 microseconds: 2 s, as the host may be busy. */
const WAIT_STEPS: u32 = 200_000;
/** Attempts to read the capacity while the configuration changes. */
const CONFIG_TRIES: u32 = 10;

export class VirtioBlock extends Disk {
  private queue: Virtqueue | null = null;
  /** The data, the header and the status. */
  private readonly buffer: usize = allocateDma(PAGE + HEADER + 1, PAGE);

  constructor(
    private readonly transport: Transport,
    private readonly device: Attachment,
  ) {
    super();
  }

  place(): string {
    return this.device.place();
  }
  driverName(): string {
    return VIRTIO_BLOCK_DRIVER;
  }

  start(): bool {
    const transport = this.transport;
    const queue = transport.negotiate(0) ? createQueue(transport, 0, DESCRIPTORS) : null;
    if (queue == null || queue.size <= STATUS_DESCRIPTOR || !queue.enable()) {
      transport.fail();
      return false;
    }
    this.queue = queue;
    this.device.driver = this.driverName();
    this.bytes = this.capacity() * SECTOR;
    transport.start();
    return this.bytes > 0;
  }

  stop(): void {
    this.transport.reset();
    this.device.disableMaster();
  }

  readPage(position: u64, to: usize): bool {
    const queue = this.queue;
    if (queue == null || queue.broken) return false;
    const length = min<u64>(PAGE, this.bytes - position) as u32;
    const header = this.buffer + PAGE;
    const status = header + HEADER;
    store<u32>(header, READ);
    store<u32>(header, 0, 4);
    store<u64>(header, position / SECTOR, 8);
    store<u8>(status, STATUS_UNKNOWN);
    queue.describe(HEADER_DESCRIPTOR, physical(header), HEADER, false);
    queue.describe(DATA_DESCRIPTOR, physical(this.buffer), length, true);
    queue.describe(STATUS_DESCRIPTOR, physical(status), 1, true);
    queue.chain(HEADER_DESCRIPTOR, DATA_DESCRIPTOR);
    queue.chain(DATA_DESCRIPTOR, STATUS_DESCRIPTOR);
    dmaReady(this.buffer, PAGE + HEADER + 1);
    queue.offer(HEADER_DESCRIPTOR);
    queue.publish();
    if (queue.takeWithin(WAIT_STEPS) == NO_BUFFER) {
      // The device may still write to the buffer, which is not used again.
      queue.broken = true;
      return false;
    }
    dmaArrived(this.buffer, PAGE + HEADER + 1);
    if (load<u8>(status) != STATUS_OK) return false;
    memory.copy(to, this.buffer, length);
    return true;
  }

  /** Returns the capacity in sectors; 0 if it never stops changing, or cannot be addressed. */
  private capacity(): u64 {
    const transport = this.transport;
    for (let i: u32 = 0; i < CONFIG_TRIES; i++) {
      const generation = transport.generation();
      const low = transport.config32(CAPACITY) as u64;
      const sectors = low | ((transport.config32(CAPACITY + 4) as u64) << 32);
      if (transport.generation() != generation) continue;
      return sectors <= u64.MAX_VALUE / SECTOR ? sectors : 0;
    }
    return 0;
  }
}
