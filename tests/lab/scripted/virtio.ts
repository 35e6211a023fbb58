/** The driver of virtio network devices on the device's model, for tests. */
import assert from "node:assert/strict";
import { Machine } from "../machine/machine.ts";
import { VirtioNetModel, type VirtioOptions } from "../machine/virtio-net.ts";
import { type PciOddities, type VirtioInterface, virtioFunction } from "../machine/virtio-pci.ts";
import { load, readString } from "./assembly.ts";
import { bench } from "./nic.ts";

export { frame, hex, MAC } from "./nic.ts";

export interface Setup extends VirtioOptions {
  kind?: VirtioInterface;
  odd?: PciOddities;
  frames?: number;
  start?: boolean;
  /** Changes the device before the driver sees it. */
  prepare?: (model: VirtioNetModel) => void;
}

export async function boot(setup: Setup = {}) {
  const machine = new Machine();
  const model = new VirtioNetModel(machine.clock, machine, machine.line(11), setup);
  const card = virtioFunction(model, setup.kind ?? "modern", setup.odd);
  const pci = machine.pci.add(0, 3, 0, card);
  const wasm = await load("tests/lab/entries/virtio.ts", machine.host());
  machine.attach(wasm);
  setup.prepare?.(model);
  const found = wasm.create(setup.frames ?? 1024) !== 0;
  if (setup.start ?? true) {
    assert.ok(found && wasm.start() !== 0, "the device was not started");
    wasm.connect();
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
  const logged = () => readString(wasm.memory, wasm.logged());
  return { machine, model, pci, wasm, found, logged, ...bench(wasm) };
}
