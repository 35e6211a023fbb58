/** The usual PC: chipset, power switch and one network card on line 11. */
import { type Exports, load } from "../scripted/assembly.ts";
import { addAcpi } from "./acpi.ts";
import { addDisks } from "./disk.ts";
import { FwCfgModel } from "./fw-cfg.ts";
import { Machine, type MachineOptions, MachineStopped } from "./machine.ts";
import { addNic, MMIO_PARAMETER, type NicOptions } from "./nic.ts";
import type { NicModel } from "./nic-model.ts";
import { PciFunction } from "./pci.ts";
import { addSmbios } from "./smbios.ts";

/** CPUID leaf 1 of a virtual processor. */
const VIRTUAL = [0, 0, 0x80000000, 0];

export interface Pc {
  machine: Machine;
  nic: NicModel;
  kernel: Exports;
  /** Types a line on the console, runs for `seconds`, and returns the output. */
  type(line: string, seconds?: number): string;
}

/** The machine without a kernel. */
export function buildPc(options: MachineOptions = {}, nic: NicOptions = {}) {
  const commandLine =
    nic.kind === "virtio-mmio"
      ? `${options.commandLine ?? ""} ${MMIO_PARAMETER}`.trim()
      : options.commandLine;
  const virtual = options.fwCfg || options.disks;
  const cpuid = virtual ? { 1: VIRTUAL, ...options.cpuid } : options.cpuid;
  const machine = new Machine({ apic: "page", random: seeded(), ...options, cpuid, commandLine });
  if (options.fwCfg) machine.ports.add(0x510, 2, new FwCfgModel(options.fwCfg));
  if (options.smbios) addSmbios(machine.low, options.smbios);
  const reset = { space: 1, address: 0xcf9, value: 6 };
  addAcpi(machine, { century: 0x32, extended: true, reset });
  machine.ports.add(0xcf9, 1, {
    read: () => 0,
    write: (_offset, value) => {
      if (value & 4) throw new MachineStopped("reset");
    },
  });
  machine.ports.add(0x604, 2, {
    read: () => 1,
    write: (_offset, value) => {
      if (value & 0x2000) throw new MachineStopped("power off");
    },
  });
  const chipset = (device: number, classCode: number) =>
    new PciFunction({ vendor: 0x8086, device, classCode });
  machine.pci.add(0, 0, 0, chipset(0x1237, 0x060000));
  machine.pci.add(0, 1, 0, chipset(0x7000, 0x060100));
  machine.uart.waits = true;
  addDisks(machine, options.disks ?? []);
  return { machine, nic: addNic(machine, nic) };
}

/** Boots kernel/main.ts and stops before its first turn. */
export async function bootPc(options: MachineOptions = {}, card: NicOptions = {}): Promise<Pc> {
  const { machine, nic } = buildPc(options, card);
  const kernel = await load("kernel/main.ts", machine.host());
  machine.attach(kernel);
  kernel.boot();
  machine.setInterrupts(true);
  const type = (line: string, seconds = 1) => {
    const before = machine.uart.output.length;
    machine.uart.type(`${line}\r`);
    machine.run(machine.clock.now + seconds * 1e9);
    return machine.uart.output.slice(before);
  };
  return { machine, nic, kernel, type };
}

/** The output of the processor's generator, the same in each run (splitmix64). */
export function seeded(seed = 1n): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}
