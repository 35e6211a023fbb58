/** The 8254x driver on the controller's model, for tests. */
import assert from "node:assert/strict";
import { E1000Model, type E1000Options } from "../machine/e1000.ts";
import { Machine } from "../machine/machine.ts";
import { PciFunction } from "../machine/pci.ts";
import { load, readBytes, writeBytes } from "./assembly.ts";

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

export interface Setup extends E1000Options {
  device?: number;
  frames?: number;
  interruptLine?: number;
  start?: boolean;
}

export async function boot(setup: Setup = {}) {
  const machine = new Machine();
  const line = setup.interruptLine ?? 11;
  const model = new E1000Model(machine.clock, machine, machine.line(line & 15), setup);
  const pci = machine.pci.add(
    0,
    3,
    0,
    new PciFunction({
      vendor: 0x8086,
      device: setup.device ?? 0x100e,
      classCode: 0x020000,
      interruptLine: line,
      bars: { 0: { address: 0xfebc0000, size: 0x20000, device: model } },
    }),
  );
  const wasm = await load("tests/lab/entries/e1000.ts", machine.host());
  machine.attach(wasm);
  wasm.create(setup.frames ?? 1024);
  if (setup.start ?? true) {
    assert.equal(wasm.start(), 1);
    wasm.connect();
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
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
  return { machine, model, pci, wasm, receive, drain, transmit, count, errors };
}

/** A frame to `to` whose bytes identify it. */
export function frame(length = 60, number = 0, to = MAC): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + number) & 255);
  bytes.set(to.slice(0, length));
  return bytes;
}

export const hex = (bytes: Uint8Array | null) =>
  bytes ? Buffer.from(bytes).toString("hex") : null;
