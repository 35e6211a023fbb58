/** Disk images in the formats of QEMU and VMware; clusters of zeros are left out. */

/** Bytes of a cluster of qcow2, and of a grain of VMDK. */
const CLUSTER = 65_536;
const SECTOR = 512;

/** Splits a disk into clusters; those of zeros are undefined. */
function clusters(disk: Buffer): (Buffer | undefined)[] {
  const found: (Buffer | undefined)[] = [];
  for (let at = 0; at < disk.length; at += CLUSTER) {
    const cluster = Buffer.alloc(CLUSTER);
    disk.copy(cluster, 0, at, at + CLUSTER);
    found.push(cluster.some((byte) => byte !== 0) ? cluster : undefined);
  }
  return found;
}

/**
 * Returns a qcow2 image (docs/interop/qcow2.txt of QEMU, version 3) of a disk of at most 512 MiB.
 *
 *     cluster 0: header | 1: refcount table | 2: refcounts | 3: L1 | 4: L2 | 5...: data
 */
export function qcow2(disk: Buffer): Buffer {
  const data = clusters(disk);
  if (data.length > CLUSTER / 8) throw new Error("qcow2: the disk is too large for one L2 table");
  const [table, counts, l1, l2, first] = [1, 2, 3, 4, 5];
  const head = Buffer.alloc(first * CLUSTER);
  head.write("QFI\xfb", 0, "latin1");
  head.writeUInt32BE(3, 4);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(BigInt(disk.length), 24);
  head.writeUInt32BE(1, 36);
  head.writeBigUInt64BE(BigInt(l1 * CLUSTER), 40);
  head.writeBigUInt64BE(BigInt(table * CLUSTER), 48);
  head.writeUInt32BE(1, 56);
  // Refcounts of 2^4 bits; the header's length.
  head.writeUInt32BE(4, 96);
  head.writeUInt32BE(104, 100);
  head.writeBigUInt64BE(BigInt(counts * CLUSTER), table * CLUSTER);
  // Bit 63: the cluster is used once, so it may be written in place.
  const used = (cluster: number) => (1n << 63n) | BigInt(cluster * CLUSTER);
  head.writeBigUInt64BE(used(l2), l1 * CLUSTER);
  const parts: Buffer[] = [head];
  data.forEach((cluster, index) => {
    if (cluster === undefined) return;
    head.writeBigUInt64BE(used(first + parts.length - 1), l2 * CLUSTER + 8 * index);
    parts.push(cluster);
  });
  const total = first + parts.length - 1;
  for (let i = 0; i < total; i++) head.writeUInt16BE(1, counts * CLUSTER + 2 * i);
  return Buffer.concat(parts);
}

/** Entries of a grain table. */
const GRAINS = 512;

/**
 * Returns a VMDK image (VMware Virtual Disk Format 1.1, monolithic sparse extent): header,
 * descriptor, the grain directory with its tables, grains. `name` is that of its file.
 */
export function vmdk(disk: Buffer, name: string): Buffer {
  const data = clusters(disk);
  const sectors = disk.length / SECTOR;
  if (!Number.isInteger(sectors)) throw new Error("vmdk: the disk is no multiple of 512 bytes");
  const tables = Math.ceil(data.length / GRAINS);
  const [descriptor, descriptorSectors, directory] = [1, 20, 21];
  const firstTable = directory + Math.ceil((tables * 4) / SECTOR);
  // The grains begin at a multiple of their size.
  const perGrain = CLUSTER / SECTOR;
  const tableSectors = (GRAINS * 4) / SECTOR;
  const overhead = Math.ceil((firstTable + tables * tableSectors) / perGrain) * perGrain;
  const head = Buffer.alloc(overhead * SECTOR);
  head.write("KDMV", 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(1, 8);
  const numbers = { 12: sectors, 20: perGrain, 28: descriptor, 36: descriptorSectors };
  for (const [at, value] of Object.entries({ ...numbers, 56: directory, 64: overhead })) {
    head.writeBigUInt64LE(BigInt(value), Number(at));
  }
  head.writeUInt32LE(GRAINS, 44);
  head.write("\n \r\n", 73);
  head.write(descriptorText(sectors, name), descriptor * SECTOR);
  for (let i = 0; i < tables; i++) {
    head.writeUInt32LE(firstTable + i * tableSectors, directory * SECTOR + 4 * i);
  }
  const parts: Buffer[] = [head];
  data.forEach((grain, index) => {
    if (grain === undefined) return;
    const at = overhead + (parts.length - 1) * perGrain;
    head.writeUInt32LE(at, firstTable * SECTOR + 4 * index);
    parts.push(grain);
  });
  return Buffer.concat(parts);
}

function descriptorText(sectors: number, name: string): string {
  const cylinders = Math.max(1, Math.floor(sectors / (16 * 63)));
  return [
    ...["# Disk DescriptorFile", "version=1", "CID=fffffffe", "parentCID=ffffffff"],
    ...['createType="monolithicSparse"', `RW ${sectors} SPARSE "${name}"`, "#DDB"],
    ...['ddb.virtualHWVersion = "4"', 'ddb.adapterType = "ide"'],
    ...[`ddb.geometry.cylinders = "${cylinders}"`, 'ddb.geometry.heads = "16"'],
    'ddb.geometry.sectors = "63"\n',
  ].join("\n");
}
