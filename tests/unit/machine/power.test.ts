/** ACPI tables, power-off and reset (machine/{acpi,power}.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { type AcpiOptions, addAcpi, sleepPackage } from "../../lab/machine/acpi.ts";
import { Machine, MachineStopped } from "../../lab/machine/machine.ts";
import { load } from "../../lab/scripted/assembly.ts";

async function boot(tables: AcpiOptions | null = {}, passesRoot = false) {
  const machine = new Machine();
  const root = tables ? addAcpi(machine, tables) : 0;
  if (passesRoot) machine.options.acpiRoot = root;
  const wasm = await load("tests/lab/entries/power.ts", machine.host());
  machine.attach(wasm);
  return { machine, wasm };
}

/** Adds one PM1 control register, and records what is written to it, in order. */
function addControl(machine: Machine, port: number, onWrite: (value: number) => void = () => {}) {
  const written: number[] = [];
  const state = { value: 1 };
  machine.ports.add(port, 2, {
    read: () => state.value,
    write: (_offset, value) => {
      written.push(value);
      onWrite(value);
    },
  });
  return { written, state };
}

test("finds ACPI 1.0 and 2.0 tables by scanning and by the loader's pointer", async () => {
  for (const extended of [false, true]) {
    for (const root of [0xe0000, 0xf5a30, 0xffff0 - 32]) {
      const { wasm } = await boot({ root, extended, century: 0x32 });
      assert.equal(wasm.find(), 1, root.toString(16));
      assert.equal(wasm.canPowerOff(), 1);
      assert.equal(wasm.sleepTypes(), 0x0501);
      assert.equal(wasm.century(), 0x32);
    }
  }
  const { wasm } = await boot({ root: 0x12340, extended: true }, true);
  assert.equal(wasm.find(), 1, "an address that only the loader knows");
});

test("searches the extended BIOS data area", async () => {
  const { machine, wasm } = await boot({ root: 0x9fc10 });
  assert.equal(wasm.find(), 0);
  machine.low.bytes.set([0xc0, 0x9f], 0x40e);
  assert.equal(wasm.find(), 1);
});

test("does not power off by ACPI if tables are missing or their checksums are wrong", async () => {
  const none = await boot(null);
  assert.equal(none.wasm.find(), 0);
  assert.equal(none.wasm.powerOff(), 0);
  for (const at of [0xf5a30 + 18, 0xe4000 + 37, 0xe2000 + 60]) {
    const { machine, wasm } = await boot();
    machine.low.bytes[at] ^= 1;
    assert.equal(wasm.find(), 0, at.toString(16));
  }
  const { machine, wasm } = await boot();
  machine.low.bytes[0xe1000 + 40] ^= 1;
  assert.equal(wasm.find(), 1);
  assert.equal(wasm.canPowerOff(), 0, "a damaged DSDT");
  const long = await boot();
  long.machine.low.bytes.set([0xff, 0xff, 0xff, 0xff], 0xe2000 + 4);
  assert.equal(long.wasm.find(), 0);
});

test("reads the sleep types in each of their encodings", async () => {
  const packages: [number[], number][] = [
    [sleepPackage([0], [0]), 0x0000],
    [sleepPackage([0x0a, 7], [0x0a, 3]), 0x0703],
    [sleepPackage([1], [0x0a, 2]), 0x0102],
    [sleepPackage([0x0a, 5], [0]), 0x0500],
    // \_S5 with a root prefix and a two-byte length.
    [[0x08, 0x5c, ...Buffer.from("_S5_"), 0x12, 0x46, 0x00, 4, 0x0a, 6, 1, 0, 0, 0, 0, 0], 0x0601],
  ];
  for (const [code, types] of packages) {
    const { wasm } = await boot({ code });
    wasm.find();
    assert.equal(wasm.canPowerOff(), 1);
    assert.equal(wasm.sleepTypes(), types);
  }
  for (const code of [
    [...Buffer.from("_S5_"), 0x12, 6, 4, 1, 1, 0, 0, 0, 0, 0],
    [0x08, ...Buffer.from("_S5_"), 0x11, 6, 4, 1, 1, 0, 0, 0, 0],
    [0x08, ...Buffer.from("_S5_"), 0x12],
    [],
  ]) {
    const { wasm } = await boot({ code });
    wasm.find();
    assert.equal(wasm.canPowerOff(), 0, "only a named package is used");
  }
});

