/** The 8254x driver on the controller's model, for tests. */
import assert from "node:assert/strict";
import { E1000Model, type E1000Options } from "../machine/e1000.ts";
import { Machine } from "../machine/machine.ts";
import { PciFunction } from "../machine/pci.ts";
import { load } from "./assembly.ts";
import { bench } from "./nic.ts";

export { frame, hex, MAC } from "./nic.ts";

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
      device: setup.device ?? (setup.is82574 ? 0x10d3 : 0x100e),
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
  return { machine, model, pci, wasm, ...bench(wasm) };
}
