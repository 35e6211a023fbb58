/** FAT volumes (core/volume/fat.ts), as mformat makes them, partitions, and damage to both. */
import assert from "node:assert/strict";
import test from "node:test";
import { fatImage, fatKinds, isoImage, partitioned } from "../../../lab/host/volumes.ts";
import { Random } from "../../../lab/random.ts";
import { VolumeBench } from "../../../lab/scripted/volume.ts";

const bench = await VolumeBench.load();
const text = "#!anonymos\necho a\n";
const files = { "meta-data": "instance-id: 1\n", "user-data": text, "network-config": "none" };
const image = fatImage(files);
/** Where the parts of a floppy disk are: its FAT, its root directory and its first cluster. */
const [FAT, ROOT, DATA] = [512, 19 * 512, 33 * 512];

function changed(change: (copy: Buffer) => void, from = image): Buffer {
  const copy = Buffer.from(from);
  change(copy);
  return copy;
}

/** The short entry of a file, in a root directory at `root`. */
function entryOf(disk: Buffer, name: string, root = ROOT): number {
  let at = root;
  while (disk.toString("latin1", at, at + name.length) !== name) at += 32;
  return at;
}

/** Sets the entry of a cluster in the FAT of a floppy disk. */
function setNext(disk: Buffer, cluster: number, next: number): void {
  const at = FAT + Math.floor((cluster * 3) / 2);
  const old = disk.readUInt16LE(at);
  disk.writeUInt16LE(cluster & 1 ? (old & 0xf) | (next << 4) : (old & 0xf000) | next, at);
}

for (const kind of Object.keys(fatKinds) as (keyof typeof fatKinds)[]) {
  test(`reads files of ${kind} by their long names`, () => {
    const small = fatImage(files, "CIDATA", kind);
    assert.equal(bench.find(small), `${kind}: 18: ${text}`);
    assert.equal(bench.find(small, "meta-data"), `${kind}: 15: instance-id: 1\n`);
    assert.equal(bench.find(small, "network-config"), `${kind}: 4: none`);
    assert.equal(bench.find(small, "vendor-data"), `${kind}: no file`);
    const long = Array.from({ length: 4000 }, (_, i) => "abcdefghij"[i % 10]).join("");
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`a-long-name-${i}`, "x"]),
    );
    const large = fatImage({ ...many, "user-data": long }, "CIDATA", kind);
    assert.equal(bench.find(large), `${kind}: 4000: ${long}`);
  });
}

test("takes the label in the root directory, or else in the boot sector", () => {
  assert.equal(bench.find(fatImage(files, "OTHER")), "no volume");
  const label = entryOf(image, "CIDATA");
  const own = changed((copy) => copy.write("cidata     ", 43));
  assert.match(bench.find(changed((copy) => copy.write("OTHER ", label), own)), /no volume/);
  assert.match(bench.find(changed((copy) => copy.writeUInt8(0xe5, label), own)), /^FAT12: 18/);
  const without = changed((copy) => copy.writeUInt8(0, 38), own);
  assert.match(bench.find(changed((copy) => copy.writeUInt8(0xe5, label), without)), /no volume/);
});

test("finds a volume in a partition, even the last one", () => {
  const other = fatImage({ a: "b" }, "OTHER");
  for (const table of ["MBR", "GPT"] as const) {
    const disk = partitioned([other, Buffer.alloc(512), image], table);
    assert.equal(bench.find(disk), `FAT12: 18: ${text}`, table);
    assert.ok(bench.pages < 40, `${bench.pages} pages`);
    assert.equal(bench.find(partitioned([other, other], table)), "no volume");
    for (let end = 0; end < 40_000; end += 512) bench.find(disk.subarray(0, end));
  }
  const wrong = partitioned([image]);
  wrong.writeUInt32LE(0xffff_fff0, 446 + 8);
  assert.equal(bench.find(wrong), "no volume");
  const gpt = partitioned([image], "GPT");
  for (const [at, value] of [
    [72, 0xffff_ffff],
    [84, 0],
    [84, 127],
    [84, 0xffff_ff80],
    [80, 0],
  ]) {
    assert.equal(
      bench.find(changed((copy) => copy.writeUInt32LE(value, 512 + at), gpt)),
      "no volume",
    );
  }
  const endless = changed((copy) => copy.writeUInt32LE(0xffff_ffff, 512 + 80), gpt);
  assert.equal(bench.find(endless), `FAT12: 18: ${text}`);
});

