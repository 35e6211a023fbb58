/** DHCP options, DNS names and NTP packets: parse inverts emit. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { encodeName } from "../lab/packets/dns.ts";
import { atEnd, load, readString, writeBytes, writeText } from "../lab/scripted/assembly.ts";
import { bytes, check, hardware, port, spoilt, titled, word } from "./support.ts";

const wasm = await load("tests/lab/entries/property.ts");
const dns = await load("tests/lab/entries/dns.ts");
const ntp = await load("tests/lab/entries/ntp.ts");

test(titled("parsing undoes emitting of DHCP messages and options"), () => {
  check([word, port, fc.boolean(), word, hardware], (...fields) => {
    assert.ok(wasm.dhcpMessage(atEnd(wasm, new Uint8Array(240))[0], ...fields));
  });
  // Option 52 means that other fields hold options, too.
  const code = fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52);
  const options = fc.array(fc.tuple(code, bytes(255)), { maxLength: 12 });
  check(
    [options],
    (list) => {
      const given = list.flatMap(([code, data]) => [code, data.length, ...data]);
      const [pointer] = writeBytes(wasm, Uint8Array.from([...given, 0]));
      const message = new Uint8Array(240 + given.length + 1);
      const [at, length] = atEnd(wasm, message);
      assert.equal(wasm.writeOptions(at + 240, pointer), given.length + 1);
      const joined = new Map<number, string>();
      for (const [code, data] of list) {
        joined.set(code, (joined.get(code) ?? "") + Buffer.from(data).toString("hex"));
      }
      const wanted = [...joined].map(([code, hex]) => `${code}:${hex}\n`).join("");
      assert.equal(readString(wasm.memory, wasm.options(at, length)), wanted);
      const written = new Uint8Array(wasm.memory.buffer, at, length).slice();
      for (let cut = 1; cut < Math.min(given.length, 20); cut++) {
        wasm.options(...atEnd(wasm, written.subarray(0, length - cut)));
      }
    },
    300,
  );
  check([spoilt(bytes(400, 240))], (message) => {
    wasm.options(...atEnd(wasm, message));
    wasm.parseDhcp(...atEnd(wasm, message));
  });
});

const label = fc.stringMatching(/^[a-z0-9_-]{1,63}$/);
const name = fc
  .array(label, { minLength: 1, maxLength: 8 })
  .map((labels) => labels.join("."))
  .filter((text) => text.length <= 253);

test(titled("reading undoes writing of DNS names, pointers included, and stays in bounds"), () => {
  check(
    [name],
    (text) => {
      const [at] = atEnd(dns, new Uint8Array(text.length + 2));
      const length = dns.writeName(at, ...writeText(dns, text));
      assert.equal(length, text.length + 2);
      assert.equal(dns.readName(at, length, 0, 0), length);
      assert.equal(readString(dns.memory, dns.lastName()), text);
      for (let cut = 0; cut < length; cut++) assert.equal(dns.readName(at, cut, 0, 0), -1);
    },
    300,
  );
  check(
    [name, label],
    (tail, first) => {
      const far = encodeName(tail);
      const near = encodeName([first, 12]);
      const [at, length] = atEnd(dns, Buffer.concat([Buffer.alloc(12), far, near]));
      const fits = first.length + 1 + far.length <= 255;
      const behind = fits ? length : -1;
      assert.equal(dns.readName(at, length, 12 + far.length, 12), behind);
      if (fits) assert.equal(readString(dns.memory, dns.lastName()), `${first}.${tail}`);
    },
    300,
  );
  check(
    [bytes(300), fc.nat(64)],
    (message, offset) => {
      const [at, length] = atEnd(dns, message);
      const after = dns.readName(at, length, offset, 12);
      assert.ok(after <= length);
      dns.readAnswer(at, length);
    },
    5000,
  );
});

test(titled("parsing undoes emitting of NTP packets, and finds the era of a time"), () => {
  check([fc.bigInt(0n, (1n << 64n) - 1n)], (transmit) => {
    const [at, length] = atEnd(ntp, new Uint8Array(48).fill(0xa5));
    ntp.emitNtp(at, BigInt.asIntN(64, transmit));
    assert.equal(BigInt.asUintN(64, ntp.packetField(at, 7)), transmit);
    assert.equal(ntp.parseNtp(at, length), 0, "a request is not a response");
    new Uint8Array(ntp.memory.buffer)[at] = 0x24;
    assert.equal(ntp.parseNtp(at, length), 1);
    assert.equal(ntp.parseNtp(at + 1, length - 1), 0);
  });
  // The era is that in which the time is from 2^31 s before `earliest` to 2^31 s after it.
  const half = (1n << 31n) * 1_000_000n;
  const floor = fc.bigInt(1_700_000_000n, 10_000_000_000n).map((seconds) => seconds * 1_000_000n);
  check([floor, fc.bigInt(-half, half - 1n)], (earliest, distance) => {
    const micros = earliest + distance;
    const since1900 = micros + 2_208_988_800_000_000n;
    const seconds = since1900 / 1_000_000n;
    const fraction = ((since1900 % 1_000_000n) << 32n) / 1_000_000n;
    const read = ntp.ntpMicros(BigInt.asIntN(64, (seconds << 32n) | fraction), earliest);
    assert.ok(micros - read >= 0n && micros - read <= 1n, `${micros} became ${read}`);
  });
});
