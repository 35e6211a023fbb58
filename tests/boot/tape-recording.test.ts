/** A kernel in QEMU records itself; its tape, replayed in Node, prints the same. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { consoleOf } from "../../tools/tape/player.ts";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured } from "../lab/host/console.ts";
import { root, run } from "../lab/host/process.ts";
import { Machine, type MachineOptions } from "../lab/host/qemu.ts";
import { crcText, Nginx, patternBytes } from "../lab/host/servers.ts";

const trusted = makeRoot("Test Root");
const secure = makeServer(["10.0.2.2"], makeAuthority("Test Authority", trusted));
const file = `${root}build/tests/boot-${process.pid}.tape`;
const bytes = patternBytes(100_000);

/** Boots a machine whose second serial port writes the tape. */
async function recording(options: MachineOptions = {}): Promise<Machine> {
  rmSync(file, { force: true });
  const kernel = `${root}build/record/kernel.elf`;
  return Machine.boot({ ...options, kernel, more: ["-serial", `file:${file}`] }, 60_000);
}

suite("recorded boots", () => {
  let nginx: Nginx;
  before(async () => {
    const made = await run(["make", "kernel", "RECORD=1"], { milliseconds: 400_000 });
    assert.equal(made.code, 0, made.output);
    mkdirSync(`${root}build/tests`, { recursive: true });
    nginx = await Nginx.start({ "bytes.bin": bytes });
  });
  after(async () => {
    await nginx?.stop();
    rmSync(file, { force: true });
  });

  test("replays HTTP, keys and a power-off", async () => {
    const machine = await recording();
    try {
      await configured(machine);
      const said = await machine.ok(`curl -o null --crc32 ${nginx.url("/bytes.bin")}`, 60_000);
      assert.match(said, new RegExp(crcText(bytes)));
      machine.type("poweroff\r");
      assert.equal(await machine.exit(20_000), 0);
      assert.equal(consoleOf(readFileSync(file)), machine.raw);
    } finally {
      await machine.stop();
    }
  });

  test("replays HTTPS and a panic", async () => {
    const server = await Nginx.start({}, { secure });
    const machine = await recording({ modules: { "ca.pem": trusted.pem } });
    try {
      await configured(machine);
      await machine.ok(`curl ${server.url("/plain")}`, 60_000);
      machine.type("crash abort\r");
      await machine.waitFor(/panic: .*\n/, 20_000);
      const [output, panic] = consoleOf(readFileSync(file)).split(/^panic: /m);
      assert.equal(output.trimEnd(), machine.raw.split(/^panic: /m)[0].trimEnd());
      assert.match(
        panic,
        /^crash abort was typed at (\S+crash\.ts:\d+):\d+\n.*Crash#start at \1\n/,
      );
      assert.match(panic, /\n {2}kernel\/main\/turn at kernel\/main\.ts:\d+\n$/);
    } finally {
      await machine.stop();
      await server.stop();
    }
  });
});
