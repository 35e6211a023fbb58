/**
 * Reads FAT12, FAT16 and FAT32 volumes (Microsoft's FAT specification 1.03), with long names.
 *
 *     boot sector: 11 bytes a sector, 2  13 sectors a cluster  14 reserved, 2  16 FATs
 *                  17 root entries, 2  19 sectors, 2  22 sectors a FAT, 2  32 sectors, 4
 *                  FAT32: 36 sectors a FAT, 4  44 root cluster, 4  66 label; others: 38 label
 *     label: 0 signature 29  5 text, 11
 *     entry: 0 name, 11  11 attributes  20 high cluster, 2  26 low cluster, 2  28 bytes, 4
 *     entry of a long name: 0 number  1 text, 10  13 checksum  14 text, 12  28 text, 4
 *
 *     ├ reserved sectors ┼ FATs ┼ root directory, unless FAT32 ┼ cluster 2 ┼ cluster 3 ...
 */
import { DIRECTORY_ENTRIES } from "../limits";
import { MediumReader, NOWHERE } from "./medium";
import { isBootSector, SECTOR } from "./partitions";
import { paddedText, sameName, Volume, VolumeFile } from "./volume";

const LABEL_SIGNATURE: u8 = 0x29;
const LABEL_BYTES: u32 = 11;
const ENTRY: u32 = 32;
const FIRST_CLUSTER: u32 = 2;
/** Clusters from which on a volume is FAT16. */
const FAT16_CLUSTERS: u64 = 4085;
const CLUSTER_MASK: u32 = 0x0fff_ffff;

// The first byte of an entry.
const END: u8 = 0;
const DELETED: u8 = 0xe5;
// Attributes.
const VOLUME_LABEL: u8 = 8;
const DIRECTORY: u8 = 16;
const LONG_NAME: u8 = 15;
const ATTRIBUTES: u8 = 63;
/** In the number of a long name's part: the last one, which comes first; and the number itself. */
const LAST: u8 = 64;
const NUMBER: u8 = 31;

/** Returns the volume that begins at a position; null if there is no FAT volume. */
export function openFat(reader: MediumReader, start: u64): Fat | null {
  if (reader.bytes - start < SECTOR) return null;
  const boot = reader.at(start, SECTOR);
  if (boot == NOWHERE || !isBootSector(boot)) return null;
  const sector: u32 = load<u16>(boot + 11);
  const perCluster: u32 = load<u8>(boot + 13);
  const reserved: u32 = load<u16>(boot + 14);
  const fats: u32 = load<u8>(boot + 16);
  if (!isPower(sector) || sector < SECTOR || sector > 4096) return null;
  if (!isPower(perCluster) || reserved == 0 || fats == 0 || fats > 4) return null;
  const layout = new Layout();
  const small: u32 = load<u16>(boot + 22);
  const perFat = small != 0 ? small : load<u32>(boot + 36);
  const sectors: u32 = load<u16>(boot + 19) != 0 ? load<u16>(boot + 19) : load<u32>(boot + 32);
  layout.rootBytes = (load<u16>(boot + 17) as u32) * ENTRY;
  const before = (reserved as u64) + (fats as u64) * perFat;
  const rootSectors = (layout.rootBytes + sector - 1) / sector;
  if (perFat == 0 || sectors <= before + rootSectors) return null;
  layout.clusters = (sectors - before - rootSectors) / perCluster;
  // As in Linux: mkfs.vfat also makes FAT32 with fewer clusters than the specification says.
  layout.bits = small == 0 ? 32 : layout.clusters < FAT16_CLUSTERS ? 12 : 16;
  layout.rootCluster = small == 0 ? load<u32>(boot + 44) : 0;
  if ((small == 0) != (layout.rootBytes == 0)) return null;
  layout.fat = start + (reserved as u64) * sector;
  layout.fatBytes = (perFat as u64) * sector;
  layout.root = start + before * sector;
  layout.data = layout.root + (rootSectors as u64) * sector;
  layout.clusterBytes = sector * perCluster;
  const volume = new Fat(reader, layout);
  volume.label = labelOf(boot + (small == 0 ? 66 : 38));
  volume.readLabel();
  return volume;
}

function isPower(value: u32): bool {
  return value != 0 && (value & (value - 1)) == 0;
}

function labelOf(field: usize): string {
  return load<u8>(field) == LABEL_SIGNATURE ? paddedText(field + 5, LABEL_BYTES) : "";
}

/** Where the parts of a volume are; positions are those of the medium. */
class Layout {
  /** Bits of an entry of the FAT. */
  bits: u32 = 0;
  fat: u64 = 0;
  fatBytes: u64 = 0;
  /** The root directory, if it does not consist of clusters. */
  root: u64 = 0;
  rootBytes: u32 = 0;
  /** The first cluster of the root directory, otherwise. */
  rootCluster: u32 = 0;
  data: u64 = 0;
  clusters: u64 = 0;
  clusterBytes: u32 = 0;
}

export class Fat extends Volume {
  /** Its name, without the blanks at its end. */
  label: string = "";
  /** The long name whose parts precede an entry, the number of the last part read, and its sum. */
  private longName: string = "";
  private part: u32 = 0;
  private checksum: u8 = 0;
  /** The entry of the FAT that was read last. */
  private readonly entry: StaticArray<u32> = new StaticArray<u32>(1);

  constructor(
    reader: MediumReader,
    private readonly layout: Layout,
  ) {
    super(reader);
  }

  kind(): string {
    return `FAT${this.layout.bits}`;
  }

  /** Takes the label in the root directory, which wins over that of the boot sector. */
  readLabel(): void {
    const found = this.search("");
    if (found != NOWHERE) this.label = paddedText(found, LABEL_BYTES);
  }

