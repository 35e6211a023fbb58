/** Each error counter of the controller (SDM 13.7) is reported once; a dead EEPROM. */
import assert from "node:assert/strict";
import test from "node:test";
import { boot } from "../../../lab/scripted/e1000.ts";

type Name = Parameters<Awaited<ReturnType<typeof boot>>["count"]>[0];

/** The counter of each register; undefined if it counts only in the sum of all errors. */
const registers: [name: string, offset: number, counter: Name | undefined][] = [
  ["CRCERRS", 0x4000, "crcErrors"],
  ["ALGNERRC", 0x4004, "frameErrors"],
  ["RXERRC", 0x400c, "frameErrors"],
  ["MPC", 0x4010, "missedErrors"],
  ["ECOL", 0x4018, undefined],
  ["LATECOL", 0x4020, undefined],
  ["TNCRS", 0x4034, undefined],
  ["CEXTERR", 0x403c, "frameErrors"],
  ["RLEC", 0x4040, "lengthErrors"],
  ["RFC", 0x40a8, "lengthErrors"],
  ["ROC", 0x40ac, "oversized"],
  ["RJC", 0x40b0, "oversized"],
];

for (const qemu of [false, true]) {
  test(`reports each error once if a read ${qemu ? "keeps" : "clears"} the counter`, async () => {
    const { model, count, errors } = await boot({ qemu });
    for (const [name, offset, counter] of registers) {
      const before = [counter ? count(counter) : 0, errors()];
      model.set(offset, 3);
      const after = [counter ? count(counter) : 0, errors()];
      const expected = [before[0] + (counter ? 3 : 0), before[1] + 3];
      assert.deepEqual(after, expected, name);
      assert.equal(errors(), after[1], `${name} is reported twice`);
      model.set(offset, 0);
      errors();
    }
  });
}

test("does not start a card whose EEPROM never responds", async () => {
  for (const device of [0x100e, 0x1008]) {
    const { model, wasm } = await boot({ device, loadsAddress: false, start: false });
    const read = model.read.bind(model);
    // EECD never grants access, and EERD never reports DONE.
    model.read = (offset) => (offset === 0x10 || offset === 0x14 ? 0 : read(offset));
    assert.equal(wasm.start(), 0, device.toString(16));
  }
});
