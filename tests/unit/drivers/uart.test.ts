/** The 16550 driver (drivers/uart.ts) against the chip's model. */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine, type MachineOptions } from "../../lab/machine/machine.ts";
import { load, writeText } from "../../lab/scripted/assembly.ts";

const RING = 16 * 1024;
const [OVERRUNS, BREAKS, FRAMING, PARITY, INTERRUPTS] = [0, 1, 2, 3, 4];

async function boot(options: MachineOptions = {}, baud = 115_200) {
  const machine = new Machine(options);
  const wasm = await load("tests/lab/entries/uart.ts", machine.host());
  machine.attach(wasm);
  const present: number = wasm.start(baud);
  if (present) wasm.connect();
  machine.setInterrupts(true);
  const write = (text: string): number => wasm.write(...writeText(wasm, text));
  const readAll = () => {
    let text = "";
    for (let byte = wasm.read(); byte >= 0; byte = wasm.read()) text += String.fromCharCode(byte);
    return text;
  };
  return { machine, wasm, write, readAll, uart: machine.uart, present };
}

/** Text in which neighboring characters differ. */
const pattern = (length: number) =>
  Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 31 + (i >> 7)) % 94))).join("");

test("sets baud rates that divide 115,200, and 115,200 in place of others", async () => {
  const divisors = { 115200: 1, 57600: 2, 38400: 3, 9600: 12, 50: 2304, 12345: 1, 0: 1, 230400: 1 };
  for (const [baud, divisor] of Object.entries(divisors)) {
    const { uart } = await boot({}, Number(baud));
    assert.deepEqual(uart.settings(), { divisor, lineControl: 3 }, baud);
  }
  const { wasm } = await boot();
  assert.equal(wasm.isRate(19200), 1);
  assert.equal(wasm.isRate(31250), 0);
  assert.equal(wasm.isRate(0), 0);
});

test("discards output without hanging if there is no port", async () => {
  const { machine, wasm, write, present } = await boot({ uart: false });
  assert.equal(present, 0);
  assert.equal(wasm.connect(), 0);
  assert.equal(write("hello"), 5);
  wasm.writePolled(...writeText(wasm, "hello"));
  assert.equal(wasm.read(), -1);
  assert.equal(wasm.flushed(), 1);
  assert.ok(machine.clock.now < 1e6);
});

test("sends text by interrupt, in order, several bytes each time", async () => {
  const { machine, wasm, write, uart } = await boot();
  const text = pattern(10_000);
  assert.equal(write(text), 10_000);
  assert.equal(wasm.flushed(), 0);
  machine.sleep(1e9);
  assert.equal(uart.output, text);
  assert.equal(wasm.flushed(), 1);
  assert.ok(wasm.count(INTERRUPTS) < 10_000n / 12n, `${wasm.count(INTERRUPTS)}`);
  for (let i = 0; i < 100; i++) {
    write("ab");
    machine.sleep(50_000 + i * 1_000);
  }
  machine.sleep(1e8);
  assert.equal(uart.output, text + "ab".repeat(100));
});

test("queues as much as fits into the ring, and returns the count", async () => {
  const { machine, write, wasm, uart } = await boot();
  machine.setInterrupts(false);
  const text = pattern(RING + 1000);
  assert.equal(write(text), RING);
  assert.equal(wasm.room(), 0);
  assert.equal(write("more"), 0);
  machine.setInterrupts(true);
  machine.sleep(2e9);
  assert.equal(uart.output, text.slice(0, RING));
  assert.equal(write("more"), 4);
});

test("sends text that was written before interrupts were connected", async () => {
  const machine = new Machine();
  const wasm = await load("tests/lab/entries/uart.ts", machine.host());
  machine.attach(wasm);
  wasm.start(115_200);
  wasm.writePolled(...writeText(wasm, "early\n"));
  assert.equal(wasm.write(...writeText(wasm, "late\n")), 5);
  machine.setInterrupts(true);
  machine.sleep(1e8);
  assert.equal(machine.uart.output, "early\n");
  wasm.connect();
  machine.sleep(1e8);
  assert.equal(machine.uart.output, "early\nlate\n");
});

test("never stalls, however writes and interrupts interleave", async () => {
  const { machine, write, uart } = await boot();
  let sent = "";
  for (let i = 0; i < 2000; i++) {
    const text = pattern(1 + (i % 40));
    sent += text.slice(0, write(text));
    machine.clock.advance((i * 7919) % 400_000);
    if (i % 3 === 0) machine.sleep((i * 104_729) % 2_000_000);
  }
  machine.sleep(5e9);
  assert.equal(uart.output, sent);
});

test("receives pasted text completely during long turns", async () => {
  const { machine, uart, readAll, wasm } = await boot();
  const text = pattern(100_000);
  uart.type(text);
  let got = "";
  // During a turn of 500 ms, 5,760 bytes arrive.
  while (uart.busy() || wasm.readable()) {
    machine.sleep(500e6);
    got += readAll();
  }
  assert.equal(got, text);
  assert.equal(uart.lost, 0);
  assert.equal(wasm.count(OVERRUNS), 0n);
  assert.ok(wasm.count(INTERRUPTS) <= 100_000n / 7n);
});

test("receives a single key at once", async () => {
  const { machine, uart, wasm } = await boot();
  uart.type("x");
  machine.sleep(1e6);
  assert.equal(wasm.read(), 120);
});

test("loses nothing if the peer obeys flow control", async () => {
  const { machine, uart, readAll, wasm } = await boot();
  uart.waits = true;
  const text = pattern(100_000);
  uart.type(text);
  machine.sleep(20e9);
  assert.ok(uart.busy(), "the peer was stopped");
  let got = "";
  while (uart.busy() || wasm.readable()) {
    got += readAll();
    machine.sleep(2e9);
  }
  assert.equal(got, text);
  assert.equal(wasm.count(OVERRUNS), 0n);
});

test("counts overruns of the FIFO by a peer that ignores flow control", async () => {
  const { machine, uart, readAll, wasm } = await boot();
  const text = pattern(RING + 500);
  uart.type(text);
  machine.sleep(3e9);
  assert.equal(uart.lost, 500 - 16);
  const got = readAll();
  machine.sleep(1e6);
  assert.equal(got + readAll(), text.slice(0, RING + 16));
  assert.ok(wasm.count(OVERRUNS) >= 1n);
  uart.type("on");
  machine.sleep(1e7);
  assert.equal(readAll(), "on");
});

test("counts breaks and damaged bytes, and does not deliver them", async () => {
  const { machine, uart, readAll, wasm } = await boot();
  uart.type("a");
  uart.type(Uint8Array.of(0), 0x18);
  uart.type("b");
  uart.type("?", 0x08);
  uart.type("?", 0x04);
  uart.type("c");
  machine.sleep(1e8);
  assert.equal(readAll(), "abc");
  assert.deepEqual(
    [BREAKS, FRAMING, PARITY].map((i) => wasm.count(i)),
    [1n, 1n, 1n],
  );
});

test("receives all 256 byte values, and sends control characters", async () => {
  const { machine, uart, readAll, write } = await boot();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  uart.type(bytes);
  machine.sleep(1e8);
  const got = readAll();
  assert.deepEqual(Buffer.from(got, "latin1"), Buffer.from(bytes));
  write("\u0000\u0001\u007f");
  machine.sleep(1e8);
  assert.equal(uart.output, "\u0000\u0001\u007f");
});