  find(name: string): VolumeFile | null {
    const entry = this.search(name);
    if (entry == NOWHERE) return null;
    const high: u32 = this.layout.bits == 32 ? load<u16>(entry + 20) : 0;
    return new VolumeFile((high << 16) | (load<u16>(entry + 26) as u32), load<u32>(entry + 28));
  }

  protected copy(file: VolumeFile, bytes: StaticArray<u8>): bool {
    const size = this.layout.clusterBytes;
    const length = bytes.length as u32;
    const clusters = this.chain(file.start as u32, (length + size - 1) / size);
    let done: u32 = 0;
    for (let i = 0; done < length; i++) {
      if (i == clusters.length) {
        this.reader.fail("a file ends early");
        return false;
      }
      const count = min(size, length - done);
      const to = changetype<usize>(bytes) + done;
      if (!this.reader.copy(this.positionOf(clusters[i]), count, to)) return false;
      done += count;
    }
    return true;
  }

  /** Returns the entry of a file in the root directory, or that of the label for ""; or NOWHERE. */
  private search(name: string): usize {
    const layout = this.layout;
    const size = layout.clusterBytes;
    const most = DIRECTORY_ENTRIES * ENTRY;
    const chained = layout.rootBytes == 0;
    const clusters = chained ? this.chain(layout.rootCluster, most / size + 1) : ([] as u32[]);
    const length = chained ? (clusters.length as u32) * size : layout.rootBytes;
    this.part = 0;
    for (let at: u32 = 0; at < length; at += ENTRY) {
      if (at == most) {
        if (name != "")
          this.reader.fail(`more than ${DIRECTORY_ENTRIES} entries in the root directory`);
        return NOWHERE;
      }
      const start = chained ? this.positionOf(clusters[at / size]) : layout.root;
      const entry = this.reader.at(start + (chained ? at % size : at), ENTRY);
      if (entry == NOWHERE || load<u8>(entry) == END) return NOWHERE;
      if (this.fits(entry, name)) return entry;
    }
    return NOWHERE;
  }

  /** Reports whether an entry is the one searched for; keeps the part of a long name. */
  private fits(entry: usize, name: string): bool {
    const attributes = load<u8>(entry + 11);
    if (load<u8>(entry) == DELETED) this.part = 0;
    else if ((attributes & ATTRIBUTES) == LONG_NAME) this.addPart(entry);
    else {
      const long = this.part == 1 && this.checksum == checksumOf(entry);
      this.part = 0;
      if ((attributes & VOLUME_LABEL) != 0) return name == "";
      if ((attributes & DIRECTORY) != 0) return false;
      return sameName(long ? this.longName : shortName(entry), name);
    }
    return false;
  }

  /** Takes a part of a long name, of which the last comes first. */
  private addPart(entry: usize): void {
    const number: u32 = load<u8>(entry) & NUMBER;
    const checksum = load<u8>(entry + 13);
    if ((load<u8>(entry) & LAST) != 0) {
      this.longName = "";
      this.checksum = checksum;
    } else if (number + 1 != this.part || checksum != this.checksum) {
      this.part = 0;
      return;
    }
    this.part = number;
    this.longName =
      textOf(entry + 1, 5) + textOf(entry + 14, 6) + textOf(entry + 28, 2) + this.longName;
  }

  private positionOf(cluster: u32): u64 {
    return this.layout.data + ((cluster - FIRST_CLUSTER) as u64) * this.layout.clusterBytes;
  }

  /** Returns at most `most` clusters of a chain; fewer if it ends, or leaves the volume. */
  private chain(first: u32, most: u32): Array<u32> {
    const clusters: Array<u32> = [];
    let cluster = first;
    while ((clusters.length as u32) < most) {
      if (cluster < FIRST_CLUSTER || cluster >= this.layout.clusters + FIRST_CLUSTER) break;
      clusters.push(cluster);
      cluster = this.next(cluster);
    }
    return clusters;
  }

  /** Returns the cluster after another one; 0 if it cannot be read. */
  private next(cluster: u32): u32 {
    const layout = this.layout;
    const at = ((cluster as u64) * layout.bits) / 8;
    const length: u32 = layout.bits == 32 ? 4 : 2;
    const entry = this.entry;
    if (at + length > layout.fatBytes) return 0;
    // A copy, as an entry of FAT12 may lie on two pages.
    if (!this.reader.copy(layout.fat + at, length, changetype<usize>(entry))) return 0;
    const value: u32 = length == 4 ? entry[0] : entry[0] & 0xffff;
    if (layout.bits == 32) return value & CLUSTER_MASK;
    if (layout.bits == 16) return value;
    return (cluster & 1) == 1 ? value >> 4 : value & 0xfff;
  }
}

/** Returns characters of a long name up to its zero. */
function textOf(pointer: usize, count: u32): string {
  let text = "";
  for (let i: u32 = 0; i < count; i++) {
    const unit: u32 = load<u16>(pointer + 2 * i);
    if (unit == 0 || unit == 0xffff) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

/** Returns the name of an entry in its 8 and 3 bytes. */
function shortName(entry: usize): string {
  const extension = paddedText(entry + 8, 3);
  return paddedText(entry, 8) + (extension == "" ? "" : `.${extension}`);
}

/** The checksum of a short name, by which a long name belongs to it. */
function checksumOf(entry: usize): u8 {
  let sum: u8 = 0;
  for (let i: u32 = 0; i < LABEL_BYTES; i++) sum = ((sum >> 1) | (sum << 7)) + load<u8>(entry + i);
  return sum;
}
