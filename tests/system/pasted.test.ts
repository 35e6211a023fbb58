/** Large pastes into commands that read the console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lab } from "../attack/world.ts";
import { trust } from "../lab/host/identity.ts";
import { address } from "../lab/packets/bytes.ts";
import { guest } from "../lab/scripted/ip-host.ts";

/** 12 MiB of memory: input without a bound would exhaust it. */
const small = { machine: { memoryLimit: 12 << 20 } };
const begin = "-----BEGIN CERTIFICATE-----\r";

test("nc -l sends lines pasted before a peer connects, all of them in order", async () => {
  const lab = await Lab.at("S1");
  lab.type("nc -l 9000\r");
  const lines = Array.from({ length: 700 }, (_, i) => `line ${i}`);
  lab.type(`${lines.join("\r")}\r\x04`);
  lab.pass(2);
  let received = "";
  const connection = lab.gateway.tcp.connect(address(guest.address), 9000);
  connection.onData = (data) => {
    received += data.toString();
  };
  connection.onFinish = () => connection.close();
  lab.pass(5);
  assert.equal(received, `${lines.join("\n")}\n`);
  assert.match(lab.twin.output, /\nanonymos> $/);
});

test("nc -l bounds the memory for endless lines without a peer, and ends on Ctrl-C", async () => {
  const lab = await Lab.at("S1", small);
  for (const command of ["nc -l 9000", "nc -u -l 9000"]) {
    lab.type(`${command}\r`);
    for (let i = 0; i < 30; i++) lab.type("\r".repeat(10_000));
    lab.pass(60);
    lab.type("\x03");
    lab.pass(5);
    assert.match(lab.command("echo still here"), /\nstill here\r/);
  }
});

test("ca add rejects an endless certificate within bounded memory", async () => {
  const lab = await Lab.at("S1", small);
  lab.type("ca add\r");
  lab.type(begin);
  for (let i = 0; i < 140; i++) lab.type(`${"A".repeat(4000)}\r`);
  for (let i = 0; i < 4; i++) lab.type("\r".repeat(10_000));
  lab.pass(90);
  assert.match(lab.twin.output, /ca: certificate too long\r\n/);
  assert.match(lab.command("echo still here"), /\nstill here\r/);
});

test("runs the command pasted after a certificate", async () => {
  const lab = await Lab.at("S1");
  const pem = Buffer.from(trust[0].bytes).toString().replaceAll("\n", "\r");
  lab.type(`ca add\r${pem}echo after\r`);
  lab.pass(3);
  assert.match(lab.twin.output, /root \d+ added: .*\r\n[\s\S]*\nafter\r\n/);
  const counts = /^1 of (\d+) roots shown \((\d+) built in, 1 added\)\r$/m;
  const [, total, builtIn] = counts.exec(lab.command("ca list tests")) ?? [];
  assert.equal(Number(total), Number(builtIn) + 1, lab.twin.output.slice(-500));
});
