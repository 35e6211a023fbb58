/**
 * A model of a virtio network device (VIRTIO 1.2, section 5.1), as QEMU has it: two queues, no
 * filter of addresses, no offloads. Its transports are in virtio-pci.ts and virtio-mmio.ts. It
 * checks its driver: a frame to send, or its descriptor, that changes before it is sent, or a frame
 * that is not padded, fails the test.
 */
import type { Line, Width } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import type { Fault, NicModel } from "./nic-model.ts";
import { type Messages, NO_MESSAGE, VIRTIO_NETWORK, type VirtioModel } from "./virtio-model.ts";
import { bytesOf, type Chain, DeviceQueue, fill } from "./virtio-queue.ts";

/** Feature bits. */
export const [F_MAC, F_STATUS, F_MRG_RXBUF] = [5n, 16n, 15n];
const [F_ANY_LAYOUT, F_EVENT_INDEX, F_VERSION_1] = [27n, 29n, 32n];

// Device status.
const [DRIVER_OK, FEATURES_OK, NEEDS_RESET] = [4, 8, 64];
const [RECEIVE, TRANSMIT] = [0, 1];
const [INTERRUPT_QUEUE, INTERRUPT_CONFIG] = [1, 2];
/** The shortest frame without its FCS, and the least that a receive buffer must hold. */
const [SHORTEST, BUFFER] = [60, 1526];

export interface VirtioOptions {
  mac?: number[];
  /** Nanoseconds until a frame has been sent; 0: within the notification. */
  sendTime?: number;
  /** Feature bits that the device does not offer. */
  without?: bigint[];
  /** Entries of each queue. */
  queueSize?: number;
}

interface Bus {
  dmaView(address: number, length: number): Uint8Array;
}

