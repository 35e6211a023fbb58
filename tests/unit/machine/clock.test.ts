/** Clock, timer and interrupt controllers (machine/{clock,timer,interrupts,pic,pit}.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine, type MachineOptions } from "../../lab/machine/machine.ts";
import { load } from "../../lab/scripted/assembly.ts";

const [CPUID, HYPERVISOR, PIT, GUESS] = [1, 2, 3, 4];
const NEVER = 0x7fff_ffff_ffff_ffffn;
const HYPERVISOR_PRESENT = 0x8000_0000;

async function boot(options: MachineOptions = {}) {
  const machine = new Machine(options);
  const wasm = await load("tests/lab/entries/clock.ts", machine.host());
  machine.attach(wasm);
  return { machine, wasm };
}

const relativeError = (a: bigint, b: number) => Math.abs(Number(a) / b - 1);

test("measures the time-stamp counter over 10 ms of the PIT, to within one PIT tick", async () => {
  for (const tsc of [1_000_000_000, 2_445_406_000, 4_999_999_999]) {
    const { machine, wasm } = await boot({ tsc });
    wasm.calibrate();
    assert.equal(wasm.clockSource(), PIT);
    assert.ok(relativeError(wasm.frequency(), tsc) < 100e-6, `${wasm.frequency()} for ${tsc}`);
    assert.ok(machine.clock.now < 20e6, `took ${machine.clock.now} ns`);
  }
});

test("repeats the measurement if the virtual machine was paused", async () => {
  const { machine, wasm } = await boot();
  const write = machine.pit.ports.write;
  let latches = 0;
  machine.pit.ports.write = (offset, value, width) => {
    write(offset, value, width);
    if (++latches % 97 === 0) machine.clock.advance(700_000);
  };
  wasm.calibrate();
  assert.ok(relativeError(wasm.frequency(), 2.5e9) < 100e-6, `${wasm.frequency()}`);
});

test("uses CPUID's frequency if it is plausible", async () => {
  const leaf15 = (denominator: number, numerator: number, crystal: number) => ({
    0: [0x16, 0, 0, 0],
    21: [denominator, numerator, crystal, 0],
    22: [2400, 0, 0, 0],
  });
  const cases: [Record<number, number[]>, number, number][] = [
    [leaf15(2, 200, 24_000_000), CPUID, 2_400_000_000],
    [leaf15(2, 200, 0), CPUID, 2_400_000_000],
    [leaf15(0, 0, 0), PIT, 2_500_000_000],
    [leaf15(2, 200, 3), PIT, 2_500_000_000],
    [{ 0: [0xd, 0, 0, 0] }, PIT, 2_500_000_000],
    [
      {
        1: [0, 0, HYPERVISOR_PRESENT, 0],
        1073741824: [0x40000010, 0, 0, 0],
        1073741840: [2_445_406, 0, 0, 0],
      },
      HYPERVISOR,
      2_445_406_000,
    ],
    [{ 1: [0, 0, HYPERVISOR_PRESENT, 0], 1073741824: [0x40000001, 0, 0, 0] }, PIT, 2_500_000_000],
    [{ 1: [0, 0, 0, 0], 1073741840: [2_445_406, 0, 0, 0] }, PIT, 2_500_000_000],
  ];
  for (const [cpuid, source, hertz] of cases) {
    const { wasm } = await boot({ cpuid });
    wasm.calibrate();
    assert.equal(wasm.clockSource(), source);
    assert.ok(relativeError(wasm.frequency(), hertz) < 100e-6, `${wasm.frequency()} for ${hertz}`);
  }
});

test("measures with channel 0 where port B, which gates channel 2, is missing", async () => {
  const { machine, wasm } = await boot();
  machine.ports.remove(machine.pit.portB);
  wasm.calibrate();
  assert.equal(wasm.clockSource(), PIT);
  assert.ok(relativeError(wasm.frequency(), 2.5e9) < 100e-6, `${wasm.frequency()}`);
});

test("guesses the frequency, without hanging, if it cannot be measured", async () => {
  const { machine, wasm } = await boot();
  machine.ports.remove(machine.pit.ports);
  wasm.calibrate();
  assert.equal(wasm.clockSource(), GUESS);
});

test("neither drifts nor steps back in 100 days", async () => {
  // With this crystal, the frequency that CPUID reports is exact.
  const cpuid = { 0: [0x16, 0, 0, 0], 21: [1, 1, 2_445_406_123, 0] };
  const { machine, wasm } = await boot({ tsc: 2_445_406_123, cpuid });
  wasm.calibrate();
  const origin = machine.clock.now;
  let last = wasm.now();
  for (let day = 0; day < 100; day++) {
    machine.clock.advance(86_399e9 + 999_999_000);
    for (let i = 0; i < 50; i++) {
      const now = wasm.now();
      assert.ok(now >= last, `${now} after ${last}`);
      last = now;
      machine.clock.advance(731);
    }
    const truth = BigInt(Math.floor((machine.clock.now - origin) / 1000));
    const error = wasm.now() - truth;
    assert.ok(error >= -1n && error <= 1n, `${error} us on day ${day}`);
  }
});

test("the wall clock is unknown until it is set, and then follows the clock", async () => {
  const { machine, wasm } = await boot();
  assert.equal(wasm.now(), 0n);
  wasm.calibrate();
  assert.equal(wasm.wallClock(), -1n);
  wasm.setWallClock(1_700_000_000_000_000n);
  machine.clock.advance(5e9);
  const since = wasm.wallClock() - 1_700_000_000_000_000n;
  assert.ok(since >= 4_999_000n && since <= 5_001_000n, `${since}`);
});

test("the timer interrupts at its deadline, or after 54 ms if that is sooner", async () => {
  const { machine, wasm } = await boot();
  wasm.calibrate();
  wasm.initInterrupts();
  wasm.initTimer();
  machine.setInterrupts(true);
  const sleepUntilInterrupt = () => {
    const before = machine.interrupts;
    const start = wasm.now();
    while (machine.interrupts === before) machine.sleep(100_000);
    return Number(wasm.now() - start);
  };
  const start = wasm.now();
  wasm.arm(start + 10_000n, start);
  const first = sleepUntilInterrupt();
  assert.ok(Math.abs(first - 10_000) < 250, `${first}`);
  const again = wasm.now();
  wasm.arm(again + 1_000_000n, again);
  const second = sleepUntilInterrupt();
  assert.ok(Math.abs(second - 54_000) < 250, `${second}`);
  assert.equal(wasm.interruptCount(0), 2n);
});

test("does not reprogram a timer that expires early enough", async () => {
  const { machine, wasm } = await boot();
  wasm.calibrate();
  wasm.initInterrupts();
  wasm.initTimer();
  machine.setInterrupts(true);
  const start = wasm.now();
  wasm.arm(start + 10_000n, start);
  for (let i = 0; i < 100; i++) wasm.arm(start + 10_000n + BigInt(i), wasm.now());
  wasm.arm(NEVER, wasm.now());
  wasm.arm(start - 5n, wasm.now());
  assert.equal(machine.pit.shots, 1);
  wasm.arm(start + 5_000n, wasm.now());
  assert.equal(machine.pit.shots, 2, "an earlier deadline");
  machine.sleep(20e6);
  assert.equal(wasm.interruptCount(0), 1n);
  wasm.arm(wasm.now() + 10_000n, wasm.now());
  assert.equal(machine.pit.shots, 3);
});

test("level-triggered lines call all handlers while high, edge-triggered ones once", async () => {
  const { machine, wasm } = await boot();
  wasm.initInterrupts();
  const first = wasm.counter(11, true);
  const second = wasm.counter(11, true);
  const edge = wasm.counter(4, false);
  machine.setInterrupts(true);
  const line = machine.line(11);
  machine.setInterrupts(false);
  line(true);
  line(false);
  machine.setInterrupts(true);
  assert.equal(wasm.calls(first), 0, "a line that fell again requests nothing");
  machine.line(4)(true);
  machine.sleep(1000);
  machine.line(4)(false);
  machine.sleep(1000);
  assert.deepEqual([first, second, edge].map(wasm.calls as (c: number) => number), [0, 0, 1]);
  // The model's level stays high for two rounds, then falls.
  let rounds = 0;
  const dispatch = wasm.interrupt;
  machine.attach({
    ...wasm,
    interrupt: (vector: number) => {
      dispatch(vector);
      if (++rounds === 2) line(false);
    },
  });
  line(true);
  machine.sleep(1000);
  assert.deepEqual([first, second].map(wasm.calls as (c: number) => number), [2, 2]);
  assert.equal(wasm.interruptCount(11), 2n);
});

test("rejects lines that do not exist or have too many handlers", async () => {
  const { wasm } = await boot();
  wasm.initInterrupts();
  assert.equal(wasm.counter(255, true), 0);
  assert.equal(wasm.counter(16, true), 0);
  assert.equal(wasm.counter(0, true), 0, "firmware writes 0 if no line is connected");
  for (let i = 0; i < 4; i++) assert.notEqual(wasm.counter(10, true), 0);
  assert.equal(wasm.counter(10, true), 0);
});

test("counts spurious interrupts on lines 7 and 15, and sends each EOI that is due", async () => {
  const { machine, wasm } = await boot();
  wasm.initInterrupts();
  wasm.initTimer();
  machine.takeInterrupt(32 + 7);
  assert.equal(wasm.spuriousInterrupts(), 1n);
  machine.pic.first.inService = 1 << 2;
  machine.takeInterrupt(32 + 15);
  assert.equal(wasm.spuriousInterrupts(), 2n);
  assert.equal(machine.pic.first.inService, 0, "EOI for the cascade");
  machine.pic.first.inService = 1 << 7;
  const real = wasm.counter(7, false);
  machine.takeInterrupt(32 + 7);
  assert.equal(wasm.calls(real), 1);
  assert.equal(machine.pic.first.inService, 0);
});

test("masks a line without a handler at its first interrupt", async () => {
  const { machine, wasm } = await boot();
  wasm.initInterrupts();
  machine.pic.first.mask = 0;
  machine.pic.first.levelTriggered = 1 << 5;
  machine.line(5)(true);
  machine.setInterrupts(true);
  machine.sleep(1e6);
  assert.equal(wasm.unclaimedInterrupts(), 1n);
  machine.takeInterrupt(14);
  machine.takeInterrupt(255);
  assert.equal(wasm.unclaimedInterrupts(), 1n, "no line, and a spurious interrupt");
});
