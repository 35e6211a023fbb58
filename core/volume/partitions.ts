/**
 * Partition tables: the MBR (UEFI specification 2.10, section 5.2) and GPT (section 5.3), for disks
 * with sectors of 512 bytes. GPT's checksums are not checked, as its partitions are only searched.
 *
 *     MBR: 446 four partitions, each 16: 0 status  4 type  8 first sector  12 sectors  510 55 aa
 *     GPT: sector 1: 0 "EFI PART"  72 sector of the entries, 8  80 their number  84 bytes of each
 *          entry: 0 type, 16  32 first sector, 8
 */
import { PARTITIONS } from "../limits";
import { equalsText } from "../text";
import { MediumReader, NOWHERE, PAGE } from "./medium";

export const SECTOR: u32 = 512;
/** The signature of a boot sector, and its position. */
const SIGNATURE: usize = 510;
const BOOT: u16 = 0xaa55;

const MBR_TABLE: u32 = 446;
const MBR_PARTITION: u32 = 16;
const MBR_PARTITIONS: u32 = 4;
/** The type of the one partition of an MBR that protects a GPT. */
const PROTECTIVE: u8 = 0xee;

const GPT_HEADER: u32 = 92;
const GPT_PARTITION: u32 = 128;

/** Reports whether 512 bytes are a boot sector: that of a partition, or an MBR. */
export function isBootSector(sector: usize): bool {
  return load<u16>(sector + SIGNATURE) == BOOT;
}

/** Returns where the partitions begin, at most PARTITIONS; none without a table. */
export function partitionsOf(reader: MediumReader): Array<u64> {
  const starts: Array<u64> = [];
  if (reader.bytes < SECTOR) return starts;
  const mbr = reader.at(0, SECTOR);
  if (mbr == NOWHERE || !isBootSector(mbr)) return starts;
  for (let i: u32 = 0; i < MBR_PARTITIONS; i++) {
    const entry = mbr + MBR_TABLE + i * MBR_PARTITION;
    const type = load<u8>(entry + 4);
    if (type == PROTECTIVE) return gptPartitions(reader);
    if (type != 0) addStart(starts, reader, load<u32>(entry + 8));
  }
  return starts;
}

function gptPartitions(reader: MediumReader): Array<u64> {
  const starts: Array<u64> = [];
  if (reader.bytes < 2 * SECTOR) return starts;
  const header = reader.at(SECTOR, GPT_HEADER);
  if (header == NOWHERE || !equalsText(header, 8, "EFI PART")) return starts;
  const first = load<u64>(header + 72);
  const count = min(load<u32>(header + 80), PARTITIONS);
  const size = load<u32>(header + 84);
  if (size < GPT_PARTITION || size > PAGE || PAGE % size != 0) return starts;
  if (first >= reader.bytes / SECTOR) return starts;
  for (let i: u32 = 0; i < count; i++) {
    const position = first * SECTOR + ((i * size) as u64);
    if (position + size > reader.bytes) break;
    const entry = reader.at(position, GPT_PARTITION);
    if (entry == NOWHERE) break;
    if ((load<u64>(entry) | load<u64>(entry + 8)) == 0) continue;
    addStart(starts, reader, load<u64>(entry + 32));
  }
  return starts;
}

/** Adds a partition, unless it begins beyond the end of the disk, or where the table is. */
function addStart(starts: Array<u64>, reader: MediumReader, sector: u64): void {
  if (sector != 0 && sector < reader.bytes / SECTOR) starts.push(sector * SECTOR);
}
