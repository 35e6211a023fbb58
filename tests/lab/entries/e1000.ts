/** The 8254x driver: one controller, found on PCI, with a pool of frames. */
import { ReceiveDescriptor, TransmitDescriptor } from "../../../drivers/intel/descriptor";
import { E1000 } from "../../../drivers/intel/e1000";
import { scanPci } from "../../../drivers/pci/pci";
import { dispatch, initInterrupts } from "../../../machine/interrupts";
import { FramePool } from "../../../net/phy/pool";
import { Frame } from "../../../net/wire/frame";

export { block } from "./text";

let driver: E1000 | null = null;
let pool: FramePool | null = null;
let frame: Frame | null = null;
/** Frames received by `turn`. */
let received: u32 = 0;
const held: Array<usize> = [];

export function create(frames: u32): void {
  pool = new FramePool(frames);
  driver = new E1000(scanPci()[0], pool!);
}
export function start(): bool {
  if (!driver!.probe()) return false;
  driver!.start();
  return true;
}
export function connect(): bool {
  initInterrupts();
  return driver!.connectInterrupt();
}

/** Takes a frame; returns its length, or 0. `frameStart` is its address. */
export function receive(): u32 {
  frame = driver!.receive();
  return frame == null ? 0 : frame!.length;
}
export function frameStart(): usize {
  return frame!.start;
}
export function release(): void {
  pool!.release(frame!);
}
/** Holds the received frame, as a socket's queue would. */
export function hold(): void {
  held.push(changetype<usize>(frame!));
}
export function releaseHeld(): void {
  while (held.length > 0) pool!.release(changetype<Frame>(held.pop()));
}

export function transmit(source: usize, length: u32): bool {
  const out = pool!.allocate();
  if (out == null) return false;
  memory.copy(out.append(length), source, length);
  return driver!.transmit(out);
}
export function canTransmit(): bool {
  return driver!.canTransmit();
}
export function flush(): void {
  driver!.flush();
}
export function setUp(up: bool): void {
  driver!.setUp(up);
}
export function quiesce(): void {
  driver!.quiesce();
}
export function needsPoll(): bool {
  return driver!.needsPoll();
}
export function pollAt(now: i64): i64 {
  return driver!.pollAt(now);
}
export function address(): u64 {
  return driver!.hardwareAddress();
}
export function linkUp(): bool {
  return driver!.linkUp();
}
export function linkSpeed(): u32 {
  return driver!.linkSpeed();
}
export function linkChanges(): u32 {
  return driver!.linkChanges;
}
export function available(): u32 {
  return pool!.available;
}

/** Returns a counter by its place in this list; 15: the sum of all errors and receive drops. */
export function counter(index: u32): u64 {
  const c = driver!.counters();
  if (index == 0) return c.receivedFrames;
  if (index == 1) return c.receivedBytes;
  if (index == 2) return c.receivedMulticast;
  if (index == 3) return c.sentFrames;
  if (index == 4) return c.sentBytes;
  if (index == 5) return c.interrupts;
  if (index == 6) return c.crcErrors;
  if (index == 7) return c.frameErrors;
  if (index == 8) return c.lengthErrors;
  if (index == 9) return c.missedErrors;
  if (index == 10) return c.fifoErrors;
  if (index == 11) return c.oversized;
  if (index == 12) return c.noFrame;
  if (index == 13) return c.ringFull;
  return index == 14 ? c.linkDown : c.receiveErrors() + c.receiveDropped() + c.sendErrors();
}

/** Receives all frames, like the kernel's turn; returns 1 if the driver permits sleep, else 0. */
export function turn(): u64 {
  for (;;) {
    const next = driver!.receive();
    if (next == null) break;
    received++;
    pool!.release(next);
  }
  return driver!.needsPoll() ? 0 : 1;
}
export function receivedByTurns(): u32 {
  return received;
}
export function interrupt(vector: u32): void {
  dispatch(vector);
}

/** Offsets of a descriptor's fields, then its size; first of receive, then of transmit. */
export function fieldOffset(index: u32): usize {
  if (index == 0) return offsetof<ReceiveDescriptor>("address");
  if (index == 1) return offsetof<ReceiveDescriptor>("length");
  if (index == 2) return offsetof<ReceiveDescriptor>("checksum");
  if (index == 3) return offsetof<ReceiveDescriptor>("status");
  if (index == 4) return offsetof<ReceiveDescriptor>("errors");
  if (index == 5) return offsetof<ReceiveDescriptor>("special");
  if (index == 6) return offsetof<ReceiveDescriptor>();
  if (index == 7) return offsetof<TransmitDescriptor>("address");
  if (index == 8) return offsetof<TransmitDescriptor>("length");
  if (index == 9) return offsetof<TransmitDescriptor>("checksumOffset");
  if (index == 10) return offsetof<TransmitDescriptor>("command");
  if (index == 11) return offsetof<TransmitDescriptor>("status");
  if (index == 12) return offsetof<TransmitDescriptor>("checksumStart");
  if (index == 13) return offsetof<TransmitDescriptor>("special");
  return offsetof<TransmitDescriptor>();
}
