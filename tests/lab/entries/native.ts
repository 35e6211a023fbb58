/**
 * A kernel that only tests the native half (`make MAIN=tests/lab/entries/native.ts`). It prints
 * the boot information, then does what `native=KIND` on the kernel command line requests.
 */
import * as host from "../../../machine/host";

const COM1: u32 = 0x3f8;
const LINE_STATUS: u32 = 0x3fd;

function print(text: string): void {
  for (let i = 0; i < text.length; i++) {
    // Bounded: there may be no UART, or one that accepts nothing.
    for (let tries = 0; tries < 100000 && (host.in8(LINE_STATUS) & 0x20) == 0; tries++) {}
    host.out8(COM1, text.charCodeAt(i));
    host.screenPut(text.charCodeAt(i));
  }
}

function bootText(which: u32): string {
  const length = host.bootText(which, 0, 0);
  const buffer = new ArrayBuffer(length);
  host.bootText(which, changetype<usize>(buffer), length);
  return String.UTF8.decode(buffer);
}

function moduleText(index: u32): string {
  const length = host.moduleLength(index);
  const buffer = new ArrayBuffer(length);
  host.moduleRead(index, 0, changetype<usize>(buffer), length);
  return String.UTF8.decode(buffer);
}

function moduleName(index: u32): string {
  const length = host.moduleName(index, 0, 0);
  const buffer = new ArrayBuffer(length);
  host.moduleName(index, changetype<usize>(buffer), length);
  return String.UTF8.decode(buffer);
}

function report(): void {
  print(`loader: ${bootText(1)}\n`);
  print(`command line: ${bootText(0)}\n`);
  for (let i: u32 = 0; i < host.moduleCount(); i++) {
    print(`module: ${moduleName(i)}: ${moduleText(i)}\n`);
  }
  for (let i: u32 = 0; i < host.memoryRegionCount(); i++) {
    const base = host.memoryRegion(i, 0).toString(16);
    const length = host.memoryRegion(i, 1).toString(16);
    print(`region: ${base} ${length} ${host.memoryRegion(i, 2)}\n`);
  }
  print(`acpi: ${host.acpiRootPointer().toString(16)}\n`);
  print(`limit: ${host.memoryLimit()} at ${host.dmaBase().toString(16)}\n`);
  print(
    `random: ${(host.hardwareRandom(true) | host.hardwareRandom(false)) != 0 ? "yes" : "no"}\n`,
  );
  print(`built: ${host.buildTime()}\n`);
}

class Node {
  next: Node | null = null;
  value: u32 = 0;
}

function nullDereference(): void {
  print(`${load<u32>(4)}`);
}

function outOfBounds(at: u32): u8 {
  const bytes = new StaticArray<u8>(16);
  return bytes[at];
}

function pastTheEnd(): void {
  store<u32>((memory.size() << 16) + 4096, 1);
}

function overflow(depth: u32): u32 {
  const node = new Node();
  node.value = depth;
  return overflow(depth + 1) + node.value;
}

function divide(by: u32): u32 {
  return 7 / by;
}

function exhaust(): void {
  const kept: ArrayBuffer[] = [];
  for (;;) kept.push(new ArrayBuffer(1 << 20));
}

/** Grows memory to its limit, and writes and reads back a word of each new 4 KiB. */
function fill(): void {
  const first = (memory.size() as u32) << 16;
  const pages = (host.memoryLimit() - first) >> 16;
  assert(memory.grow(pages) >= 0, "memory does not grow to its limit");
  assert(memory.grow(1) < 0, "memory grows beyond its limit");
  for (let i: u32 = 0; i < pages << 4; i++) {
    const at = first + (i << 12);
    assert(load<u64>(at) == 0, "new memory is not zero");
    store<u32>(at, i ^ 0x5a5a);
  }
  for (let i: u32 = 0; i < pages << 4; i++) {
    assert(load<u32>(first + (i << 12)) == (i ^ 0x5a5a), "memory does not keep what it is given");
  }
  print("filled\n");
  for (let i: u32 = 0; i < host.moduleCount(); i++) print(moduleText(i));
}

const AREA: i32 = 256;

/** A byte of the pattern that is copied. */
function patternAt(i: i32): u8 {
  return (i * 131 + 7) as u8;
}

/** memory.copy and memory.fill of up to 79 bytes, at many overlaps, against the specification. */
function copy(): void {
  const area = heap.alloc(AREA);
  for (let length = 0; length < 80; length++) {
    for (let distance = -70; distance <= 70; distance++) {
      for (let i = 0; i < AREA; i++) store<u8>(area + i, patternAt(i));
      memory.copy(area + 80 + distance, area + 80, length);
      for (let i = 0; i < AREA; i++) {
        const from = i - distance;
        const copied = from >= 80 && from < 80 + length;
        assert(load<u8>(area + i) == patternAt(copied ? from : i), "memory.copy is wrong");
      }
    }
    memory.fill(area + 5, 0xa5, length);
    for (let i = 5; i < 5 + length; i++) assert(load<u8>(area + i) == 0xa5, "memory.fill is short");
    assert(load<u8>(area + 4) == patternAt(4), "memory.fill begins too early");
    assert(load<u8>(area + 5 + length) != 0xa5, "memory.fill ends too late");
  }
  print("copied\n");
}

function run(kind: string): void {
  if (kind == "null") nullDereference();
  else if (kind == "bounds") print(`${outOfBounds(100)}`);
  else if (kind == "end") pastTheEnd();
  else if (kind == "stack") print(`${overflow(0)}`);
  else if (kind == "write-text") host.crash(0);
  else if (kind == "execute-data") host.crash(1);
  else if (kind == "abort") assert(false, "this is what abort was told");
  else if (kind == "divide") print(`${divide(0)}`);
  else if (kind == "unreachable") unreachable();
  else if (kind == "memory") exhaust();
  else if (kind == "fill") fill();
  else if (kind == "copy") copy();
}

export function boot(): void {
  const commandLine = bootText(0);
  if (commandLine.includes("panic=1")) host.setPanicTimeout(1);
  const at = commandLine.indexOf("native=");
  const end = commandLine.indexOf(" ", at);
  report();
  if (at >= 0) run(commandLine.substring(at + 7, end < 0 ? i32.MAX_VALUE : end));
  print("done\n");
  host.out8(0xf4, 1);
}

/** Masks every interrupt at the controllers; there is nothing else to do. */
export function turn(): u64 {
  host.out8(0x21, 0xff);
  host.out8(0xa1, 0xff);
  return 1;
}

export function interrupt(_vector: u32): void {}
