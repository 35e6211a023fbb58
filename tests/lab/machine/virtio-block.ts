/**
 * A model of a virtio block device (VIRTIO 1.2, section 5.2) that is read-only. It checks its
 * driver: a request of another form than header, data and status fails the test.
 */
import type { Width } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import { NO_MESSAGE, VIRTIO_BLOCK, type VirtioModel } from "./virtio-model.ts";
import { type Chain, DeviceQueue, fill } from "./virtio-queue.ts";

const F_VERSION_1 = 32n;
const DRIVER_OK = 4;
const SECTOR = 512;
const [HEADER, READ] = [16, 0];
const [STATUS_OK, STATUS_IOERR] = [0, 1];

export interface VirtioBlockOptions {
  /** Nanoseconds until a request is done; 0: within the notification; infinity: never. */
  time?: number;
  /** The position from which on nothing can be read. */
  badFrom?: number;
  /** The capacity that the device reports, in sectors. */
  capacity?: bigint;
  /** The descriptor that the device returns instead of the request's. */
  wrongId?: number;
  /** True: no feature is offered, as by devices before version 1.0. */
  legacy?: boolean;
}

interface Bus {
  dmaView(address: number, length: number): Uint8Array;
}

export class VirtioBlockModel implements VirtioModel {
  readonly kind = VIRTIO_BLOCK;
  readonly queues: DeviceQueue[];
  readonly config = new Uint8Array(64);
  readonly messages = undefined;
  readonly entries = { configuration: NO_MESSAGE, queues: [NO_MESSAGE] };
  readonly usableEntries = 0;
  /** The positions that were read. */
  readonly reads: number[] = [];
  resets = 0;
  private status = 0;

  constructor(
    private readonly clock: VirtualClock,
    bus: Bus,
    private readonly image: Uint8Array,
    private readonly options: VirtioBlockOptions = {},
  ) {
    this.queues = [new DeviceQueue(bus, 128)];
    const sectors = options.capacity ?? BigInt(Math.floor(image.length / SECTOR));
    new DataView(this.config.buffer).setBigUint64(0, sectors, true);
  }

  /** All fields that are read are halves of the capacity (VIRTIO 5.2.4). */
  configWidth(): Width {
    return 4;
  }
  offered(): bigint {
    return this.options.legacy ? 0n : 1n << F_VERSION_1;
  }
  accept(features: bigint): void {
    if (features & ~this.offered()) throw new Error("virtio: a feature that was not offered");
  }
  readStatus(): number {
    return this.status;
  }
  writeStatus(value: number): void {
    this.status = value;
    if (value !== 0) return;
    this.resets++;
    for (const queue of this.queues) queue.reset();
  }
  readInterrupts(): number {
    return 0;
  }

  notify(index: number): void {
    const queue = this.queues[index];
    queue.notified();
    if ((this.status & DRIVER_OK) === 0) throw new Error("virtio: a request before DRIVER_OK");
    const { time = 0 } = this.options;
    for (let chain = queue.take(); chain; chain = queue.take()) {
      const request = chain;
      if (time === 0) this.serve(request);
      else if (Number.isFinite(time)) this.clock.after(time, () => this.serve(request));
    }
  }

  private serve({ id, parts }: Chain): void {
    const [header, data, status] = parts;
    const forms = parts.length === 3 && header.view.length === HEADER && status.view.length === 1;
    if (!forms || header.writable || !data.writable || !status.writable) {
      throw new Error("virtio: a request is not header, data and status");
    }
    const view = new DataView(header.view.buffer, header.view.byteOffset, HEADER);
    if (view.getUint32(0, true) !== READ) throw new Error("virtio: a request that does not read");
    const position = Number(view.getBigUint64(8, true)) * SECTOR;
    this.reads.push(position);
    const end = position + data.view.length;
    const { badFrom = Number.POSITIVE_INFINITY, wrongId } = this.options;
    const good = end <= badFrom && end <= this.image.length;
    if (good) fill({ id, parts: [data] }, this.image.subarray(position, end));
    status.view[0] = good ? STATUS_OK : STATUS_IOERR;
    this.queues[0].give(wrongId ?? id, good ? data.view.length + 1 : 1);
  }
}
