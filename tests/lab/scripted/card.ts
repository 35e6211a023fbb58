/** Any network card's driver on the card's model, for tests; and tests that every card passes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../machine/clock.ts";
import { Machine, type MachineOptions } from "../machine/machine.ts";
import { interruptOf } from "../machine/messages.ts";
import type { NicModel } from "../machine/nic-model.ts";
import type { PciFunction } from "../machine/pci.ts";
import { load } from "./assembly.ts";
import { bench, frame, hex } from "./nic.ts";

/** A model whose interrupts can be lost. */
export interface Card extends NicModel {
  /** True: interrupts get lost. */
  mute: boolean;
}

export interface Setup {
  frames?: number;
  start?: boolean;
  interruptLine?: number;
  sendTime?: number;
  /** With a local APIC, a card that has MSI uses it. */
  apic?: MachineOptions["apic"];
  /** Changes the card before the driver sees it. */
  prepareCard?: (card: PciFunction) => void;
}

/** Builds a model and its PCI function. */
export type Build<Model extends Card> = (
  clock: VirtualClock,
  machine: Machine,
  line: (level: boolean) => void,
  setup: Setup,
) => { model: Model; card: PciFunction };

export async function bootCard<Model extends Card>(build: Build<Model>, setup: Setup = {}) {
  const machine = new Machine({ apic: setup.apic });
  let pci: PciFunction | undefined;
  const line = interruptOf(machine.apic, () => pci, machine.line(11));
  const { model, card } = build(machine.clock, machine, line, setup);
  pci = machine.pci.add(0, 3, 0, card);
  card.bytes[0x3c] = setup.interruptLine ?? 11;
  setup.prepareCard?.(card);
  const wasm = await load("tests/lab/entries/pci-card.ts", machine.host());
  machine.attach(wasm);
  assert.equal(wasm.create(setup.frames ?? 1024), 1);
  if (setup.start ?? true) {
    assert.equal(wasm.start(), 1, "the card was not started");
    machine.setInterrupts(true);
    wasm.needsPoll();
  }
  return { machine, model, pci, wasm, ...bench(wasm) };
}

export type Boot = (setup?: Setup) => Promise<Bench>;
type Bench = Pick<
  Awaited<ReturnType<typeof bootCard<Card>>>,
  "machine" | "model" | "pci" | "wasm" | keyof ReturnType<typeof bench>
>;

/** What differs between cards. */
export interface Terms {
  /** The numbers of frames that the card holds for each direction. */
  receives: number;
  sends: number;
  /** Frames of the pool that the driver keeps for the card; by default those for reception. */
  holds?: number;
  /** Interrupts that may come for frames that were polled while they were masked. */
  late?: number;
  /** Whether the driver learns how many frames found no descriptor. */
  countsMissed?: boolean;
  /** Nanoseconds between interrupts, if the card moderates them. */
  moderation?: number;
  /** Precedes the titles of the tests. */
  name?: string;
}

/** What a driver must do with its card. */
export function contract(boot: Boot, terms: Terms): void {
  const rest = 1024 - (terms.holds ?? terms.receives);
  const name = terms.name ? `${terms.name}: ` : "";
  const check = (title: string, run: () => Promise<void>) => test(`${name}${title}`, run);
  testTraffic(check, boot, rest);
  testInterrupts(check, boot, terms);
  testFullRings(check, boot, terms);
  testEmptyPool(check, boot, terms);
  testLink(check, boot, rest);
  testSwitch(check, boot, rest);
}

type Check = (title: string, run: () => Promise<void>) => void;

function testTraffic(check: Check, boot: Boot, rest: number): void {
  check("receives and sends frames of all sizes, and loses none", async () => {
    const { model, wasm, drain, transmit, count, errors } = await boot();
    const sizes = [60, 61, 590, 1499, 1514, 1518];
    for (let round = 0; round < 100; round++) {
      const frames = sizes.map((size, i) => frame(size, round + i));
      for (const bytes of frames) assert.ok(model.receive(bytes));
      assert.deepEqual(drain().map(hex), frames.map(hex));
      for (const bytes of frames) assert.equal(transmit(bytes), 1);
      wasm.flush();
      assert.deepEqual(model.sent.splice(0).map(hex), frames.map(hex));
    }
    assert.equal(count("receivedFrames"), 600);
    assert.equal(count("sentFrames"), 600);
    assert.equal(errors(), 0);
    assert.equal(wasm.available(), rest);
  });

  check("does not touch what a slow card still owns", async () => {
    const { machine, model, wasm, transmit, count } = await boot({ sendTime: 12_000 });
    const frames: Uint8Array[] = [];
    // The model fails the test if something that it owns changes.
    while (frames.length < 2000) {
      const bytes = frame(60 + (frames.length % 1400), frames.length);
      if (wasm.canTransmit() && transmit(bytes)) frames.push(bytes);
      else machine.clock.advance(50_000);
      if (frames.length % 7 === 0) wasm.flush();
    }
    wasm.flush();
    machine.clock.advance(1e9);
    assert.deepEqual(model.sent.map(hex), frames.map(hex));
    assert.equal(count("ringFull"), 0);
    wasm.receive();
    assert.equal(wasm.available(), rest, "all frames are released");
  });
}

