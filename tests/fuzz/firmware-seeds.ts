/** Seed inputs of the target `firmware` (tests/fuzz/targets/firmware.ts). */
import { archived } from "../lab/host/boot-media.ts";
import { ioApicEntry, overrideEntry, sleepPackage, virtioDevice } from "../lab/machine/acpi.ts";
import { smbiosTable } from "../lab/machine/smbios.ts";

const kinds = { acpi: 0, smbios: 1, initrd: 2, fwCfg: 3, disk: 4 };
/** The numbers of the signatures, and the bit that damages a table. */
const tables = { fadt: 0, dsdt: 1, madt: 2, xsdt: 3 };
const DAMAGED = 0x80;

function table(kind: number, content: Buffer | number[]): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.of(kind, body.length >> 8, body.length & 255), body]);
}

/** Returns a directory of fw_cfg with one file, its signature before it, and the file. */
function fwCfg(name: string, content: string): Buffer {
  const entry = Buffer.alloc(68);
  entry.writeUInt32BE(1, 0);
  entry.writeUInt32BE(content.length, 4);
  entry.writeUInt16BE(0x20, 8);
  entry.write(name, 12, "latin1");
  return Buffer.concat([Buffer.from("QEMU"), entry, Buffer.from(content)]);
}

/** Returns a disk of `kib` KiB with content at these positions, which are multiples of 16. */
function disk(kib: number, pieces: [position: number, content: Buffer][], optical = false): Buffer {
  const parts = pieces.map(([position, content]) => {
    const head = Buffer.of(position >> 12, (position >> 4) & 255, content.length);
    return Buffer.concat([head, content]);
  });
  return Buffer.concat([Buffer.of(optical ? 1 : 0, kib, 0), ...parts]);
}

/** Returns a directory record of ISO 9660, with a name of Rock Ridge. */
function record(block: number, length: number, name: string): Buffer {
  const entry = Buffer.concat([
    Buffer.from([0x4e, 0x4d, 5 + name.length, 1, 0]),
    Buffer.from(name),
  ]);
  const bytes = Buffer.concat([Buffer.alloc(34), name === "" ? Buffer.alloc(0) : entry]);
  [bytes[0], bytes[32], bytes[33]] = [bytes.length, 1, 0x41];
  bytes.writeUInt32LE(block, 2);
  bytes.writeUInt32LE(length, 10);
  return bytes;
}

function isoDisk(): Buffer {
  const primary = Buffer.alloc(190);
  primary.write("\x01CD001\x01", "latin1");
  primary.write("CIDATA".padEnd(32), 40);
  primary.writeUInt16LE(2048, 128);
  record(20, 2048, "").copy(primary, 156);
  const root = [record(20, 2048, ""), record(21, 14, "user-data"), record(22, 20, "meta-data")];
  return disk(48, [
    [16 * 2048, primary],
    [17 * 2048, Buffer.from("\xffCD001\x01", "latin1")],
    [20 * 2048, Buffer.concat(root)],
    [21 * 2048, Buffer.from("#!anonymos\nss\n")],
    [22 * 2048, Buffer.from("local-hostname: web1")],
  ]);
}

/** Returns a FAT12 volume, at `start`, with a long name. */
function fatDisk(start: number, others: [number, Buffer][] = []): Buffer {
  const boot = Buffer.alloc(64);
  boot.writeUInt16LE(512, 11);
  [boot[13], boot[14], boot[16], boot[17], boot[19], boot[22], boot[38]] = [
    1, 1, 1, 16, 64, 1, 0x29,
  ];
  boot.write("CIDATA     ", 43);
  const short = Buffer.alloc(32);
  short.write("USER-D~1   ");
  [short[26], short[28]] = [2, 14];
  // Before each byte is added, the checksum is rotated right by one bit.
  const sum = short.subarray(0, 11).reduce((all, c) => ((all >> 1) + (all << 7) + c) & 255, 0);
  const long = Buffer.alloc(32);
  // The thirteen characters of an entry lie in three pieces.
  const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
  const name = [...Buffer.from("user-data\0"), 0xffff, 0xffff, 0xffff];
  name.forEach((character, index) => {
    long.writeUInt16LE(character, places[index]);
  });
  [long[0], long[11], long[13]] = [0x41, 15, sum];
  return disk(64, [
    ...others,
    [start, boot],
    // The signature, at 510: a piece begins at a multiple of 16.
    [start + 496, Buffer.from([...Array(14).fill(0), 0x55, 0xaa])],
    [start + 512, Buffer.of(0xf8, 0xff, 0xff, 0xff, 0x0f)],
    [start + 1024, Buffer.concat([long, short])],
    [start + 1536, Buffer.from("[Network]\nDNS=")],
  ]);
}

function partitionTable(type: number): [number, Buffer][] {
  const table = Buffer.alloc(80);
  [table[14 + 4], table[14 + 8], table[78], table[79]] = [type, 8, 0x55, 0xaa];
  const header = Buffer.alloc(96);
  header.write("EFI PART");
  [header[72], header[80], header[84]] = [2, 4, 128];
  const entry = Buffer.alloc(48);
  [entry[0], entry[32]] = [1, 8];
  return [
    [432, table],
    [512, header],
    [1024, entry],
  ];
}

export function firmware(): Buffer[] {
  const madt = [...new Array(8).fill(0), ...ioApicEntry(0xfec00000, 0), ...overrideEntry(0, 2, 5)];
  const fadt = Buffer.alloc(208);
  const code = [...sleepPackage([0x0a, 5], [1]), ...virtioDevice(0xfeb00000, 512, 5)];
  const input = (kind: number, ...parts: Buffer[]) => Buffer.concat([Buffer.of(kind), ...parts]);
  return [
    input(kinds.acpi, table(tables.dsdt, code), table(tables.fadt, fadt), table(tables.madt, madt)),
    input(kinds.acpi, table(tables.madt | DAMAGED, madt), table(tables.fadt, fadt.subarray(0, 80))),
    input(kinds.smbios, smbiosTable({ oemStrings: ["anonymos:run=ping", "other"] })),
    input(
      kinds.initrd,
      Buffer.from(archived("etc/hosts", "10.0.0.1 a") + archived("TRAILER!!!", "", 0)),
    ),
    input(kinds.fwCfg, fwCfg("a", "content")),
    input(kinds.disk, isoDisk()),
    input(kinds.disk, fatDisk(0)),
    input(kinds.disk, fatDisk(8 * 512, partitionTable(12))),
    input(kinds.disk, fatDisk(8 * 512, partitionTable(0xee))),
  ];
}
