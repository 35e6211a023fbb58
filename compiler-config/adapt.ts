/**
 * Turns wasm2c's output into the C that is compiled: adds the lines of TypeScript, makes constants
 * of what does not change, marks code that need not be fast, and packs the module's data.
 *     node --import tsx compiler-config/adapt.ts KERNEL.wasm RAW.c OUT.c
 */
import { readFileSync, writeFileSync } from "node:fs";
import { inlineConstants, instanceDeclaration, isModuleFunction, withInstance } from "./globals.ts";
import { Lines } from "./lines.ts";
import { pack } from "./pack.ts";

const [binary, source, target] = process.argv.slice(2);
const raw = inlineConstants(readFileSync(source, "utf8").split("\n"));

/** A segment of the module's data: asc makes one for each string, more than a thousand in all. */
const segmentStart = /^static const u8 (data_segment_data_w2c_kernel_d\d+)\[\] = \{$/;
const segmentUse = /^ {2}LOAD_DATA\(instance->w2c_memory, (\d+)u, (\w+), \d+\);$/;
const functionStart =
  /^(?:static )?(?:u32|u64|f32|f64|void) w2c_kernel_([A-Za-z0-9_]+)\(w2c_kernel\*.*\{$/;
const unusedFunction = /^wasm_rt_func_type_t wasm2c_kernel_get_func_type\(.*\{$/;

/**
 * Loads and stores become macros. Functions would be inlined too, but their code would belong to
 * their own lines instead of those of TypeScript. The accesses are not volatile: memory that
 * hardware changes is read through host functions.
 */
const accessor = /^DEFINE_(LOAD|STORE)\((i\d+_\w+), (\w+), (\w+)(?:, (\w+), FORCE_READ_INT)?\)$/;
const types = ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"].map(
  (type) => `typedef ${type} ${type}_anywhere __attribute__((aligned(1), may_alias));`,
);

/**
 * Code that runs seldom, such as once per key, command or lease, or for slow devices; it is
 * optimised for size.
 */
const coldPaths = new RegExp(
  [
    /^core\/volume\//,
    /^machine\/(acpi|boot|cpio|entropy|io-apic|local-apic|madt|power|smbios)/,
    /^drivers\/(ata|disk|fw-cfg|keyboard|nic-probe|pci|realtek|rtc|scan-codes)/,
    /^drivers\/intel\/(chip|e1000|eeprom|igb|statistics)/,
    /^drivers\/virtio\/(block|legacy-pci|mmio|modern-pci|pci|rng|transport)/,
    /^kernel\/(config|start)\//,
    /^kernel\/shell\/(?!commands\/(curl\/(body|job|module-source)|nc\/))/,
    /^kernel\/programs\/status-site/,
    /^net\/filter\//,
    /^net\/iface\/(ip\/traffic-control|qdisc\/specification)/,
    /^net\/service\/iperf3\/(control|parameters|report|results|states|units)/,
    /^net\/service\/(dhcp|dns|json-rpc|json\/digest|log|metadata|ntp|websocket)/,
    /^net\/service\/(host-config|interface-config|lease-settings|routing-settings)/,
    /^net\/service\/(settings|socket-option|traffic-settings|tls\/(names|failure))/,
    /^net\/service\/http\/url/,
    /^net\/service\/http\/client\/(cookies|credentials|failure|proxy|redirect|route|tunnel)/,
    /^net\/socket\/tcp\/send\/path-mtu/,
  ]
    .map((path) => path.source)
    .join("|"),
);

const lines = new Lines(binary);
const segments = new Map<string, number[]>();
const image: number[] = [];
const out: string[] = ["#pragma GCC system_header"];
let imageStart = 0;
/** Most of the image is text in UTF-16. */
const TEXT_STEP = 2;

/** Puts a segment in its place in one image, which is loaded in one step, not by 1,500 copies. */
function addToImage(address: number, bytes: number[]): void {
  if (imageStart === 0) imageStart = address;
  while (image.length < address - imageStart) image.push(0);
  image.splice(address - imageStart, bytes.length, ...bytes);
}

/** Converts a line outside of segments and the functions of the module. */
function plainLine(line: string): string[] {
  const use = segmentUse.exec(line);
  if (use) {
    addToImage(Number(use[1]), segments.get(use[2]) ?? []);
    return [];
  }
  if (line === '#include "kernel.h"') return [line, instanceDeclaration, ...types];
  if (line.startsWith("static void init_data_instances")) {
    const packed = pack(Uint8Array.from(image), TEXT_STEP).join(",");
    return [
      `static const u8 image[] __attribute__((aligned(4))) = {${packed}};`,
      line,
      `  unpack_image(${imageStart}u, image);`,
    ];
  }
  const [, kind, name, stored, wide, result] = accessor.exec(line) ?? [];
  const place = `*(${stored}_anywhere*)(address)`;
  if (kind === "LOAD") {
    return [`#define ${name}_default32(memory, address) ((${result})(${wide})${place})`];
  }
  if (kind === "STORE") {
    return [`#define ${name}_default32(memory, address, value) (void)(${place} = (value))`];
  }
  return [line];
}

for (let i = 0; i < raw.length; i++) {
  const [segment, start] = [segmentStart.exec(raw[i]), functionStart.exec(raw[i])];
  const unused = unusedFunction.test(raw[i]);
  const end = segment ? raw.indexOf("};", i) : start || unused ? raw.indexOf("}", i) : i;
  const body = raw.slice(i, end + 1);
  if (segment) {
    segments.set(segment[1], body.slice(1, -1).join("").split(",").slice(0, -1).map(Number));
  } else if (start && isModuleFunction(body)) {
    const unquoted = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16));
    const name = start[1].replace(/0x([0-9A-F]{2})/g, unquoted);
    if (coldPaths.test(name)) body[0] = `__attribute__((cold)) ${body[0]}`;
    out.push(...lines.addTo(name, withInstance(body)));
  } else if (!unused) {
    for (const line of body) out.push(...plainLine(line));
  }
  i = end;
}
if (image.length === 0) throw new Error(`${source}: no data segments were found`);
if (lines.unmatched > 0) console.error(`adapt: ${lines.unmatched} functions have no lines`);
writeFileSync(target, out.join("\n"));
