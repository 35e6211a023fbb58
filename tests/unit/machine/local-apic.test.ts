/** The local APIC and messages (machine/local-apic.ts, machine/interrupts.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine, type MachineOptions } from "../../lab/machine/machine.ts";
import { load } from "../../lab/scripted/assembly.ts";

const [TPR, SPURIOUS, LOCAL_TIMER, LINT0, LINT1] = [0x80, 0xf0, 0x320, 0x350, 0x360];
/** The machine's APIC has id 3. */
const ADDRESS = 0xfee03000;

async function boot(options: MachineOptions = {}) {
  const machine = new Machine(options);
  const wasm = await load("tests/lab/entries/clock.ts", machine.host());
  machine.attach(wasm);
  return { machine, apic: machine.apic, wasm };
}

for (const kind of ["page", "x2apic"] as const) {
  test(`${kind}: enables a disabled APIC, and delivers interrupts of the 8259 pair`, async () => {
    const { machine, apic, wasm } = await boot({ apic: kind });
    apic.set(TPR, 0x20);
    apic.set(LOCAL_TIMER, 0x20030);
    wasm.initInterrupts();
    const registers = [TPR, SPURIOUS, LOCAL_TIMER, LINT0, LINT1].map((each) => apic.get(each));
    assert.deepEqual(registers, [0, 0x1ff, 0x10000, 0x700, 0x400]);
    const handler = wasm.counter(4, false);
    machine.setInterrupts(true);
    machine.line(4)(true);
    machine.sleep(1);
    assert.equal(wasm.calls(handler), 1);
    assert.deepEqual(apic.inService, [], "an interrupt of the pair is not in service");
  });

  test(`${kind}: delivers each message to its handler, and ends it`, async () => {
    const { machine, apic, wasm } = await boot({ apic: kind });
    wasm.initInterrupts();
    const vectors = [wasm.message(), wasm.message()];
    assert.deepEqual(vectors, [48, 49]);
    assert.equal(wasm.messageAddress() >>> 0, ADDRESS);
    machine.setInterrupts(true);
    for (let i = 1; i <= 3; i++) {
      apic.message(ADDRESS, 49);
      machine.sleep(1);
      assert.equal(wasm.lastCalls(), i);
      assert.deepEqual(apic.inService, []);
    }
    apic.message(ADDRESS, 48);
    machine.sleep(1);
    assert.equal(wasm.lastCalls(), 3, "another vector");
    assert.equal(machine.interrupts, 4);
    assert.equal(apic.strays, 0);
  });
}

test("ends interrupts that an earlier kernel left in service", async () => {
  const { machine, apic, wasm } = await boot({ apic: "page" });
  apic.inService.push(0x20, 0x31, 0xef);
  wasm.initInterrupts();
  assert.deepEqual(apic.inService, []);
  assert.equal(wasm.message(), 48);
  machine.setInterrupts(true);
  apic.message(ADDRESS, 48);
  machine.sleep(1);
  assert.equal(wasm.lastCalls(), 1);
});

test("ends and counts a message that nothing expects", async () => {
  const { machine, apic, wasm } = await boot({ apic: "page" });
  wasm.initInterrupts();
  machine.setInterrupts(true);
  for (const vector of [60, 200]) apic.message(ADDRESS, vector);
  machine.sleep(1);
  assert.deepEqual(apic.inService, []);
  assert.equal(wasm.unclaimedInterrupts(), 2n);
  machine.takeInterrupt(255);
  assert.equal(wasm.spuriousInterrupts(), 1n);
});

test("has as many vectors as APIC_VECTORS, and reuses one that was released", async () => {
  const { wasm } = await boot({ apic: "page" });
  wasm.initInterrupts();
  for (let i = 0; i < 48; i++) assert.equal(wasm.message(), 48 + i);
  assert.equal(wasm.message(), 0);
  wasm.disconnectMessage(60);
  assert.equal(wasm.message(), 60);
});

test("accepts no messages without an APIC, or if it is off or does not respond", async () => {
  const none = await boot();
  none.wasm.initInterrupts();
  assert.equal(none.wasm.message(), 0);
  const off = await boot({ cpuid: { 1: [0, 0, 0, 1 << 9] } });
  off.apic.readMsr = () => 0xfee00100n;
  off.wasm.initInterrupts();
  assert.equal(off.wasm.message(), 0);
  assert.equal(off.machine.count.mmioRead, 0, "an APIC that is off is left alone");
  const silent = await boot({ cpuid: { 1: [0, 0, 0, 1 << 9] } });
  silent.wasm.initInterrupts();
  assert.equal(silent.wasm.message(), 0);
  assert.equal(silent.machine.count.mmioWrite, 0);
});
