/**
 * Makes the table from which a panic prints its backtrace, from a linked kernel's debug
 * information. The table gives the function and line of an address in the text and, for inlined
 * code, those that it was inlined into.
 *     node --import tsx compiler-config/symbols.ts KERNEL.elf FOLDER
 * FOLDER receives the table as symbols.bin, and packed (pack.ts) as symbols.packed.
 *
 *     4 x u32    where each of the following starts in the table
 *     functions  file number, length of the prefix that the name shares with the one before, the
 *                rest of the name, a zero; sorted by file and name
 *     places     (numbered from 1) function, line; if inlined, how many places back its caller is,
 *                otherwise 0
 *     ranges     their count; for each, the distance from the previous one's start, its place
 *     files      name and a zero
 *
 * Numbers are base-128, low bits first; a place's function and a range's place are signed
 * differences from the one before (zigzag). machine/native/symbols.c reads it.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { pack } from "./pack.ts";

const [kernel, folder] = process.argv.slice(2);
/** The tools of the compiler that made the kernel: see flags.mk. */
const tools = process.env.CROSS_COMPILE ?? "";
/** KERNEL_BASE of link.ld, from which the distance of the first range is measured. */
const kernelBase = 0xffffffff_80000000n;

function run(program: string, args: string[], input = ""): string {
  return execFileSync(program, args, { encoding: "utf8", input, maxBuffer: 1 << 30 });
}

/** Returns the addresses of calls, of instructions that can fault, and of function starts. */
function interestingAddresses(): string[] {
  const text = run(`${tools}objdump`, ["-d", "--no-show-raw-insn", "-j", ".text", kernel]);
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

/** A function of a file, and the line in it that an address belongs to. */
interface Frame {
  name: string;
  file: string;
  line: number;
}
/** A frame, and the number of the place it is inlined in, or 0. Places are numbered from 1. */
interface Place {
  frame: Frame;
  outer: number;
}

/** `w2c_kernel_net0x2Ftests0x2FNode0x23walk` in net/tests.ts is `Node#walk`. */
function readableName(name: string, file: string): string {
  if (!name.startsWith("w2c_kernel_")) return name;
  const unquoted = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16));
  const plain = name
    .slice("w2c_kernel_".length)
    .replace(/\.(isra|part|constprop|cold|lto_priv)\b.*/, "");
  const whole = plain.replace(/0x([0-9A-F]{2})/g, unquoted);
  const module = `${file.replace(/\.ts$/, "")}/`;
  return (whole.startsWith(module) ? whole.slice(module.length) : whole).slice(0, 200);
}

/** The folders of our C. */
const FOLDERS = "machine/native|net/service/tls/glue";
const OURS = new RegExp(`^(?:\\./)?([^:]+\\.ts|(?:${FOLDERS})/[^:]+):(\\d+|\\?)`);

/** Parses one frame of addr2line's output; returns none unless in TypeScript or our C. */
function frameOf(name: string, where: string): Frame[] {
  const place = OURS.exec(where);
  if (!place) return [];
  return [{ name: readableName(name, place[1]), file: place[1], line: Number(place[2]) || 0 }];
}

/** Reports whether an inlined frame is not worth a line: accessors, dispatchers, ~lib code. */
function isTrivial({ name, file }: Frame): boolean {
  return file.startsWith("~lib/") || /#[gs]et:|@override$/.test(name);
}

/** Yields each address, as an offset from `kernelBase`, with its frames, innermost first. */
function* framesOf(addresses: string[]): Generator<[number, Frame[]]> {
  const answers = run(`${tools}addr2line`, ["-a", "-f", "-i", "-e", kernel], addresses.join("\n"));
  for (const answer of answers.split(/^0x/m).slice(1)) {
    const [address, ...lines] = answer.trimEnd().split("\n");
    const frames: Frame[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) frames.push(...frameOf(lines[i], lines[i + 1]));
    const shown = frames.filter((frame, i) => i === frames.length - 1 || !isTrivial(frame));
    yield [Number(BigInt(`0x${address}`) - kernelBase), shown];
  }
}

const numbers = new Map<string, number>();
const places: Place[] = [];

/** Returns the number of the innermost frame's place, adding places as needed; 0 if no frames. */
function placeNumber(frames: Frame[]): number {
  let outer = 0;
  for (const frame of frames.reverse()) {
    const key = `${frame.file} ${frame.name} ${frame.line} ${outer}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = places.push({ frame, outer });
      numbers.set(key, number);
    }
    outer = number;
  }
  return outer;
}

function writeRanges(): Numbers {
  const body = new Numbers();
  let [count, lastPlace, lastAddress] = [0, 0, 0];
  for (const [address, frames] of framesOf(interestingAddresses())) {
    const place = placeNumber(frames);
    if (place === lastPlace) continue;
    body.put(address - lastAddress);
    body.putSigned(place - lastPlace);
    [lastAddress, lastPlace] = [address, place];
    count++;
  }
  const ranges = new Numbers();
  ranges.put(count);
  ranges.bytes.push(...body.bytes);
  return ranges;
}

const functionKey = ({ file, name }: Frame) => `${file}\0${name}`;

function writeFunctions(keys: string[], files: string[]): Numbers {
  const functions = new Numbers();
  let before = "";
  for (const key of keys) {
    const [file, name] = key.split("\0");
    let shared = 0;
    while (shared < name.length && name[shared] === before[shared]) shared++;
    functions.put(files.indexOf(file));
    functions.put(shared);
    functions.putText(name.slice(shared));
    before = name;
  }
  return functions;
}

function writePlaces(keys: string[]): Numbers {
  const index = new Map(keys.map((key, i) => [key, i]));
  const out = new Numbers();
  let last = 0;
  places.forEach(({ frame, outer }, i) => {
    const owner = index.get(functionKey(frame)) ?? 0;
    out.putSigned(owner - last);
    out.put(frame.line);
    out.put(outer === 0 ? 0 : i + 1 - outer);
    last = owner;
  });
  return out;
}

const ranges = writeRanges();
const keys = [...new Set(places.map(({ frame }) => functionKey(frame)))].sort();
const files = [...new Set(keys.map((key) => key.split("\0")[0]))];
const fileNames = new Numbers();
for (const file of files) fileNames.putText(file);
const sections = [writeFunctions(keys, files), writePlaces(keys), ranges, fileNames];
const offsets = new Uint32Array(sections.length);
let at = offsets.byteLength;
sections.forEach(({ bytes }, i) => {
  offsets[i] = at;
  at += bytes.length;
});
/** The room for the table in symbols.c. */
const ROOM = 384 << 10;
if (at > ROOM) throw new Error(`symbols: the table has ${at} bytes, expected at most ${ROOM}`);
const bytes = sections.map((part) => Buffer.from(part.bytes));
const table = Buffer.concat([Buffer.from(offsets.buffer), ...bytes]);
writeFileSync(`${folder}/symbols.bin`, table);
writeFileSync(`${folder}/symbols.packed`, pack(table, 1));
