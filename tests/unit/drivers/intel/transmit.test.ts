/** The 8254x driver's transmit ring (drivers/intel/). */
import assert from "node:assert/strict";
import test from "node:test";
import { boot, frame, hex } from "../../../lab/scripted/e1000.ts";

const [TDT] = [0x3818];

test("sends a batch of frames with one register write", async () => {
  const { model, transmit, wasm, count } = await boot();
  const frames = Array.from({ length: 100 }, (_, i) => frame(60 + 10 * i, i));
  for (const bytes of frames) assert.equal(transmit(bytes), 1);
  assert.equal(model.sent.length, 0);
  wasm.flush();
  assert.deepEqual(model.sent.map(hex), frames.map(hex));
  assert.equal(model.writeCount(TDT), 2, "one for the setup, one for the batch");
  wasm.flush();
  assert.equal(model.writeCount(TDT), 2, "nothing to send");
  assert.equal(wasm.available(), 1024 - 256, "a synchronous controller releases frames at once");
  assert.equal(count("sentFrames"), 100);
});

test("sends frames of 60 to 1514 bytes unchanged, and counts their bytes", async () => {
  const { model, transmit, wasm, count } = await boot();
  const frames = [60, 61, 64, 1513, 1514].map((length) => frame(length, length));
  for (const bytes of frames) assert.equal(transmit(bytes), 1);
  wasm.flush();
  assert.deepEqual(model.sent.map(hex), frames.map(hex));
  assert.equal(count("sentBytes"), 60 + 61 + 64 + 1513 + 1514);
});

test("the model rejects a frame shorter than 60 bytes", async () => {
  const { transmit, wasm } = await boot();
  transmit(frame(59));
  assert.throws(() => wasm.flush(), /a frame of 59 bytes is not padded/);
});

test("does not touch descriptors and frames that a slow controller still owns", async () => {
  const { machine, model, transmit, wasm, count } = await boot({ sendTime: 12_000 });
  const frames: Uint8Array[] = [];
  // The model fails the test if something it owns changes.
  while (frames.length < 5000) {
    const bytes = frame(60 + (frames.length % 1400), frames.length);
    if (wasm.canTransmit() && transmit(bytes)) frames.push(bytes);
    else machine.clock.advance(50_000);
    if (frames.length % 7 === 0) wasm.flush();
  }
  wasm.flush();
  machine.clock.advance(1e9);
  assert.equal(model.sent.length, 5000);
  assert.deepEqual(model.sent.map(hex), frames.map(hex));
  assert.equal(count("ringFull"), 0);
  wasm.receive();
  assert.equal(wasm.available(), 1024 - 256, "all frames are released");
});

test("refuses and counts frames when the ring is full, and later wakes the sender", async () => {
  const { machine, model, transmit, wasm, count } = await boot({ sendTime: 10_000 });
  let taken = 0;
  while (wasm.canTransmit()) taken += transmit(frame());
  assert.equal(taken, 255);
  assert.equal(transmit(frame()), 0);
  assert.equal(count("ringFull"), 1);
  assert.equal(wasm.needsPoll(), 0, "the sender waits");
  const before = machine.interrupts;
  let slept = 0;
  while (machine.interrupts === before && slept++ < 1000) machine.sleep(10_000);
  assert.ok(slept < 100, `${slept}`);
  assert.equal(wasm.needsPoll(), 1, "the sender is due");
  assert.equal(wasm.canTransmit(), 1);
  machine.sleep(1e9);
  assert.equal(model.sent.length, 255);
});

test("requests transmit interrupts only while a sender waits for room", async () => {
  const { machine, transmit, wasm } = await boot({ sendTime: 10_000 });
  for (let i = 0; i < 50; i++) transmit(frame());
  wasm.flush();
  machine.sleep(1e9);
  assert.equal(machine.interrupts, 0);
});
