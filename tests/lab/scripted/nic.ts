/** What tests of all drivers of network cards do with a driver (tests/lab/entries/nic.ts). */
import { type Exports, readBytes, writeBytes } from "./assembly.ts";

export const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const COUNTERS = [
  "receivedFrames",
  "receivedBytes",
  "receivedMulticast",
  "sentFrames",
  "sentBytes",
  "interrupts",
  "crcErrors",
  "frameErrors",
  "lengthErrors",
  "missedErrors",
  "fifoErrors",
  "oversized",
  "noFrame",
  "ringFull",
  "linkDown",
] as const;

/** Returns shorthands for the functions of a driver's entry. */
export function bench(wasm: Exports) {
  const receive = () => {
    const length: number = wasm.receive();
    if (length === 0) return null;
    return readBytes(wasm, wasm.frameStart(), length);
  };
  const drain = () => {
    const frames: Buffer[] = [];
    for (let frame = receive(); frame; frame = receive()) {
      frames.push(frame);
      wasm.release();
    }
    return frames;
  };
  const transmit = (bytes: Uint8Array): number => wasm.transmit(...writeBytes(wasm, bytes));
  const count = (name: (typeof COUNTERS)[number]) => Number(wasm.counter(COUNTERS.indexOf(name)));
  const errors = () => Number(wasm.counter(15));
  return { receive, drain, transmit, count, errors };
}

/** A frame to `to` whose bytes identify it. */
export function frame(length = 60, number = 0, to = MAC): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + number) & 255);
  bytes.set(to.slice(0, length));
  return bytes;
}

export const hex = (bytes: Uint8Array | null) =>
  bytes ? Buffer.from(bytes).toString("hex") : null;
