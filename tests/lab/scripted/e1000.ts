/** The 8254x driver on the controller's model, for tests. */
import assert from "node:assert/strict";
import { E1000Model, type E1000Options } from "../machine/e1000.ts";
import { Machine, type MachineOptions } from "../machine/machine.ts";
import { interruptOf, MSI } from "../machine/messages.ts";
import { PciFunction } from "../machine/pci.ts";
import { load } from "./assembly.ts";
import { bench } from "./nic.ts";

export { frame, hex, MAC } from "./nic.ts";

export interface Setup extends E1000Options {
  device?: number;
  frames?: number;
  interruptLine?: number;
  start?: boolean;
  /** With a local APIC, an 82574 uses MSI. */
  apic?: MachineOptions["apic"];
  /** Changes the card before the driver sees it. */
  prepareCard?: (card: PciFunction) => void;
}

export async function boot(setup: Setup = {}) {
  const machine = new Machine({ apic: setup.apic });
  const line = setup.interruptLine ?? 11;
  let pci: PciFunction | undefined;
  const interrupt = interruptOf(machine.apic, () => pci, machine.line(line & 15));
  const model = new E1000Model(machine.clock, machine, interrupt, setup);
  pci = machine.pci.add(
    0,
    3,
    0,
    new PciFunction({
      vendor: 0x8086,
      device: setup.device ?? (setup.is82574 ? 0x10d3 : 0x100e),
      classCode: 0x020000,
      interruptLine: line,
      bars: { 0: { address: 0xfebc0000, size: 0x20000, device: model } },
      capabilities: setup.is82574 ? [MSI] : [],
    }),
  );
  setup.prepareCard?.(pci);
  const wasm = await load("tests/lab/entries/e1000.ts", machine.host());
  machine.attach(wasm);
  wasm.create(setup.frames ?? 1024);
  if (setup.start ?? true) {
    assert.equal(wasm.start(), 1);
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
  return { machine, model, pci, wasm, ...bench(wasm) };
}
