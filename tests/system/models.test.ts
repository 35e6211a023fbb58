/** The whole kernel in Node on the models of tests/lab/machine/. */
import assert from "node:assert/strict";
import test from "node:test";
import { MachineStopped } from "../lab/machine/machine.ts";
import { bootPc } from "../lab/machine/pc.ts";

const COMMAND_LINE = "ip=10.0.2.15::10.0.2.2:255.255.255.0";

/** "Who has 10.0.2.15? Tell 10.0.2.2" (RFC 826). */
const REQUEST = Buffer.from(
  "ffffffffffff" +
    "525500000002" +
    "0806" +
    "0001080006040001" +
    "525500000002" +
    "0a000202" +
    "000000000000" +
    "0a00020f",
  "hex",
);

test("boots to the prompt, runs commands and powers off", async () => {
  const { machine, type } = await bootPc({ commandLine: COMMAND_LINE });
  machine.run(2e9);
  assert.ok(machine.uart.output.endsWith("\nanonymos> "), machine.uart.output);
  assert.match(type("lspci"), /00:03\.0 Ethernet controller: .*82540EM/);
  assert.match(type("ip addr"), /inet 10\.0\.2\.15\/24/);
  assert.throws(
    () => type("poweroff"),
    (error) => error instanceof MachineStopped && error.reason === "power off",
  );
});

test("replies to frames by interrupt, and sleeps in between", async () => {
  const { machine, nic } = await bootPc({ commandLine: COMMAND_LINE });
  machine.run(2e9);
  const before = nic.sent.length;
  for (let i = 0; i < 10; i++) {
    nic.receive(REQUEST);
    machine.run(machine.clock.now + 1e8);
  }
  const frames = nic.sent.slice(before).map((frame) => Buffer.from(frame));
  // It also sends announcements, which are requests.
  const replies = frames.filter((frame) => frame.readUInt16BE(20) === 2);
  assert.equal(replies.length, 10);
  for (const reply of replies) {
    assert.equal(reply.toString("hex", 0, 6), "525500000002");
    assert.equal(reply.toString("hex", 22, 28), "525400123456");
  }
  assert.ok(machine.interrupts < 1000, `${machine.interrupts}`);
});

test("two runs with the same inputs are identical to the nanosecond", async () => {
  const run = async () => {
    const { machine, nic, type } = await bootPc({ commandLine: "ip=dhcp" });
    type("dhcp", 30);
    const frames = nic.sent.map((frame) => Buffer.from(frame).toString("hex"));
    return [machine.uart.output, machine.interrupts, machine.count, frames];
  };
  assert.deepEqual(await run(), await run());
});
