/** Kiss-o'-death packets and the servers that send them (RFC 5905 section 7.4). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { type NtpBehaviour, ntpAnswer } from "../../../lab/host/ntp.ts";
import {
  load,
  readBytes,
  readString,
  writeBytes,
  writeText,
} from "../../../lab/scripted/assembly.ts";

const SECOND = 1_000_000n;
const NEVER = (1n << 63n) - 1n;
const START = 1_800_000_000_000;
const wasm = await load("tests/lab/entries/ntp.ts");
let time = 0n;

const text = (pointer: number) => readString(wasm.memory, pointer);
const setServers = (words: string) => wasm.setServers(...writeText(wasm, words));

beforeEach(() => {
  wasm.reset(...writeText(wasm, "real-time clock"));
  time = 0n;
});

/** Lets time pass, and polls. */
function poll(after = 0n): void {
  time += after;
  wasm.poll(after);
}

/** Answers the request on socket `index` as 10.0.0.`host` does. */
function answer(index: number, host: number, behaviour: NtpBehaviour): void {
  const pointer: number = wasm.allocateBytes(48);
  assert.equal(wasm.sent(index, pointer), 48);
  const bytes = ntpAnswer(readBytes(wasm, pointer, 48), behaviour, START + Number(time) / 1000);
  wasm.arrive(index, host, 123, ...writeBytes(wasm, bytes));
  poll();
}

const kiss = (reference: string): NtpBehaviour => ({ stratum: 0, reference });

/** Waits for the next round of 10.0.0.1, answers it, and returns the wait in seconds. */
function next(behaviour: NtpBehaviour): number {
  const before = time;
  while (wasm.sockets() === 0) poll(wasm.pollAt() - time);
  const waited = Number((time - before) / SECOND);
  answer(0, 1, behaviour);
  return waited;
}

test("does not query a server again that answers DENY or RSTR", () => {
  for (const code of ["DENY", "RSTR"]) {
    wasm.reset(...writeText(wasm, "real-time clock"));
    time = 0n;
    setServers("10.0.0.1");
    poll();
    answer(0, 1, kiss(code));
    assert.equal(wasm.sockets(), 0);
    poll(64n * SECOND);
    poll();
    assert.equal(wasm.pollAt(), NEVER, code);
    poll(100_000n * SECOND);
    assert.equal(wasm.sockets(), 0);
  }
});

test("stops querying a server that denies, and goes on with the others", () => {
  setServers("10.0.0.1 10.0.0.2");
  poll();
  answer(0, 1, kiss("DENY"));
  assert.equal(wasm.sockets(), 1);
  answer(0, 2, { offset: 4_000 });
  assert.equal(text(wasm.clockSource()), "network time from 10.0.0.2");
  poll(1024n * SECOND);
  assert.equal(wasm.sockets(), 1, "only 10.0.0.2");
  answer(0, 2, {});
  setServers("10.0.0.1 10.0.0.3");
  poll();
  assert.equal(wasm.sockets(), 1, "still denied");
});

test("queries a server again that was removed and added", () => {
  setServers("10.0.0.1");
  poll();
  answer(0, 1, kiss("DENY"));
  setServers("10.0.0.2");
  setServers("10.0.0.1");
  poll();
  assert.equal(wasm.sockets(), 1);
});

test("RATE doubles the interval of its server each time, up to 36 hours", () => {
  setServers("10.0.0.1");
  assert.equal(next(kiss("RATE")), 0);
  const waits = Array.from({ length: 8 }, () => next(kiss("RATE")));
  assert.deepEqual(waits, [2048, 4096, 8192, 16384, 32768, 65536, 131072, 131072]);
});

test("keeps the longer interval after an answer", () => {
  setServers("10.0.0.1");
  assert.equal(next({}), 0);
  assert.equal(next({}), 1024);
  assert.equal(next(kiss("RATE")), 1024);
  assert.equal(next({}), 2048);
  assert.equal(next({}), 2048);
});

test("other codes, and forged kisses, change nothing", () => {
  setServers("10.0.0.1");
  for (const code of ["INIT", "STEP", "XABC", "rate"]) {
    next(kiss(code));
    assert.ok(wasm.pollAt() - time <= 1024n * SECOND, code);
  }
  while (wasm.sockets() === 0) poll(wasm.pollAt() - time);
  answer(0, 1, { ...kiss("DENY"), forged: true });
  assert.equal(wasm.sockets(), 1, "the query goes on");
});
