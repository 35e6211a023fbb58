/** A network card's driver with a pool of frames; the entries of each driver create it. */
import { Nic } from "../../../drivers/nic";
import { dispatch, initInterrupts } from "../../../machine/interrupts";
import { FramePool } from "../../../net/phy/pool";
import { Frame } from "../../../net/wire/frame";

export { allocateBytes } from "./text";

let driver: Nic | null = null;
let pool: FramePool | null = null;
let frame: Frame | null = null;
let connected: bool = false;
/** Frames received by `turn`. */
let received: u32 = 0;
const held: Array<usize> = [];

/** Sets the driver that the other functions use, and its pool. */
export function use(nic: Nic, frames: FramePool): void {
  driver = nic;
  pool = frames;
}
/** Connects the interrupt too. */
export function start(): bool {
  initInterrupts();
  if (!driver!.probe()) return false;
  connected = driver!.connectInterrupt();
  driver!.start();
  return true;
}
/** Returns whether the interrupt could be connected. */
export function isConnected(): bool {
  return connected;
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
