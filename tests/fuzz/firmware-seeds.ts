/** Seed inputs of the target `firmware` (tests/fuzz/targets/firmware.ts). */
import { archived } from "../lab/host/boot-media.ts";
import { ioApicEntry, overrideEntry, sleepPackage, virtioDevice } from "../lab/machine/acpi.ts";
import { smbiosTable } from "../lab/machine/smbios.ts";

const kinds = { acpi: 0, smbios: 1, initrd: 2, fwCfg: 3 };
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
  ];
}