function testInterrupts(check: Check, boot: Boot, { late = 0, moderation = 0 }: Terms): void {
  check("masks interrupts from the first one until the ring is empty", async () => {
    const { machine, model, wasm, drain } = await boot();
    machine.sleep(1e6);
    for (let i = 0; i < 10; i++) {
      model.receive(frame(60, i));
      machine.sleep(100_000);
    }
    assert.equal(machine.interrupts, 1);
    assert.equal(wasm.needsPoll(), 1);
    assert.equal(drain().length, 10);
    assert.equal(wasm.needsPoll(), 0);
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 1 + late, "polled frames cause no interrupt");
    assert.equal(wasm.needsPoll(), 0);
    model.receive(frame());
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 2 + late);
  });

  check("a frame that arrives as interrupts are unmasked is polled or interrupts", async () => {
    const { machine, model, wasm, drain } = await boot();
    for (let delay = 0; delay < 2000 + moderation; delay += 10) {
      model.receive(frame());
      machine.sleep(200_000);
      const before = machine.interrupts;
      machine.clock.after(delay, () => model.receive(frame()));
      let got = drain().length;
      while (wasm.needsPoll()) got += drain().length;
      machine.sleep(200_000);
      assert.ok(got === 2 || machine.interrupts > before, `lost at ${delay} ns`);
      drain();
      while (wasm.needsPoll()) drain();
    }
  });
}

function testFullRings(check: Check, boot: Boot, terms: Terms): void {
  const { receives, sends, countsMissed = true } = terms;

  check("refuses frames when the ring is full, and wakes the sender later", async () => {
    const { machine, model, transmit, wasm, count } = await boot({ sendTime: 10_000 });
    let taken = 0;
    while (wasm.canTransmit()) taken += transmit(frame());
    assert.equal(taken, sends);
    assert.equal(transmit(frame()), 0);
    assert.equal(count("ringFull"), 1);
    assert.equal(wasm.needsPoll(), 0, "the sender waits");
    const before = machine.interrupts;
    machine.sleep(10_000 * sends);
    assert.ok(machine.interrupts > before, "no interrupt");
    assert.equal(wasm.needsPoll(), 1, "the sender is due");
    assert.equal(wasm.canTransmit(), 1);
    machine.sleep(1e9);
    assert.equal(model.sent.length, sends);
  });

  check("drops frames that find no descriptor, counts them, and continues", async () => {
    const { model, drain, count, wasm } = await boot();
    let taken = 0;
    for (let i = 0; i < receives + 44; i++) if (model.receive(frame(60, i))) taken++;
    assert.equal(taken, receives);
    assert.equal(drain().length, receives);
    assert.equal(model.missed, 44);
    const counted = countsMissed ? 44 : 0;
    for (let i = 0; i < 2; i++) assert.equal(count("missedErrors"), counted, "counted once");
    assert.equal(wasm.needsPoll(), 0);
    assert.ok(model.receive(frame(60, 9)));
    assert.equal(hex(drain()[0]), hex(frame(60, 9)));
  });
}

function testEmptyPool(check: Check, boot: Boot, terms: Terms): void {
  check("drops and counts frames while the pool is empty, then continues", async () => {
    const frames = (terms.holds ?? terms.receives) + 20;
    const { model, wasm, receive, count } = await boot({ frames });
    for (let i = 0; i < 50; i++) model.receive(frame(60, i));
    let got = 0;
    while (receive()) {
      wasm.hold();
      got++;
    }
    assert.equal(got, 20);
    assert.equal(count("noFrame"), 30);
    wasm.releaseHeld();
    assert.ok(model.receive(frame(60, 77)));
    assert.equal(hex(receive()), hex(frame(60, 77)));
  });
}

