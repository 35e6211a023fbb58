/** The twin boots the built kernel, ends as a machine does, and is deterministic. */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin, TwinPanic } from "../lab/machine/twin.ts";

const STATIC = "ip=10.0.2.15::10.0.2.2:255.255.255.0";

test("boots to a prompt, runs commands, and powers off with an exit code", async () => {
  const twin = await Twin.boot({ commandLine: STATIC });
  twin.pass(1);
  assert.ok(twin.output.endsWith("anonymos> "), twin.output);
  assert.match(twin.command("ip addr"), /inet 10\.0\.2\.15\/24/);
  twin.command("poweroff 3");
  assert.equal(twin.state, "off");
  assert.equal(twin.exitCode, 3);
});

test("reboots by command and by button, with the clock running on", async () => {
  const twin = await Twin.boot({ commandLine: STATIC });
  twin.pass(1);
  const before = twin.clock.now;
  twin.command("reboot");
  twin.reset();
  twin.pass(1);
  assert.equal(twin.boots, 3);
  assert.ok(twin.clock.now > before);
  assert.match(twin.command("uptime"), /up/);
});

test("prints and throws a panic", async () => {
  const twin = await Twin.boot({ commandLine: STATIC });
  twin.pass(1);
  assert.throws(() => twin.command("crash abort"), TwinPanic);
  assert.match(twin.output, /^panic: /m);
  assert.equal(twin.state, "halted");
});

test("collects garbage between turns, and free prints bytes", async () => {
  const twin = await Twin.boot({ commandLine: STATIC });
  twin.pass(1);
  const used = () => Number(/heap: (\d+) bytes used/.exec(twin.command("free"))?.[1]);
  used();
  const before = used();
  for (let i = 0; i < 200; i++) twin.command("ip addr; ss; lspci; help");
  assert.ok(twin.collections > 0);
  // The console keeps a history of 100 lines.
  assert.ok(used() - before < 16_384, `${before} bytes became ${used()}`);
});

test("the same seed and inputs give the same run, another seed another one", async () => {
  const run = async (seed: number) => {
    const frames: string[] = [];
    const twin = await Twin.boot({ commandLine: "ip=dhcp", seed });
    twin.onSend = (frame) => frames.push(`${twin.clock.now} ${Buffer.from(frame).toString("hex")}`);
    twin.pass(60);
    return { output: twin.output, turns: twin.turns, frames };
  };
  const first = await run(1);
  assert.ok(first.frames.length > 2);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual((await run(2)).frames, first.frames);
});
