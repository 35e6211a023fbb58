/** One direction of a cable, with the faults of cables, switches and providers. */
import type { Random } from "../random.ts";
import type { Station, World } from "./world.ts";

export interface Faults {
  /** Share of frames lost independently. */
  loss: number;
  /** Gilbert-Elliott bursts: the chance per frame that one begins, and that it ends. */
  burstStart: number;
  burstEnd: number;
  duplicate: number;
  /** Share of frames held back by up to `reorderTime`. */
  reorder: number;
  reorderTime: number;
  /** Delay in nanoseconds: the fixed part, and the bound of the random part. */
  delay: number;
  jitter: number;
  /** Shares of frames with one flipped bit that the FCS misses, and that it catches. */
  flip: number;
  damage: number;
  truncate: number;
  /** Frames with more payload than this vanish. */
  mtu: number;
  /** Bits per second, and how many bytes may wait. */
  bandwidth: number;
  queueBytes: number;
  /** Whether all frames are lost. */
  cut: boolean;
}

export const perfect: Faults = {
  loss: 0,
  burstStart: 0,
  burstEnd: 1,
  duplicate: 0,
  reorder: 0,
  reorderTime: 0,
  delay: 5000,
  jitter: 0,
  flip: 0,
  damage: 0,
  truncate: 0,
  mtu: 1500,
  bandwidth: 1e9,
  queueBytes: 1 << 20,
  cut: false,
};

/** Preamble, start delimiter, FCS and gap (IEEE 802.3). */
const OVERHEAD = 24;
const HEADERS = 14;

export class Wire {
  faults: Faults = perfect;
  /** Priority in the tag that each frame gets at the end (IEEE 802.1Q, VLAN 0); null: no tag. */
  priority: number | null = null;
  /** Frames given and frames delivered. */
  sent = 0;
  delivered = 0;
  private busyUntil = 0;
  private bad = false;
  private lastArrival = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly to: Station,
  ) {}

  /** Sends a frame at `time`. Its bytes must not be changed afterwards. */
  send(frame: Uint8Array, time: number): void {
    this.sent++;
    const { faults, random } = this;
    const begin = Math.max(time, this.busyUntil);
    const waiting = ((begin - time) * faults.bandwidth) / 8e9;
    if (faults.cut || waiting > faults.queueBytes) return;
    this.busyUntil = begin + ((frame.length + OVERHEAD) * 8e9) / faults.bandwidth;
    if (frame.length > faults.mtu + HEADERS || this.lost()) return;
    this.deliver(frame);
    if (random.chance(faults.duplicate)) this.deliver(frame);
  }

  private lost(): boolean {
    const { faults, random } = this;
    this.bad = this.bad ? !random.chance(faults.burstEnd) : random.chance(faults.burstStart);
    return this.bad || random.chance(faults.loss);
  }

  private deliver(frame: Uint8Array): void {
    const { faults, random } = this;
    const spread = faults.jitter > 0 ? random.fraction() * faults.jitter : 0;
    let at = Math.ceil(this.busyUntil + faults.delay + spread);
    // Jitter keeps the order, as a queue does.
    at = Math.max(at, this.lastArrival);
    if (random.chance(faults.reorder)) at += Math.ceil(random.fraction() * faults.reorderTime);
    else this.lastArrival = at;
    const [spoiled, damaged] = this.spoil(frame);
    const bytes = this.priority === null ? spoiled : tagged(spoiled, this.priority);
    this.world.at(at, () => {
      this.delivered++;
      this.to.receive(bytes, at, damaged);
    });
  }

  private spoil(frame: Uint8Array): [Uint8Array, boolean] {
    const { faults, random } = this;
    let bytes = frame;
    if (random.chance(faults.truncate)) {
      bytes = bytes.subarray(0, random.between(HEADERS, bytes.length));
    }
    const detected = random.chance(faults.damage);
    // Spoil only bytes after Ethernet's header, as the switch needs the addresses.
    if ((detected || random.chance(faults.flip)) && bytes.length > HEADERS) {
      const isIp = bytes[12] === 8 && bytes[13] === 0;
      const at = random.between(HEADERS, bytes.length - 1);
      // ARP has no checksum, so its receiver would not notice a flipped bit.
      if (isIp || detected) {
        bytes = Uint8Array.from(bytes);
        bytes[at] ^= 1 << random.between(0, 7);
      }
    }
    return [bytes, detected];
  }
}

/** Returns a frame with a tag of VLAN 0 (IEEE 802.1Q), as switches and hypervisors add it. */
function tagged(frame: Uint8Array, priority: number): Uint8Array {
  const tag = [0x81, 0x00, priority << 5, 0];
  return Uint8Array.of(...frame.subarray(0, 12), ...tag, ...frame.subarray(12));
}
