/** NTP: packets, arithmetic, the choice among servers, bounds on steps. */
import assert from "node:assert/strict";
import { before, beforeEach, suite, test } from "node:test";
import { type NtpBehaviour, ntpAnswer, ntpTime } from "../../../lab/host/ntp.ts";
import {
  type Exports,
  load,
  readBytes,
  readString,
  writeBytes,
  writeText,
} from "../../../lab/scripted/assembly.ts";

const SECOND = 1_000_000n;
const NONE = -(1n << 63n);
const NEVER = (1n << 63n) - 1n;
/** The test clock's initial time in milliseconds, and its lower bound in microseconds. */
const START = 1_800_000_000_000;
const FLOOR = 1_790_000_000_000_000n;
/** The last second of NTP's first era, and the first second of the next era. */
const [LAST, FIRST] = ["2036-02-07T06:28:15Z", "2036-02-07T06:28:16Z"];

suite("NTP", () => {
  let wasm: Exports;
  let time = 0n;

  before(async () => {
    wasm = await load("tests/lab/entries/ntp.ts");
  });
  const reset = (source = "real-time clock") => {
    wasm.reset(...writeText(wasm, source));
    time = 0n;
  };
  beforeEach(() => reset());

  const text = (pointer: number) => readString(wasm.memory, pointer);
  const poll = (after = 0n) => {
    time += after;
    wasm.poll(after);
  };
  const ask = (...servers: string[]) => {
    wasm.ask(...writeText(wasm, servers.join(" ")));
    poll();
  };
  /** Returns the request that socket `index` has sent. */
  const question = (index: number): Buffer => {
    const pointer: number = wasm.allocateBytes(48);
    assert.equal(wasm.sent(index, pointer), 48);
    return readBytes(wasm, pointer, 48);
  };
  /** Delivers a response from the server 10.0.0.`host` to socket `index`. */
  const answer = (index: number, host: number, behaviour: NtpBehaviour, bytes?: Buffer) => {
    const asked = bytes ?? question(index);
    const now = START + Number(time) / 1000;
    wasm.arrive(index, host, 123, ...writeBytes(wasm, ntpAnswer(asked, behaviour, now)));
  };

  test("sends only a random timestamp in a request", () => {
    const pointer: number = wasm.allocateBytes(48);
    wasm.emitNtp(pointer, 0x0123456789abcdefn);
    const bytes = readBytes(wasm, pointer, 48);
    assert.equal(bytes[0], 0x23);
    assert.equal(
      bytes.subarray(1, 40).every((byte) => byte === 0),
      true,
    );
    assert.equal(bytes.readBigUInt64BE(40), 0x0123456789abcdefn);
  });

  test("the gate accepts only responses of servers, of at least 48 bytes", () => {
    const whole = ntpAnswer(Buffer.alloc(48), {});
    for (let length = 0; length < 48; length++) {
      assert.equal(wasm.parseNtp(...writeBytes(wasm, whole.subarray(0, length))), 0);
    }
    assert.equal(wasm.parseNtp(...writeBytes(wasm, whole)), 1);
    assert.equal(wasm.parseNtp(...writeBytes(wasm, Buffer.concat([whole, whole]))), 1);
    for (const [first, taken] of [
      [0x24, 1],
      [0x1c, 1],
      [0x0c, 0],
      [0x23, 0],
      [0x25, 0],
      [0x2c, 0],
    ]) {
      whole[0] = first;
      assert.equal(wasm.parseNtp(...writeBytes(wasm, whole)), taken, first.toString(16));
    }
  });

  test("reads fields at the offsets of RFC 5905", () => {
    const packet = Buffer.alloc(48);
    packet[0] = 0xe4;
    packet[1] = 5;
    packet.writeUInt32BE(0x0001_8000, 4);
    packet.writeUInt32BE(0x0000_4000, 8);
    packet.write("RATE", 12);
    for (const [offset, value] of [
      [24, 1n],
      [32, 2n],
      [40, 3n],
    ] as const) {
      packet.writeBigUInt64BE(value, offset);
    }
    const [pointer] = writeBytes(wasm, packet);
    const fields = Array.from({ length: 8 }, (_, which) => wasm.packetField(pointer, which));
    assert.deepEqual(fields, [3n, 5n, 1_500_000n, 250_000n, 0x52415445n, 1n, 2n, 3n]);
  });

  const micros = (date: string) => BigInt(Date.parse(date)) * 1000n;

  test("puts a timestamp into the era nearest to the source date", () => {
    for (const [built, ...dates] of [
      ["2026-09-21", "2020-01-01", "2026-11-22", LAST, FIRST, "2090-01-01"],
      ["2040-01-01", "1975-01-01", LAST, FIRST, "2040-01-01", "2100-01-01"],
      ["2110-01-01", "2050-01-01", "2110-01-01", "2172-03-16", "2172-03-17"],
    ]) {
      for (const date of dates) {
        const read = wasm.ntpMicros(ntpTime(Date.parse(date)), micros(built));
        assert.equal(read, micros(date), `${date}, built ${built}`);
      }
    }
    assert.equal(ntpTime(Date.parse(LAST)) >> 32n, 0xffff_ffffn);
    assert.equal(ntpTime(Date.parse(FIRST)), 0n);
  });

  test("follows servers into the era of 2036", () => {
    for (const [built, clock, served] of [
      ["2027-01-01", LAST, "2036-02-07T07:28:15Z"],
      ["2027-01-01", "2036-02-07T07:28:15Z", LAST],
      ["2036-02-08", "2036-02-09", "2036-02-09"],
      ["2040-01-01", "2040-01-02", "2040-01-02T01:00:00Z"],
    ]) {
      reset();
      wasm.setClock(micros(clock), micros(built));
      wasm.setServers(...writeText(wasm, "10.0.0.1"));
      poll();
      const asked = question(0);
      wasm.arrive(0, 1, 123, ...writeBytes(wasm, ntpAnswer(asked, {}, Date.parse(served))));
      poll();
      assert.equal(text(wasm.clockSource()), "network time from 10.0.0.1", served);
      assert.equal(wasm.clockMicros(), micros(served));
    }
  });

  test("accepts a server that receives in one era and sends in the next", () => {
    wasm.setClock(micros(LAST), FLOOR);
    ask("10.0.0.1");
    const bytes = ntpAnswer(question(0), {}, Date.parse(LAST) + 900);
    bytes.writeBigUInt64BE(ntpTime(Date.parse(LAST) + 1100), 40);
    poll(200_000n);
    wasm.arrive(0, 1, 123, ...writeBytes(wasm, bytes));
    poll();
    wasm.apply();
    const error = wasm.clockMicros() - micros(LAST) - 1_100_000n;
    assert.ok(error >= -1n && error <= 1n, `${error} us`);
  });

  test("in 2040, rejects a time of NTP's first era (1900 to 2036)", () => {
    wasm.setClock(micros("2040-01-02"), micros("2040-01-01"));
    ask("10.0.0.1");
    const bytes = ntpAnswer(question(0), {}, Date.parse(LAST));
    wasm.arrive(0, 1, 123, ...writeBytes(wasm, bytes));
    poll();
    assert.equal(text(wasm.failureOf(0)), "server time is before this kernel was built");
  });

  test("computes offset and delay from the four timestamps", () => {
    assert.equal(wasm.sample(0n, 1_000n, 1_010n, 30n, 0), 990n);
    assert.equal(wasm.sample(0n, 1_000n, 1_010n, 30n, 1), 20n);
    assert.equal(wasm.sample(100n, 50n, 60n, 200n, 0), -95n);
  });

  test("follows the majority, excludes an outlier, and rejects a tie", () => {
    const chosen = (...offsets: bigint[]) => {
      wasm.clearSamples();
      for (const offset of offsets) wasm.addSample(offset * SECOND, offset);
      return wasm.chosenOffset();
    };
    assert.equal(chosen(), NONE);
    assert.equal(chosen(5n), 5n * SECOND);
    assert.equal(chosen(5n, 5n), 5n * SECOND);
    assert.equal(chosen(5n, 50n), NONE);
    assert.equal(chosen(5n, 50n, 5n), 5n * SECOND);
    assert.equal(chosen(50n, 5n, 5n), 5n * SECOND);
    assert.equal(chosen(1n, 2n, 3n), NONE);
    assert.equal(chosen(50n, 50n, 5n, 5n), NONE);
    assert.equal(chosen(9n, 5n, 5n, 5n, 70n), 5n * SECOND);
  });

  test("accepts one server's time, and sets the clock on request", () => {
    ask("10.0.0.1");
    assert.equal(wasm.remotePort(0), 123);
    const asked = question(0);
    poll(10_000n);
    answer(0, 1, { offset: 3_600_000 }, asked);
    poll();
    assert.match(text(wasm.outcome()), /^10\.0\.0\.1 3599\d{6}$|^10\.0\.0\.1 3600\d{6}$/);
    assert.equal(wasm.sockets(), 0);
    wasm.apply();
    const error = wasm.clockMicros() - BigInt(START + 3_600_000) * 1000n - time;
    assert.ok(error > -10_000n && error < 10_000n, `${error}`);
    assert.equal(text(wasm.clockSource()), "network time from 10.0.0.1");
  });

  test("ignores responses with another timestamp, or from another address", () => {
    ask("10.0.0.1");
    const asked = question(0);
    answer(0, 1, { forged: true }, asked);
    answer(0, 1, {}, Buffer.alloc(48));
    answer(0, 2, {}, asked);
    poll();
    assert.equal(text(wasm.outcome()), "pending");
    answer(0, 1, {}, asked);
    poll();
    assert.match(text(wasm.outcome()), /^10\.0\.0\.1 /);
  });

  test("explains what is wrong with a response", () => {
    const cases: [NtpBehaviour, RegExp][] = [
      [{ stratum: 0, reference: "RATE" }, /kiss-o'-death received \(RATE\)/],
      [{ stratum: 0, reference: "\x1b[2J" }, /kiss-o'-death received \(\[2J\)/],
      [{ leap: 3 }, /not synchronised/],
      [{ stratum: 16 }, /not synchronised/],
      [{ offset: -20_000_000_000 }, /before this kernel was built/],
    ];
    for (const [behaviour, words] of cases) {
      reset();
      ask("10.0.0.1");
      answer(0, 1, behaviour);
      poll();
      assert.equal(text(wasm.outcome()), "no server suitable for synchronization found");
      assert.match(text(wasm.failureOf(0)), words);
      assert.equal(wasm.sockets(), 0);
    }
  });

  test("ignores a truncated response, and reports impossible times", () => {
    ask("10.0.0.1");
    const asked = question(0);
    wasm.arrive(0, 1, 123, ...writeBytes(wasm, ntpAnswer(asked, {}, START).subarray(0, 47)));
    poll();
    assert.equal(text(wasm.outcome()), "pending");
    const bytes = ntpAnswer(asked, {}, START);
    // The response left before the request arrived.
    bytes.writeBigUInt64BE(ntpTime(START + 5000), 32);
    wasm.arrive(0, 1, 123, ...writeBytes(wasm, bytes));
    poll();
    assert.equal(text(wasm.failureOf(0)), "timestamps in the response are inconsistent");
    reset();
    ask("10.0.0.1");
    const far = ntpAnswer(question(0), {}, START);
    far.writeUInt32BE(17 << 16, 8);
    wasm.arrive(0, 1, 123, ...writeBytes(wasm, far));
    poll();
    assert.equal(text(wasm.failureOf(0)), "root distance exceeds 16 s");
  });

  test("reports a closed port and an unreachable host", () => {
    for (const [error, words] of [
      [1, "Connection refused"],
      [4, "No route to host"],
    ] as const) {
      reset();
      ask("10.0.0.1");
      wasm.setError(0, error);
      poll();
      assert.equal(text(wasm.outcome()), "no server suitable for synchronization found");
      assert.equal(text(wasm.failureOf(0)), words);
      assert.equal(wasm.sockets(), 0);
    }
  });

  test("waits for both of two servers, and rejects them if they disagree", () => {
    ask("10.0.0.1", "10.0.0.2");
    answer(0, 1, { offset: 5_000 });
    poll();
    assert.equal(text(wasm.outcome()), "pending");
    answer(0, 2, { offset: 90_000 });
    poll();
    assert.equal(text(wasm.outcome()), "can't synchronise: no majority");
  });

  test("in the background, a round without a usable answer is repeated after 64 s", () => {
    wasm.setServers(...writeText(wasm, "10.0.0.1"));
    for (let i = 0; i < 4; i++) poll(i === 0 ? 0n : 2n * SECOND);
    assert.equal(text(wasm.clockSource()), "real-time clock");
    assert.equal(wasm.sockets(), 0);
    assert.equal(wasm.pollAt(), time + 64n * SECOND);
  });

  test("queries a silent server three times, 2 s apart", () => {
    ask("10.0.0.1");
    const questions = [question(0)];
    for (let i = 0; i < 2; i++) {
      poll(2n * SECOND);
      questions.push(question(0));
    }
    assert.equal(new Set(questions.map((bytes) => bytes.toString("hex"))).size, 3);
    poll(2n * SECOND);
    assert.equal(text(wasm.failureOf(0)), "no answer");
    assert.equal(wasm.sockets(), 0);
  });

  test("reports an unknown name, and queries no server with an invalid port", () => {
    ask("no.such.name", "10.0.0.1#99999", "10.0.0.1#0");
    poll();
    assert.equal(text(wasm.outcome()), "no server suitable for synchronization found");
    assert.notEqual(text(wasm.failureOf(0)), "");
    ask("10.0.0.1#1123");
    assert.equal(wasm.remotePort(0), 1123);
  });

  test("in the background, queries at once and every 1,024 s, and sets the clock", () => {
    wasm.setServers(...writeText(wasm, "10.0.0.1"));
    poll();
    answer(0, 1, { offset: 5_000 });
    poll();
    assert.equal(text(wasm.clockSource()), "network time from 10.0.0.1");
    assert.equal(wasm.pollAt(), time + 1024n * SECOND);
    wasm.setServers(...writeText(wasm, "10.0.0.1"));
    assert.equal(wasm.pollAt(), time + 1024n * SECOND);
    poll(1024n * SECOND);
    assert.equal(wasm.sockets(), 1);
    wasm.setServers(...writeText(wasm, ""));
  });

  test("a change of servers ends the running round, and starts one with the new servers", () => {
    const setServers = (servers: string) => wasm.setServers(...writeText(wasm, servers));
    setServers("10.0.0.1");
    poll();
    question(0);
    setServers("10.0.0.2");
    assert.equal(wasm.sockets(), 0);
    poll();
    answer(0, 2, { offset: 5_000 });
    poll();
    assert.equal(text(wasm.clockSource()), "network time from 10.0.0.2");
    setServers("10.0.0.3");
    poll();
    setServers("");
    poll();
    assert.equal(wasm.sockets(), 0);
    assert.equal(wasm.pollAt(), NEVER);
    poll(2048n * SECOND);
    assert.equal(wasm.sockets(), 0, "no round without servers");
    setServers("10.0.0.4");
    assert.equal(wasm.pollAt(), time);
    poll();
    assert.equal(wasm.sockets(), 1);
  });

  test("bounds steps to a day at first, except from the source date, and to 1,000 s later", () => {
    const step = (offset: number) => {
      wasm.setServers(...writeText(wasm, "10.0.0.1"));
      poll();
      answer(0, 1, { offset });
      poll();
      return text(wasm.clockSource());
    };
    assert.equal(step(2 * 86_400_000), "real-time clock");
    assert.equal(wasm.pollAt(), time + 64n * SECOND);
    reset();
    assert.equal(step(-86_000_000), "network time from 10.0.0.1");
    poll(1024n * SECOND);
    const before = wasm.clockMicros();
    answer(0, 1, { offset: 86_000_000 });
    poll();
    assert.equal(wasm.clockMicros(), before);
    reset("the kernel's source date");
    assert.equal(step(900 * 86_400_000), "network time from 10.0.0.1");
  });
});
