/** The keyboard (drivers/keyboard.ts, scan-codes.ts) against the controller's model. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Faults, I8042 } from "../../lab/machine/i8042.ts";
import { Machine } from "../../lab/machine/machine.ts";
import { load } from "../../lab/scripted/assembly.ts";

async function boot(faults: Faults | null = {}, waiting: number[] = []) {
  const machine = new Machine();
  const controller = new I8042(machine.line(1), faults ?? {});
  if (faults === null) machine.ports.add(0x60, 5, { read: () => 0xff, write: () => {} });
  else {
    machine.ports.add(0x60, 1, controller);
    const command = {
      read: () => controller.read(4),
      write: (_: number, v: number) => controller.write(4, v),
    };
    machine.ports.add(0x64, 1, command);
  }
  if (waiting.length > 0) controller.send(waiting);
  const wasm = await load("tests/lab/entries/keyboard.ts", machine.host());
  machine.attach(wasm);
  const present = wasm.start() !== 0;
  machine.setInterrupts(true);
  const typed = () => {
    let text = "";
    for (let byte = wasm.read(); byte >= 0; byte = wasm.read()) text += String.fromCharCode(byte);
    return text;
  };
  return {
    ...{ machine, controller, present, typed },
    /** Sends codes, with an interrupt for each, and returns what they type. */
    type(...codes: number[]) {
      for (const code of codes) {
        controller.send([code]);
        machine.sleep(1000);
      }
      return typed();
    },
  };
}

const [SHIFT, RIGHT_SHIFT, CONTROL, ALT, CAPS, NUM] = [0x2a, 0x36, 0x1d, 0x38, 0x3a, 0x45];
const up = (code: number) => code | 0x80;
const tap = (code: number) => [code, up(code)];
const held = (by: number, ...codes: number[]) => [by, ...codes.flatMap(tap), up(by)];

test("sets up the controller: interrupt and translation on, the mouse off", async () => {
  const { present, controller, typed } = await boot({}, [0x1e, 0x30]);
  assert.ok(present);
  assert.equal(controller.settings, 0x45);
  assert.equal(controller.mouseEnabled, false);
  assert.equal(typed(), "", "what firmware has left is not typed");
});

test("finds no keyboard in bounded time if the controller is missing, stuck or mute", async () => {
  for (const faults of [null, { stuck: true }, { mute: true }]) {
    const { present, machine } = await boot(faults);
    assert.ok(!present);
    assert.ok(machine.clock.now < 1e9, `${machine.clock.now} ns`);
  }
});

test("types the characters of a US keyboard", async () => {
  const { type } = await boot();
  const rows = [range(0x02, 0x0d), range(0x10, 0x1b), range(0x1e, 0x29), range(0x2b, 0x35), [0x39]];
  const plain = "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./ ";
  const shifted = '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"~|ZXCVBNM<>? ';
  assert.equal(type(...rows.flat().flatMap(tap)), plain);
  assert.equal(type(...held(SHIFT, ...rows.flat())), shifted);
  assert.equal(type(...held(RIGHT_SHIFT, ...rows.flat())), shifted);
  assert.equal(type(...tap(CAPS), ...tap(0x1e), ...tap(0x02), ...held(SHIFT, 0x1e, 0x02)), "A1a!");
  assert.equal(type(...tap(CAPS), ...tap(0x1e)), "a");
  assert.equal(type(...tap(0x0f), ...tap(0x0e), ...tap(0x1c), ...tap(0x01)), "\t\x7f\r\x1b");
  assert.equal(type(0x1e, 0x1e, 0x1e, up(0x1e)), "aaa", "a key that is held repeats");
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

test("types control characters and Meta", async () => {
  const { type } = await boot();
  assert.equal(type(...held(CONTROL, 0x2e, 0x20, 0x26, 0x13)), "\x03\x04\x0c\x12");
  assert.equal(type(0xe0, CONTROL, ...tap(0x2e), 0xe0, up(CONTROL), ...tap(0x2e)), "\x03c");
  assert.equal(type(...held(ALT, 0x30, 0x21)), "\x1bb\x1bf");
});

test("sends the sequences of cursor and editing keys", async () => {
  const { type } = await boot();
  const extended = (code: number) => [0xe0, code, 0xe0, up(code)];
  const keys = [0x48, 0x50, 0x4d, 0x4b, 0x47, 0x4f, 0x53];
  assert.equal(type(...keys.flatMap(extended)), "\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F\x1b[3~");
  assert.equal(type(CONTROL, ...extended(0x4b), up(CONTROL)), "\x1b[1;5D");
  // With Num Lock, keyboards put shifts around these, which nobody has pressed.
  assert.equal(type(0xe0, SHIFT, ...extended(0x48), 0xe0, up(SHIFT), ...tap(0x1e)), "\x1b[Aa");
});

test("the keypad types digits, or moves without Num Lock", async () => {
  const { type } = await boot();
  assert.equal(type(...range(0x47, 0x53).flatMap(tap)), "789-456+1230.");
  assert.equal(type(0xe0, 0x35, 0xe0, up(0x35), 0xe0, 0x1c, 0xe0, up(0x1c), ...tap(0x37)), "/\r*");
  assert.equal(type(...tap(NUM), ...tap(0x48), ...tap(0x4a), ...tap(0x53)), "\x1b[A-\x1b[3~");
});

test("ignores Pause, replies, other keys and the mouse; too many codes are lost", async () => {
  const { type, controller, machine, typed } = await boot();
  const pause = [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5];
  assert.equal(type(...pause, 0xfa, 0xfe, 0xff, 0x00, ...tap(0x3b), 0xe0, 0x5b, ...tap(0x1e)), "a");
  controller.send([0x30]);
  controller.send([0x1e, 0x1e], true);
  machine.sleep(1e6);
  assert.equal(typed(), "b");
  for (let i = 0; i < 300; i++) controller.send([0x1e]);
  machine.sleep(1e6);
  assert.equal(typed(), "a".repeat(256));
  assert.equal(type(...tap(0x30)), "b");
});
