/** ISO 9660 volumes (core/volume/iso9660.ts), as xorriso makes them, and damaged. */
import assert from "node:assert/strict";
import test from "node:test";
import { isoImage } from "../../../lab/host/volumes.ts";
import { Random } from "../../../lab/random.ts";
import { VolumeBench } from "../../../lab/scripted/volume.ts";

const bench = await VolumeBench.load();
const files = { "meta-data": "instance-id: 1\n", "user-data": "#!anonymos\necho \u00e4\n" };
const FOUND = "ISO 9660: 19: #!anonymos\necho \u00e4\n";
const image = isoImage(files, "cidata", ["-R"]);

/** Returns a copy of an image, changed by `change`. */
function changed(change: (copy: Buffer) => void, from = image): Buffer {
  const copy = Buffer.from(from);
  change(copy);
  return copy;
}

/** The position of the root directory, and that of a record in it whose text has `name`. */
const rootOf = (iso: Buffer) => iso.readUInt32LE(16 * 2048 + 158) * 2048;
function recordOf(iso: Buffer, name: string): number {
  let at = rootOf(iso);
  while (!iso.toString("latin1", at, at + iso[at]).includes(name)) at += iso[at];
  return at;
}

test("reads files by the names of Rock Ridge, of Joliet, or their own", () => {
  for (const options of [["-J", "-R"], ["-R"], ["-J"], ["-iso-level", "4"], ["-U"]]) {
    assert.equal(bench.find(isoImage(files, "cidata", options)), FOUND, options.join(" "));
  }
  assert.equal(bench.find(image, "meta-data"), "ISO 9660: 15: instance-id: 1\n");
  assert.equal(bench.find(image, "vendor-data"), "ISO 9660: no file");
  assert.equal(bench.find(isoImage(files, "CIDATA")), FOUND);
});

test("reads a large file among many, of which only the beginning is wanted", () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`a${i}`, "x"]));
  const large = isoImage({ ...many, "user-data": "y".repeat(10_000) });
  assert.equal(bench.find(large), `ISO 9660: 10000: ${"y".repeat(4096)}`);
  const crowd = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`a${i}`, ""]));
  assert.match(bench.find(isoImage({ ...crowd, "user-data": "y" })), /more than 1024 entries/);
});

test("recognises other volumes after a few pages", () => {
  assert.equal(bench.find(isoImage(files, "ANONYMOS")), "no volume");
  assert.ok(bench.pages <= 4, `${bench.pages} pages`);
  assert.equal(bench.find(Buffer.alloc(65536)), "no volume");
  assert.ok(bench.pages <= 2, `${bench.pages} pages`);
  for (const length of [0, 1, 511, 512, 2047, 2048, 32768]) {
    assert.equal(bench.find(Buffer.alloc(length)), "no volume");
  }
});

test("reports what is damaged", () => {
  const record = recordOf(image, "user-data");
  const cases: [string, RegExp, (copy: Buffer) => void][] = [
    ["a record too short", /damaged root/, (copy) => copy.writeUInt8(33, record)],
    ["a name that is too long", /damaged root/, (copy) => copy.writeUInt8(255, record + 32)],
    [
      "a file beyond the end",
      /beyond the end/,
      (copy) => copy.writeUInt32LE(0xffff_fff0, record + 2),
    ],
    [
      "a file in pieces",
      /user-data is not in one piece/,
      (copy) => copy.writeUInt8(128, record + 25),
    ],
    ["an interleaved file", /not in one piece/, (copy) => copy.writeUInt8(1, record + 26)],
    ["a root beyond the end", /beyond/, (copy) => copy.writeUInt32LE(1 << 30, 16 * 2048 + 158)],
  ];
  for (const [what, message, change] of cases) {
    assert.match(bench.find(changed(change)), message, what);
  }
  const directory = changed((copy) => copy.writeUInt8(2, record + 25));
  assert.equal(bench.find(directory), "ISO 9660: no file");
  assert.equal(
    bench.find(changed((copy) => copy.writeUInt16LE(512, 16 * 2048 + 128))),
    "no volume",
  );
});

test("survives every end of the medium, and read errors anywhere", () => {
  const length = image.length - 150 * 2048;
  const sector = image.subarray(0, length);
  for (let end = 0; end < length; end += 64) bench.find(sector.subarray(0, end));
  for (let end = 0; end < length; end += 2048) {
    const said = bench.find(image, "user-data", end);
    assert.ok(said === FOUND || said.includes("read error"), said);
  }
});

test("survives damage anywhere", () => {
  const random = new Random(1);
  const end = image.length - 150 * 2048;
  for (let i = 0; i < 1500; i++) {
    const bad = changed((copy) => {
      for (let n = random.between(1, 6); n > 0; n--) {
        copy[random.between(16 * 2048, end)] = random.pick([0, 1, 2, 33, 34, 128, 255]);
      }
    });
    bench.find(bad);
    assert.ok(bench.pages <= 1024);
  }
});