function testLink(check: Check, boot: Boot, rest: number): void {
  check("reports the link going down and up, by interrupt or by polling", async () => {
    for (const interruptLine of [11, 255]) {
      const { machine, model, wasm, transmit, count } = await boot({ interruptLine });
      for (const up of [false, true, false, true]) {
        model.setLink(up);
        machine.sleep(100_000);
        assert.equal(wasm.needsPoll(), 1, "the stack must see it");
        assert.equal(wasm.linkUp(), up ? 1 : 0);
        assert.equal(transmit(frame()), up ? 1 : 0);
      }
      assert.equal(count("linkDown"), 2);
      wasm.flush();
      assert.equal(wasm.available(), rest);
    }
  });

  check("SYS-07: polls a card whose interrupts get lost", async () => {
    const { machine, model, wasm, drain } = await boot();
    const never = 0x7fff_ffff_ffff_ffffn;
    const arrive = () => {
      assert.equal(wasm.needsPoll(), 0);
      model.receive(frame());
      machine.sleep(1e6);
      assert.equal(drain().length, 1);
    };
    arrive();
    assert.equal(wasm.pollAt(6000n), never);
    model.mute = true;
    arrive();
    assert.equal(wasm.pollAt(10_000n), 1_010_000n, "an interrupt is due");
    assert.equal(wasm.pollAt(1_010_000n), 1_011_000n, "polls every millisecond");
    arrive();
    model.setLink(false);
    assert.equal(wasm.needsPoll(), 1);
    assert.equal(wasm.linkUp(), 0);
  });
}

function testSwitch(check: Check, boot: Boot, rest: number): void {
  check("a disabled card neither receives, sends nor interrupts until enabled again", async () => {
    const { machine, model, wasm, transmit, drain } = await boot({ sendTime: 10_000 });
    for (let i = 0; i < 20; i++) {
      model.receive(frame());
      transmit(frame());
    }
    wasm.flush();
    wasm.setUp(0);
    assert.equal(wasm.linkUp(), 0);
    assert.ok(!model.receive(frame()));
    assert.equal(transmit(frame()), 0);
    const before = machine.interrupts;
    machine.sleep(1e9);
    assert.equal(machine.interrupts, before);
    assert.equal(wasm.needsPoll(), 0);
    wasm.setUp(1);
    assert.equal(wasm.available(), rest);
    assert.deepEqual(drain(), [], "frames from before are discarded");
    assert.ok(model.receive(frame(60, 3)));
    assert.equal(hex(drain()[0]), hex(frame(60, 3)));
    assert.equal(transmit(frame(60, 4)), 1);
    wasm.flush();
    machine.sleep(1e9);
    assert.equal(hex(model.sent.at(-1) as Uint8Array), hex(frame(60, 4)));
  });

  check("does not write to memory once quiesced", async () => {
    const { machine, model, wasm, pci, transmit } = await boot({ sendTime: 10_000 });
    for (let i = 0; i < 5; i++) transmit(frame());
    wasm.flush();
    wasm.quiesce();
    assert.equal(pci.command & 4, 0);
    assert.ok(!model.receive(frame()));
    const { length } = model.sent;
    machine.sleep(1e9);
    assert.equal(model.sent.length, length);
  });
}

type MsiBoot = (
  setup: Pick<Setup, "apic" | "interruptLine" | "prepareCard">,
) => Promise<Omit<Bench, "model"> & { model: NicModel }>;

/** What a driver must do with a card that has MSI. */
export function testMsi(boot: MsiBoot): void {
  test("sends messages if the processor accepts them, and nothing on its line", async () => {
    const { machine, model, pci, wasm, drain } = await boot({ apic: "page", interruptLine: 255 });
    const at = pci.capability(5);
    assert.equal(wasm.isConnected(), 1);
    assert.equal(pci.bytes[at + 2] & 0x71, 1, "enabled, one message");
    assert.equal(pci.view.getUint32(at + 4, true), 0xfee03000);
    assert.equal(pci.view.getUint16(at + 12, true), 48);
    assert.notEqual(pci.command & 0x400, 0, "no INTx");
    for (let i = 1; i <= 3; i++) {
      model.receive(frame(60, i));
      machine.sleep(1e6);
      assert.equal(machine.interrupts, i);
      assert.equal(drain().length, 1);
      while (wasm.needsPoll()) drain();
    }
    assert.equal(machine.apic.strays, 0);
    assert.deepEqual(machine.apic.inService, []);
  });

  test("uses its line if there is no APIC, and disables messages of firmware", async () => {
    const { machine, model, pci, wasm } = await boot({
      prepareCard: (card) => {
        card.bytes[card.capability(5) + 2] |= 1;
      },
    });
    assert.equal(pci.bytes[pci.capability(5) + 2] & 1, 0);
    assert.equal(pci.command & 0x400, 0);
    model.receive(frame());
    machine.sleep(1e6);
    assert.equal(machine.interrupts, 1);
    assert.equal(wasm.needsPoll(), 1);
  });
}
