/** `nc` while the serial line takes no bytes: the kernel sleeps, and nothing is lost. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";

const LINES = 3000;
const text = Array.from({ length: LINES }, (_, i) => `line ${i} ${"x".repeat(40)}\n`).join("");

for (const options of ["", "-w 5 "]) {
  test(`nc ${options}prints all that was acknowledged once the console goes on`, async () => {
    const lab = await Lab.at("S1");
    lab.gateway.tcp.listeners.set(81, (connection) => {
      connection.write(Buffer.from(text));
      connection.close();
    });
    lab.type(`nc ${options}10.0.2.2 81; echo exit $?\r`);
    lab.twin.machine.uart.hold(true);
    lab.pass(10);
    const turns = lab.twin.turns;
    lab.pass(100);
    assert.ok(lab.twin.turns - turns < 10_000, `${lab.twin.turns - turns} turns`);
    lab.twin.machine.uart.hold(false);
    lab.pass(60);
    const lines = lab.twin.output.match(/line \d+ x{40}\r\n/g) ?? [];
    assert.equal(lines.length, LINES);
    assert.match(lab.twin.output, /exit 0\r\nanonymos> $/);
  });
}

test("nc also sleeps after Ctrl-D while data waits for the console", async () => {
  const lab = await Lab.at("S1");
  lab.gateway.tcp.listeners.set(81, (connection) => connection.write(Buffer.from(text)));
  lab.type("nc 10.0.2.2 81\r");
  lab.twin.machine.uart.hold(true);
  lab.type("\x04");
  lab.pass(10);
  const turns = lab.twin.turns;
  lab.pass(60);
  assert.ok(lab.twin.turns - turns < 10_000, `${lab.twin.turns - turns} turns`);
  lab.twin.machine.uart.hold(false);
  lab.pass(60);
  assert.equal((lab.twin.output.match(/line \d+ x{40}\r\n/g) ?? []).length, LINES);
});
