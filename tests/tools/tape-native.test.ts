/** Given the same input, the kernel does the same as WebAssembly and compiled to native code. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { makeReplayers, replay } from "../../tools/tape/native.ts";
import { Reel } from "../../tools/tape/reel.ts";
import { Twin } from "../lab/machine/twin.ts";
import { makePlan } from "../sim/plan.ts";
import { runWorld } from "../sim/run-world.ts";

let replayers: string[] = [];
before(async () => {
  replayers = await makeReplayers();
});

test("SYS-11: the native kernel has the same trace", async () => {
  for (const seed of [7, 77]) {
    const wasm = await runWorld(makePlan(seed));
    const { failures, trace } = await runWorld(makePlan(seed), undefined, replayers);
    assert.deepEqual(failures, []);
    assert.equal(trace, wasm.trace);
  }
});

async function tapeOf(command: string): Promise<Buffer> {
  const reel = new Reel();
  const twin = await Twin.boot({ commandLine: "ip=dhcp", recorder: reel.recorder });
  twin.pass(1);
  twin.command(command);
  return reel.tape();
}

test("reports a divergence from an altered tape, with its line of TypeScript", async () => {
  const tape = await tapeOf("ip addr");
  // As in tape.test.ts: the second time that the command line is read.
  tape.write("ip=dxcp", tape.indexOf("ip=dhcp", tape.indexOf("ip=dhcp") + 1));
  for (const program of replayers) {
    const { failure } = await replay(program, tape);
    assert.match(failure, /^boot 1, call 1, act \d+: the kernel called \w+\(.*\), expected /);
    if (!program.endsWith("plain")) {
      assert.match(failure, /^ {2}kernel\/main\/boot at kernel\/main\.ts:\d+$/m);
    }
  }
});

test("detects a read of page 0, which Node allows", async (t) => {
  const tape = await tapeOf("crash null");
  const [withoutSanitizers] = replayers;
  if (withoutSanitizers.endsWith("plain"))
    return t.skip("memory cannot be mapped at 4096 on this machine");
  const { failure } = await replay(withoutSanitizers, tape);
  assert.match(failure, /fault at address 0x4\n.* at kernel\/shell\/commands\/crash\.ts:\d+\n/);
});
