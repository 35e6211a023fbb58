/**
 * Makes the table that a panic's backtrace is printed from, out of a linked kernel's debug
 * information: for an address in its text the function and line, and for code that was inlined
 * those that it was inlined into.
 *     node --import tsx compiler-config/symbols.ts KERNEL.elf OUT.bin
 *
 *     4 x u32    where each of the following starts in the table
 *     functions  number of its file, name and a zero
 *     places     (from number 1) function, line, how many places back the one is it is inlined in
 *     ranges     their number; for each its distance to the start of the one before, its place
 *     files      name and a zero
 *
 * Numbers are base-128, low bits first; a place's function and a range's place are signed
 * differences to the one before (zigzag). kernel/native/symbols.c reads it.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const [kernel, target] = process.argv.slice(2);
const textStart = 0xffffffff_80000000n;

function run(program: string, args: string[], input = ""): string {
  return execFileSync(program, args, { encoding: "utf8", input, maxBuffer: 1 << 30 });
}

/** The instructions that can be in a backtrace: calls, what can fault, and each function's first. */
function interestingAddresses(): string[] {
  const text = run("objdump", ["-d", "--no-show-raw-insn", "-j", ".text", kernel]);
  const first = />:\n([0-9a-f]{16}):/.source;
  const other = /\n([0-9a-f]{16}):\t(?:call|i?div|ud2|int3|(?!j).*(?:\([%,]|[ ,]0x))/.source;
  const wanted = new RegExp(`${first}|${other}`, "g");
  return [...text.matchAll(wanted)].map((match) => match[1] ?? match[2]);
}

class Numbers {
  readonly bytes: number[] = [];
  put(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes.push((rest % 128) | 128);
    this.bytes.push(rest);
  }
  putSigned(value: number): void {
    this.put(value < 0 ? -value * 2 - 1 : value * 2);
  }
  putText(text: string): void {
    this.bytes.push(...Buffer.from(text), 0);
  }
}

/** Numbers things in the order in which they are first seen, from `first`. */
class Numbering {
  private readonly known = new Map<string, number>();
  constructor(private readonly first: number) {}
  /** The thing's number, and whether it is a new one. */
  numberOf(thing: string): [number, boolean] {
    const before = this.known.get(thing);
    if (before !== undefined) return [before, false];
    const number = this.known.size + this.first;
    this.known.set(thing, number);
    return [number, true];
  }
  get size(): number {
    return this.known.size;
  }
}

const functions = new Numbers();
const places = new Numbers();
const ranges = new Numbers();
const files = new Numbers();
const [fileNumbers, functionNumbers] = [new Numbering(0), new Numbering(0)];
const placeNumbers = new Numbering(1);
let lastFunction = 0;

/** `w2c_kernel_net0x2Ftests0x2FNode0x23walk` in net/tests.ts is `Node#walk`. */
function readableName(name: string, file: string): string {
  if (!name.startsWith("w2c_kernel_")) return name;
  const unquoted = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16));
  const plain = name.slice("w2c_kernel_".length).replace(/\.(isra|part|constprop|cold)\b.*/, "");
  const whole = plain.replace(/0x([0-9A-F]{2})/g, unquoted);
  const module = `${file.replace(/\.ts$/, "")}/`;
  return whole.startsWith(module) ? whole.slice(module.length) : whole;
}

function functionNumber(name: string, file: string): number {
  const readable = readableName(name, file);
  const [number, fresh] = functionNumbers.numberOf(`${file} ${readable}`);
  if (!fresh) return number;
  const [fileNumber, freshFile] = fileNumbers.numberOf(file);
  if (freshFile) files.putText(file);
  functions.put(fileNumber);
  functions.putText(readable);
  return number;
}

/** The number of the innermost of a chain of frames; 0 where none has a source of ours. */
function placeNumber(chain: [string, string][]): number {
  let outer = 0;
  for (const [name, where] of chain.reverse()) {
    const place = /^(?:\.\/)?([^:]+\.ts|kernel\/native\/[^:]+):(\d+|\?)/.exec(where);
    if (!place) continue;
    const [file, line] = [place[1], Number(place[2]) || 0];
    const owner = functionNumber(name, file);
    const [number, fresh] = placeNumbers.numberOf(`${owner} ${line} ${outer}`);
    if (fresh) {
      places.putSigned(owner - lastFunction);
      places.put(line);
      places.put(outer === 0 ? 0 : number - outer);
      lastFunction = owner;
    }
    outer = number;
  }
  return outer;
}

/** addr2line's answer to each address: the frames, innermost first. */
function* framesOf(addresses: string[]): Generator<[bigint, [string, string][]]> {
  const answers = run("addr2line", ["-a", "-f", "-i", "-e", kernel], addresses.join("\n"));
  for (const answer of answers.split(/^0x/m).slice(1)) {
    const [address, ...lines] = answer.trimEnd().split("\n");
    const chain: [string, string][] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) chain.push([lines[i], lines[i + 1]]);
    yield [BigInt(`0x${address}`), chain];
  }
}

let [count, lastPlace, lastAddress] = [0, 0, textStart];
const body = new Numbers();
for (const [address, chain] of framesOf(interestingAddresses())) {
  const place = placeNumber(chain);
  if (place === lastPlace) continue;
  body.put(Number(address - lastAddress));
  body.putSigned(place - lastPlace);
  [lastAddress, lastPlace] = [address, place];
  count++;
}
ranges.put(count);

const sections = [functions.bytes, places.bytes, [...ranges.bytes, ...body.bytes], files.bytes];
const offsets = new Uint32Array(sections.length);
offsets.reduce((at, _, i) => {
  offsets[i] = at;
  return at + sections[i].length;
}, offsets.byteLength);
writeFileSync(target, Buffer.concat([Buffer.from(offsets.buffer), ...sections.map(Buffer.from)]));