export class VirtioNetModel implements NicModel, VirtioModel {
  readonly kind = VIRTIO_NETWORK;
  readonly sent: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};
  missed = 0;
  resets = 0;
  readonly queues: DeviceQueue[];
  readonly config = new Uint8Array(12);
  /** The features that the driver accepted. */
  accepted = 0n;
  /** True: the device does nothing any more, and reads as ones. */
  dead = false;
  /** True: interrupts get lost. */
  mute = false;
  messages: Messages | undefined;
  readonly entries = { configuration: NO_MESSAGE, queues: [NO_MESSAGE, NO_MESSAGE] };
  usableEntries = 0;
  /** True: the device does not accept the driver's features. */
  refuses = false;
  private status = 0;
  private interrupts = 0;
  private linked = true;
  private sending = false;
  /** What the driver handed over to be sent, as it was then. */
  private readonly owned: Buffer[] = [];

  constructor(
    private readonly clock: VirtualClock,
    bus: Bus,
    private readonly line: Line,
    private readonly options: VirtioOptions = {},
  ) {
    const size = options.queueSize ?? 256;
    this.queues = [new DeviceQueue(bus, size), new DeviceQueue(bus, size)];
    this.config.set(options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    this.config[6] = 1;
  }

  /** The MAC address is bytes; what follows has two each (VIRTIO 5.1.4). */
  configWidth(offset: number): Width {
    return offset < 6 ? 1 : 2;
  }
  offered(): bigint {
    const all = [F_MAC, F_STATUS, F_MRG_RXBUF, F_ANY_LAYOUT, F_EVENT_INDEX, F_VERSION_1];
    const { without = [] } = this.options;
    return all.filter((bit) => !without.includes(bit)).reduce((set, bit) => set | (1n << bit), 0n);
  }

  accept(features: bigint): void {
    if (features & ~this.offered()) throw new Error("virtio: a feature that was not offered");
    this.accepted = features;
    for (const queue of this.queues) queue.eventIndex = this.has(F_EVENT_INDEX);
  }

  readStatus(): number {
    return this.dead ? 0xff : this.status;
  }
  writeStatus(value: number): void {
    if (this.dead) return;
    this.status = this.refuses ? value & ~FEATURES_OK : value;
    if (value !== 0) return;
    this.resets++;
    this.accepted = 0n;
    this.interrupts = 0;
    this.sending = false;
    this.owned.length = 0;
    this.entries.configuration = NO_MESSAGE;
    this.entries.queues.fill(NO_MESSAGE);
    for (const queue of this.queues) queue.reset();
    this.line(false);
  }

  readInterrupts(): number {
    const causes = this.interrupts;
    this.interrupts = 0;
    this.line(false);
    return causes;
  }

  notify(index: number): void {
    if (this.dead) return;
    this.queues[index].notified();
    if (index === TRANSMIT) this.startSending();
  }

  setLink(up: boolean): void {
    this.linked = up;
    this.config[6] = up ? 1 : 0;
    this.raise(INTERRUPT_CONFIG, this.entries.configuration);
  }

  /** The device has an error, and says so (section 2.1.2). */
  askForReset(): void {
    this.status |= NEEDS_RESET;
    this.raise(INTERRUPT_CONFIG, this.entries.configuration);
  }

  receive(frame: Uint8Array, fault: Fault = {}): boolean {
    const queue = this.queues[RECEIVE];
    // A frame with errors never gets as far as a virtual device.
    if (!this.running() || !this.linked || fault.errors) return false;
    const chain = queue.take();
    if (!chain) {
      this.missed++;
      queue.wantNotification(true);
      return false;
    }
    queue.wantNotification(false);
    const room = chain.parts.reduce((sum, { view }) => sum + view.length, 0);
    if (room < BUFFER) throw new Error(`virtio: a receive buffer of ${room} bytes`);
    const header = new Uint8Array(this.headerBytes());
    if (header.length === 12) header[10] = 1;
    const length = fill(chain, Buffer.concat([header, frame]));
    this.useReceive(fault.id ?? chain.id, fault.length ?? length);
    return true;
  }

  /** Writes an entry of the used ring, true or not, and interrupts if the driver wants it. */
  useReceive(id: number, length: number): void {
    this.queues[RECEIVE].give(id, length);
    if (this.queues[RECEIVE].wantsInterrupt()) this.raiseQueue(RECEIVE);
  }

  private running(): boolean {
    return !this.dead && (this.status & DRIVER_OK) !== 0;
  }

  private has(feature: bigint): boolean {
    return ((this.accepted >> feature) & 1n) === 1n;
  }

  private headerBytes(): number {
    return this.has(F_VERSION_1) || this.has(F_MRG_RXBUF) ? 12 : 10;
  }

  private startSending(): void {
    const queue = this.queues[TRANSMIT];
    const waiting = queue.waiting();
    const time = this.options.sendTime ?? 0;
    // A frame sent within the notification cannot change before it is sent.
    if (time > 0) {
      const handed = queue.peek(waiting).slice(this.owned.length);
      this.owned.push(...handed.map(image));
    }
    if (this.sending || !this.running()) return;
    if (waiting === 0) {
      queue.wantNotification(true);
      return;
    }
    queue.wantNotification(false);
    if (time === 0) {
      while (queue.waiting() > 0) this.sendOne();
      queue.wantNotification(true);
      this.reportSent();
      return;
    }
    this.sending = true;
    this.clock.after(time, () => {
      if (!this.sending || !this.running()) return;
      this.sending = false;
      this.sendOne();
      this.reportSent();
      this.startSending();
    });
  }

  private sendOne(): void {
    const queue = this.queues[TRANSMIT];
    const chain = queue.take();
    if (!chain) throw new Error("virtio: nothing to send");
    const before = this.owned.shift();
    if (before && Buffer.compare(before, image(chain)) !== 0) {
      throw new Error(`virtio: buffer ${chain.id} changed before it was sent`);
    }
    this.checkLayout(chain);
    const bytes = bytesOf(chain);
    const header = bytes.subarray(0, this.headerBytes());
    if (header.some((byte) => byte !== 0)) throw new Error("virtio: a header that is not zero");
    const frame = Uint8Array.from(bytes.subarray(header.length));
    if (frame.length < SHORTEST) {
      throw new Error(`virtio: a frame of ${frame.length} bytes is not padded`);
    }
    this.sent.push(frame);
    this.onSend(frame);
    queue.give(chain.id, 0);
  }

  /** A legacy driver must keep the header apart (section 5.1.6.6). */
  private checkLayout({ parts }: Chain): void {
    if (parts.some(({ writable }) => writable)) throw new Error("virtio: a frame to write");
    if (this.has(F_VERSION_1) || this.has(F_ANY_LAYOUT)) return;
    const apart = parts.length === 2 && parts[0].view.length === this.headerBytes();
    if (!apart) throw new Error("virtio: the header is not apart");
  }

  private reportSent(): void {
    if (this.queues[TRANSMIT].wantsInterrupt()) this.raiseQueue(TRANSMIT);
  }

  private raiseQueue(index: number): void {
    this.raise(INTERRUPT_QUEUE, this.entries.queues[index]);
  }

  /** With MSI-X, the interrupt status stays 0 (section 4.1.4.5.1). */
  private raise(cause: number, entry: number): void {
    if (!this.running()) return;
    if (this.messages?.enabled) {
      if (entry !== NO_MESSAGE && !this.mute) this.messages.send(entry);
      return;
    }
    this.interrupts |= cause;
    if (!this.mute) this.line(true);
  }
}

/** What the driver may not change while the device holds a buffer. */
function image(chain: Chain): Buffer {
  return Buffer.concat(chain.parts.flatMap(({ descriptor, view }) => [descriptor, view]));
}
