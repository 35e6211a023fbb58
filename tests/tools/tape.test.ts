/** Tapes of twins: replays print the same, and divergences are reported with their stack. */
import assert from "node:assert/strict";
import test from "node:test";
import { consoleOf, Divergence } from "../../tools/tape/player.ts";
import { Reel } from "../../tools/tape/reel.ts";
import { Twin, TwinPanic } from "../lab/machine/twin.ts";

/** Boots a twin that records itself. */
async function recorded(commandLine: string): Promise<{ twin: Twin; reel: Reel }> {
  const reel = new Reel();
  return { twin: await Twin.boot({ commandLine, recorder: reel.recorder }), reel };
}

test("replays the console of several boots", async () => {
  const { twin, reel } = await recorded("ip=dhcp");
  twin.pass(1);
  twin.command("lspci; ip addr; free");
  twin.command("reboot");
  twin.pass(1);
  twin.reset();
  twin.pass(1);
  twin.command("poweroff 3");
  assert.equal(twin.boots, 3);
  assert.equal(consoleOf(reel.tape()), twin.output);
});

test("reports a divergence from an altered tape, with its stack in TypeScript", async () => {
  const { twin, reel } = await recorded("ip=dhcp");
  twin.pass(1);
  const tape = reel.tape();
  // The second of several reads: the first looks for devices, which "ip=" does not name.
  tape.write("ip=dxcp", tape.indexOf("ip=dhcp", tape.indexOf("ip=dhcp") + 1));
  const told = (error: Error) => {
    assert.ok(error instanceof Divergence);
    assert.match(error.message, /^boot 1, call 1, act \d+: .*\n {2}.+ at \w+\/.*\.ts:\d+\n/);
    assert.match(error.message, /^ {2}kernel\/main\/boot at kernel\/main\.ts:\d+$/m);
    return true;
  };
  assert.throws(() => consoleOf(tape), told);
});

test("replays a truncated tape to its end", async () => {
  const { twin, reel } = await recorded("ip=dhcp");
  twin.pass(1);
  const tape = reel.tape();
  for (const part of [0.3, 0.999]) {
    const played = consoleOf(tape.subarray(0, Math.floor(tape.length * part)));
    assert.ok(twin.output.startsWith(played));
  }
});

test("replays a panic, and adds its stack in TypeScript", async () => {
  const { twin, reel } = await recorded("ip=dhcp");
  twin.pass(1);
  assert.throws(() => twin.command("crash abort"), TwinPanic);
  const said = /panic: crash abort was typed at kernel\/shell\/commands\/crash\.ts:\d+:\d+\n/;
  assert.match(twin.output, said);
  const played = consoleOf(reel.tape());
  assert.match(played, said);
  assert.match(played, /^ {2}kernel\/shell\/commands\/crash\/Crash#start at .*crash\.ts:\d+$/m);
});