test("finds a volume behind a partition, or a sector, that cannot be read", () => {
  const unlike = fatImage({ a: "b" }, "OTHER");
  const broken = changed((copy) => {
    copy.writeUInt16LE(0xffff, 14);
    copy.writeUInt16LE(0, 19);
    copy.writeUInt32LE(0xffff_ffff, 32);
  }, unlike);
  for (const table of ["MBR", "GPT"] as const) {
    assert.equal(bench.find(partitioned([broken, image], table)), `FAT12: 18: ${text}`, table);
    const other = partitioned([broken, unlike, broken], table);
    assert.match(bench.find(other), /^no volume: position 34\d{6} is beyond the end of the disk$/);
  }
  assert.equal(bench.find(image, "user-data", 32_768), `FAT12: 18: ${text}`);
  assert.match(bench.find(image, "user-data", 512), /^no volume: read error at position 32768$/);
});

test("ISO 9660 wins on a disk that has both, and only if its label fits", () => {
  const hybrid = (label: string) => {
    const iso = isoImage({ "user-data": "iso" }, label);
    const disk = partitioned([image]);
    iso.copy(disk, 32768, 32768);
    return disk;
  };
  assert.equal(bench.find(hybrid("cidata")), "ISO 9660: 3: iso");
  assert.equal(bench.find(hybrid("OTHER")), `FAT12: 18: ${text}`);
});

test("a chain of clusters may loop, end early or leave the volume", () => {
  const clusters = [..."abcdef"].map((letter) => letter.repeat(512));
  const large = fatImage({ "user-data": clusters.join("").slice(0, 3000) });
  const loop = clusters[0] + clusters[1];
  const entry = entryOf(large, "USER-D");
  const first = large.readUInt16LE(entry + 26);
  const cases: [string, string | RegExp, (copy: Buffer) => void][] = [
    [
      "loops",
      `FAT12: 3000: ${loop.repeat(3).slice(0, 3000)}`,
      (copy) => setNext(copy, first + 1, first),
    ],
    ["ends early", /a file ends early/, (copy) => setNext(copy, first + 1, 0xfff)],
    ["has a free cluster", /a file ends early/, (copy) => setNext(copy, first + 1, 0)],
    ["leaves the volume", /a file ends early/, (copy) => setNext(copy, first + 1, 0xfef)],
    [
      "is longer than the disk",
      /ends early/,
      (copy) => copy.writeUInt32LE(0xffff_ffff, entry + 28),
    ],
    ["starts nowhere", /a file ends early/, (copy) => copy.writeUInt16LE(1, entry + 26)],
  ];
  for (const [what, expected, change] of cases) {
    const said = bench.find(changed(change, large));
    if (typeof expected === "string") assert.equal(said, expected, what);
    else assert.match(said, expected, what);
  }
});

test("a root directory of FAT32 may loop, and others may be too long", () => {
  const volume = fatImage({}, "CIDATA", "FAT32");
  const fat = volume.readUInt16LE(14) * 512;
  const root = fat + volume[16] * volume.readUInt32LE(36) * 512;
  volume.writeUInt32LE(2, fat + 8);
  for (let at = root + 32; at < root + 512; at += 32) volume[at] = 0xe5;
  assert.match(bench.find(volume), /FAT32: more than 1024 entries in the root directory/);
  assert.ok(bench.pages <= 1024);
});

test("a long name belongs to its entry only with its checksum and all of its parts", () => {
  const entry = entryOf(image, "USER-D");
  const missing = "FAT12: no file";
  assert.equal(bench.find(changed((copy) => copy.writeUInt8(0x43, entry - 32))), missing);
  assert.equal(
    bench.find(changed((copy) => copy.writeUInt8(copy[entry - 19] ^ 1, entry - 19))),
    missing,
  );
  assert.equal(bench.find(changed((copy) => copy.writeUInt8(0xe5, entry - 32))), missing);
  assert.equal(bench.find(changed((copy) => copy.write("USER-DATA  ", entry))), missing);
  assert.match(bench.find(image, "user-d~1"), /no file/);
  const short = changed((copy) => copy.writeUInt8(0xe5, entry - 32));
  assert.match(bench.find(short, "user-d~1"), /^FAT12: 18/);
});

test("survives damage anywhere, and every end of the medium", () => {
  const random = new Random(1);
  for (const end of [...Array(DATA / 32 + 40).keys()].map((n) => n * 32)) {
    bench.find(image.subarray(0, end));
    bench.find(image, "user-data", end);
  }
  const small = image.subarray(0, DATA + 4096);
  for (let i = 0; i < 2000; i++) {
    const bad = changed((copy) => {
      for (let n = random.between(1, 6); n > 0; n--) {
        const place = random.pick([random.between(0, 90), random.between(FAT, FAT + 64), ROOT]);
        const at = place === ROOT ? ROOT + random.between(0, 512) : place;
        copy[at] = random.pick([0, 1, 2, 8, 15, 64, 128, 255]);
      }
    }, small);
    bench.find(bad);
    assert.ok(bench.pages <= 1024);
  }
});