test("powers off by writing the type, then the enable bit, to both PM1 blocks", async () => {
  const { machine, wasm } = await boot({ pm1bControl: 0x608 });
  const a = addControl(machine, 0x604);
  const b = addControl(machine, 0x608, (value) => {
    if (value & 0x2000) throw new MachineStopped("power off");
  });
  wasm.find();
  assert.throws(() => wasm.powerOff(), /power off/);
  assert.deepEqual(a.written, [0x1401, 0x3401]);
  assert.deepEqual(b.written, [0x0401, 0x2401]);
});

test("enables ACPI first if firmware has not", async () => {
  const { machine, wasm } = await boot({ smiCommand: 0xb2, acpiEnable: 0xf1 });
  const control = addControl(machine, 0x604, (value) => {
    if (value & 0x2000) throw new MachineStopped("power off");
  });
  control.state.value = 0;
  const commands: number[] = [];
  machine.ports.add(0xb2, 1, {
    read: () => 0,
    write: (_offset, value) => {
      commands.push(value);
      machine.clock.after(3e6, () => {
        control.state.value = 1;
      });
    },
  });
  wasm.find();
  assert.throws(() => wasm.powerOff(), /power off/);
  assert.deepEqual(commands, [0xf1]);
});

test("notices the power button, on virtual machines that have one as fixed hardware", async () => {
  const tables = { pm1aEvent: 0x600, sciLine: 9 };
  const watch = async (options: AcpiOptions, virtual: boolean) => {
    const { machine, wasm } = await boot(options);
    machine.options.cpuid = { 1: [0, 0, virtual ? 0x80000000 : 0, 0] };
    const event = { status: 0x101, enabled: 0 };
    machine.ports.add(0x600, 4, {
      read: (offset) => (offset === 0 ? event.status : event.enabled),
      write: (offset, value) => {
        if (offset === 0) event.status &= ~value;
        else event.enabled = value;
      },
    });
    wasm.find();
    wasm.watchButton();
    return { wasm, event };
  };
  const { wasm, event } = await watch(tables, true);
  assert.deepEqual(event, { status: 1, enabled: 0x100 });
  assert.equal(wasm.pressed(), 0);
  event.status |= 0x100;
  assert.equal(wasm.pressed(), 1);
  assert.deepEqual(event, { status: 1, enabled: 0x100 });
  assert.equal((await watch(tables, false)).event.enabled, 0);
  assert.equal((await watch({ ...tables, buttonMethod: true }, true)).event.enabled, 0);
  assert.equal((await watch({ ...tables, sciLine: 0 }, true)).event.enabled, 0);
});

test("reports within bounded time that a machine stays on", async () => {
  const { machine, wasm } = await boot({ smiCommand: 0xb2, acpiEnable: 0xf1 });
  addControl(machine, 0x604).state.value = 0;
  wasm.find();
  assert.equal(wasm.powerOff(), 0);
  assert.ok(machine.clock.now < 5e9);
});

test("resets by ACPI's register, then the chipset's, then the keyboard controller's", async () => {
  const order: string[] = [];
  const stop = () => {
    throw new MachineStopped("reset");
  };
  const { machine, wasm } = await boot({
    extended: true,
    reset: { space: 1, address: 0x605, value: 9 },
  });
  machine.ports.add(0x605, 1, {
    read: () => 0,
    write: (_offset, value) => order.push(`acpi ${value}`),
  });
  machine.ports.add(0xcf9, 1, {
    read: () => 0,
    write: (_offset, value) => order.push(`cf9 ${value}`),
  });
  wasm.find();
  assert.throws(() => wasm.reboot(), /reset/);
  assert.deepEqual(order, ["acpi 9", "cf9 2", "cf9 6"]);
  const memory = await boot({
    extended: true,
    reset: { space: 0, address: 0xfed00000, value: 1 },
  });
  memory.machine.memorySpace.add(0xfed00000, 16, { read: () => 0, write: stop });
  memory.wasm.find();
  assert.throws(() => memory.wasm.reboot(), /reset/);
  const none = await boot(null);
  none.wasm.find();
  assert.throws(() => none.wasm.reboot(), /reset/, "the keyboard controller");
});

test("writes the exit code to isa-debug-exit", async () => {
  const { wasm } = await boot(null);
  const hasCode = (error: unknown) => (error as MachineStopped).code === 7;
  assert.throws(() => wasm.debugExit(7), hasCode);
});
