/** IO-APICs and the MADT (machine/{madt,io-apic,interrupts}.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { addAcpi, ioApicEntry, MADT, overrideEntry } from "../../lab/machine/acpi.ts";
import { addIoApic } from "../../lab/machine/io-apic.ts";
import { Machine } from "../../lab/machine/machine.ts";
import { load, readString } from "../../lab/scripted/assembly.ts";

interface Setup {
  /** The entries of the MADT. */
  madt?: number[];
  pic?: boolean;
  apic?: "page" | "x2apic";
  /** Changes the tables. */
  damage?: (memory: Uint8Array) => void;
}

const SECOND = 0xfec10000;

async function boot({ madt, pic = true, apic = "page", damage }: Setup = {}) {
  const machine = new Machine({ apic });
  machine.options.acpiRoot = addAcpi(machine, { madt });
  damage?.(machine.low.bytes);
  const [first, second] = [addIoApic(machine), addIoApic(machine, SECOND)];
  if (!pic) for (const ports of ["firstPorts", "secondPorts"] as const) remove(machine, ports);
  const wasm = await load("tests/lab/entries/clock.ts", machine.host());
  machine.attach(wasm);
  wasm.initInterrupts();
  machine.setInterrupts(true);
  const text = (name: "list" | "logged") => readString(wasm.memory, wasm[name]());
  return { machine, first, second, wasm, text };
}

function remove(machine: Machine, ports: "firstPorts" | "secondPorts"): void {
  machine.ports.remove(machine.pic[ports]);
}

/** Asserts a line until its handler has been called `times` times. */
function hold(machine: Machine, line: (level: boolean) => void, times: number): void {
  const end = machine.interrupts + times;
  const take = machine.takeInterrupt.bind(machine);
  machine.takeInterrupt = (vector) => {
    if (machine.interrupts + 1 >= end) line(false);
    take(vector);
  };
  line(true);
  machine.sleep(1000);
  machine.takeInterrupt = take;
}

for (const apic of ["page", "x2apic"] as const) {
  test(`${apic}: a line above 15 is an input, level-triggered and active low`, async () => {
    const { machine, first, wasm, text } = await boot({ apic });
    first.activeLow.add(20);
    const handler = wasm.counter(20, true);
    assert.notEqual(handler, 0);
    assert.deepEqual(first.entries[20], { low: 0xa000 | 48, high: 3 << 24 });
    hold(machine, first.line(20), 3);
    assert.equal(wasm.calls(handler), 3);
    assert.deepEqual(machine.apic.inService, []);
    assert.equal(text("list"), "20 IO-APIC 3");
  });
}

test("at most four devices share an input", async () => {
  const { machine, first, wasm, text } = await boot();
  first.activeLow.add(17);
  const handlers = [1, 2, 3, 4].map(() => wasm.counter(17, true));
  assert.equal(wasm.counter(17, true), 0);
  hold(machine, first.line(17), 1);
  for (const handler of handlers) assert.equal(wasm.calls(handler), 1);
  assert.equal(text("list"), "17 IO-APIC 1");
});

test("finds the IO-APIC of an input, and rejects a number beyond the last input", async () => {
  const madt = [...ioApicEntry(0xfec00000, 0), 9, 4, 0, 0, ...ioApicEntry(SECOND, 24)];
  const { machine, second, wasm, text } = await boot({ madt });
  second.activeLow.add(23);
  const handler = wasm.counter(47, true);
  hold(machine, second.line(23), 2);
  assert.equal(wasm.calls(handler), 2);
  for (const line of [48, 254, 255, 256, 0xffffffff]) assert.equal(wasm.counter(line, true), 0);
  assert.equal(text("logged"), "");
});

test("masks the inputs that firmware left enabled, but not an NMI", async () => {
  const { first, wasm } = await boot();
  first.entries[3].low = 0x30;
  first.entries[4].low = 0x400;
  first.entries[5].low = 0x131;
  wasm.counter(16, true);
  assert.deepEqual(
    [3, 4, 5].map((i) => first.entries[i].low >> 16),
    [1, 0, 1],
  );
});

