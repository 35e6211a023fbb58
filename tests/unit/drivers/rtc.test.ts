/** The real-time clock (drivers/rtc.ts) in all its formats. */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine } from "../../lab/machine/machine.ts";
import type { RtcOptions } from "../../lab/machine/rtc.ts";
import { load } from "../../lab/scripted/assembly.ts";

async function read(
  time: number,
  options: Partial<RtcOptions> = {},
  overrides: Record<number, number> = {},
) {
  const machine = new Machine({ rtc: { time, ...options } });
  for (const [register, value] of Object.entries(overrides)) {
    machine.rtc.overrides.set(Number(register), value);
  }
  const wasm = await load("tests/lab/entries/rtc.ts", machine.host());
  machine.attach(wasm);
  return Number(wasm.readRtc(options.centuryRegister ?? 0));
}

const seconds = (text: string) => Date.parse(text) / 1000;
const NOON = seconds("2026-11-22T12:34:56Z");

test("reads dates from 1970 to 2399, including leap days and year ends", async () => {
  const dates = [
    "1970-01-01T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2000-02-29T12:00:00Z",
    "2024-02-29T00:00:01Z",
    "2026-11-22T12:34:56Z",
    "2038-01-19T03:14:08Z",
    "2069-12-31T23:59:58Z",
    "2100-02-28T23:59:58Z",
    "2100-03-01T00:00:00Z",
    "2106-02-07T06:28:16Z",
    "2399-12-31T00:00:00Z",
  ];
  for (const date of dates) {
    const time = seconds(date);
    assert.equal(await read(time + 0.2, { centuryRegister: 0x32 }), time, date);
  }
});

test("without a century register, years below 70 are in the 2000s", async () => {
  assert.equal(await read(seconds("2069-06-01T00:00:00Z")), seconds("2069-06-01T00:00:00Z"));
  assert.equal(await read(seconds("1970-06-01T00:00:00Z")), seconds("1970-06-01T00:00:00Z"));
  const zero = { 50: 0 };
  assert.equal(
    await read(NOON, { centuryRegister: 0x32 }, zero),
    NOON,
    "a century of 0 is ignored",
  );
});

test("reads BCD and binary, 24-hour and 12-hour formats", async () => {
  for (let hour = 0; hour < 24; hour++) {
    const time = seconds("2026-01-31T00:15:45Z") + hour * 3600;
    for (const binary of [false, true]) {
      for (const hours24 of [false, true]) {
        assert.equal(await read(time, { binary, hours24 }), time, `${hour} ${binary} ${hours24}`);
      }
    }
  }
});

test("never returns a reading torn by an update", async () => {
  const midnight = seconds("2027-01-01T00:00:00Z");
  for (const showsUpdate of [true, false]) {
    for (let micros = 0; micros < 40; micros++) {
      const time = midnight - micros / 1e6;
      const got = await read(time, { showsUpdate });
      assert.ok(got === midnight || got === midnight - 1, `${got - midnight} at -${micros} us`);
    }
  }
});

test("rejects invalid dates", async () => {
  const bad: Record<number, number>[] = [
    { 0: 0x5a },
    { 0: 0x60 },
    { 2: 0x99 },
    { 4: 0x24 },
    { 7: 0x00 },
    { 7: 0x32 },
    { 7: 0x31, 8: 0x11 },
    { 7: 0x29, 8: 0x02, 9: 0x25 },
    { 8: 0x00 },
    { 8: 0x13 },
    { 9: 0xa0 },
    { 13: 0x00 },
  ];
  for (const overrides of bad) {
    assert.equal(await read(NOON, {}, overrides), -1, JSON.stringify(overrides));
  }
  assert.equal(await read(NOON, { hours24: false }, { 4: 0x00 }), -1, "hour 0 of 12");
  assert.equal(await read(NOON, { hours24: false }, { 4: 0x13 }), -1, "hour 13 of 12");
});

test("does not hang if an update never ends or the clock is missing", async () => {
  assert.equal(await read(NOON, {}, { 10: 0xa6 }), -1);
  const machine = new Machine();
  machine.ports.remove(machine.rtc);
  const wasm = await load("tests/lab/entries/rtc.ts", machine.host());
  machine.attach(wasm);
  assert.equal(wasm.readRtc(0), -1n);
  assert.ok(machine.clock.now < 1e9);
});
