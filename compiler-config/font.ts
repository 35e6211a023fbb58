/**
 * Extracts the kernel's font from GRUB's: the ASCII glyphs, 8 x 16 pixels, as a C table.
 *     node --import tsx compiler-config/font.ts FONT.pf2 OUT.c
 * A PF2 file consists of sections: a four-letter name, a length and data. Numbers are big-endian
 * (GRUB's manual, "The PF2 font format").
 */
import { readFileSync, writeFileSync } from "node:fs";

const width = 8;
const height = 16;
const [source, target] = process.argv.slice(2);
const font = readFileSync(source);

/** Returns the start and length of each section's data. DATA is the last and has no length. */
function sections(): Map<string, [number, number]> {
  const found = new Map<string, [number, number]>();
  for (let at = 0; at < font.length; ) {
    const name = font.toString("latin1", at, at + 4);
    const length = font.readUInt32BE(at + 4);
    found.set(name, [at + 8, length]);
    if (name === "DATA") break;
    at += 8 + length;
  }
  return found;
}

const places = sections();
const [index, indexLength] = places.get("CHIX") ?? [0, 0];
const ascent = font.readUInt16BE(places.get("ASCE")?.[0] ?? 0);

/** Returns the offset of a code point's glyph in the file. */
function glyphOffset(code: number): number {
  for (let at = index; at < index + indexLength; at += 9) {
    if (font.readUInt32BE(at) === code) return font.readUInt32BE(at + 5);
  }
  throw new Error(`${source}: there is no glyph for character ${code}`);
}

/** Returns a glyph as one byte per row, with the leftmost pixel in bit 7. */
function glyph(code: number): number[] {
  const at = glyphOffset(code);
  const [columns, rows] = [font.readUInt16BE(at), font.readUInt16BE(at + 2)];
  const [left, bottom] = [font.readInt16BE(at + 4), font.readInt16BE(at + 6)];
  const top = ascent - bottom - rows;
  const lines = new Array<number>(height).fill(0);
  for (let bit = 0; bit < columns * rows; bit++) {
    const set = (font[at + 10 + (bit >> 3)] >> (7 - (bit & 7))) & 1;
    const [x, y] = [left + (bit % columns), top + Math.floor(bit / columns)];
    if (set === 1 && x >= 0 && x < width && y >= 0 && y < height) lines[y] |= 0x80 >> x;
  }
  return lines;
}

const rows: string[] = [];
for (let code = 32; code < 127; code++) {
  rows.push(`    {${glyph(code).join(", ")}}, // '${String.fromCharCode(code)}'`);
}
const head = `// Made by compiler-config/font.ts.\nconst unsigned char font[][${height}] = {\n`;
writeFileSync(target, `${head}${rows.join("\n")}\n};\n`);