test("ISA lines stay with the 8259 pair if there is one, and use overrides if not", async () => {
  const flags = { lowLevel: 0xf, highLevel: 0xd, lowEdge: 0x7 };
  const madt = [
    ...ioApicEntry(0xfec00000, 0),
    ...overrideEntry(0, 2, 0),
    ...overrideEntry(9, 9, flags.highLevel),
    ...overrideEntry(10, 21, flags.lowLevel),
    ...overrideEntry(4, 4, flags.lowEdge),
  ];
  const pair = await boot({ madt });
  for (const line of [9, 10, 11]) assert.notEqual(pair.wasm.counter(line, true), 0);
  assert.equal(pair.text("list"), "9 XT-PIC 0, 10 XT-PIC 0, 11 XT-PIC 0");

  const { machine, first, wasm, text } = await boot({ madt, pic: false });
  wasm.initTimer();
  for (const line of [9, 10, 11]) assert.notEqual(wasm.counter(line, true), 0);
  for (const line of [3, 4]) assert.notEqual(wasm.counter(line, false), 0);
  const modes = [2, 9, 21, 11, 3, 4].map((input) => first.entries[input].low >> 12);
  assert.deepEqual(modes, [0, 8, 10, 10, 0, 2]);
  first.line(2)(true);
  machine.sleep(1000);
  const numbers = [2, 9, 21, 11, 3, 4].map((number) => `${number} IO-APIC ${number === 2 ? 1 : 0}`);
  assert.equal(text("list"), numbers.join(", "));
});

test("connects the timer to input 2 too if the MADT does not say where it is", async () => {
  const { machine, first, wasm, text } = await boot({
    madt: ioApicEntry(0xfec00000, 0),
    pic: false,
  });
  wasm.initTimer();
  for (const input of [0, 2]) {
    first.line(input)(true);
    machine.sleep(1000);
    first.line(input)(false);
  }
  assert.equal(text("list"), "0 IO-APIC 2");
});

test("without a usable IO-APIC, lines above 15 are unused; damage is logged once", async () => {
  const good = ioApicEntry(0xfec00000, 0);
  const cases: [what: string, setup: Setup, log: RegExp | undefined][] = [
    ["an entry of length 0", { madt: [...good, 1, 0, 0, 0] }, /MADT is malformed/],
    ["an entry of length 1", { madt: [...good, 1, 1, 0, 0] }, /MADT is malformed/],
    ["an entry beyond the end", { madt: [...good, 9, 9, 0, 0] }, /MADT is malformed/],
    ["half an entry", { madt: [...good, 9] }, /MADT is malformed/],
    ["a short IO-APIC", { madt: [...good, 1, 8, 0, 0, 0, 0, 0, 0] }, /MADT is malformed/],
    ["a short override", { madt: [...good, 2, 4, 0, 0] }, /MADT is malformed/],
    ["a checksum", { damage: (memory) => memory[MADT + 50]++ }, /table APIC is damaged/],
    ["a length", { damage: (memory) => memory.fill(255, MADT + 4, MADT + 8) }, /APIC is damaged/],
    ["no entry", { madt: [] }, undefined],
    ["an address elsewhere", { madt: ioApicEntry(0x1000, 0) }, undefined],
    ["no such IO-APIC", { madt: ioApicEntry(0xfec20000, 0) }, undefined],
  ];
  for (const [what, setup, log] of cases) {
    const { wasm, text } = await boot(setup);
    for (let i = 0; i < 2; i++) assert.equal(wasm.counter(20, true), 0, what);
    assert.notEqual(wasm.counter(11, true), 0);
    const lines = text("logged")
      .split("\n")
      .filter((line) => line !== "");
    assert.equal(lines.length, log ? 1 : 0, `${what}: ${lines}`);
    if (log) assert.match(lines[0], log, what);
  }
});

test("survives every truncation of the MADT, with each byte changed", async () => {
  const { wasm, machine } = await boot();
  const table = machine.low.bytes.slice(MADT, MADT + 66);
  for (let length = 10; length < table.length; length++) {
    for (let at = 0; at < length; at++) {
      for (const value of [0, 1, 2, 0xff]) {
        const changed = table.slice(0, length);
        changed[at] = value;
        new DataView(changed.buffer).setUint32(4, length, true);
        changed[9] = 0;
        changed[9] = -changed.reduce((sum, byte) => sum + byte, 0) & 255;
        machine.low.bytes.set(changed, MADT);
        wasm.initInterrupts();
        wasm.counter(20 + (at & 7), true);
      }
    }
  }
});
