/**
 * CD drives that take SCSI commands as packets of 12 bytes (ATAPI; commands: MMC-6 chapter 6),
 * whatever carries the packets.
 *
 *     READ CAPACITY: 0 code 25                              data: 0 last sector, 4  4 bytes each, 4
 *     READ (10):     0 code 28  2 sector, 4  7 sectors, 2   data: the sectors
 *     REQUEST SENSE: 0 code 03  4 bytes of data             data: 2 key
 *
 * Numbers are in network order.
 */
import { loadNet32, storeNet32 } from "../../core/bytes";
import { PAGE } from "../../core/volume/medium";
import { Disk } from "../disk";

export const PACKET: u32 = 12;
const READ_CAPACITY: u8 = 0x25;
const READ: u8 = 0x28;
const REQUEST_SENSE: u8 = 0x03;
const CAPACITY_BYTES: u32 = 8;
const SENSE_BYTES: u32 = 18;
/** The key of the sense data if there is no medium, and its place. */
const NOT_READY: u8 = 2;
const SENSE_KEY: usize = 2;

/** Word 0 of what a drive says of itself: a packet device, a CD drive, and packets of 12 bytes. */
const KIND_MASK: u32 = 0xdf03;
const CD_DRIVE: u32 = 0x8500;

/** Commands that are tried, as a drive first reports that it was reset or its medium changed. */
const TRIES: u32 = 4;

/** Reports whether word 0 of IDENTIFY PACKET DEVICE (ACS-3 7.14) is that of a CD drive. */
export function isCdDrive(word: u32): bool {
  return (word & KIND_MASK) == CD_DRIVE;
}

export abstract class PacketCd extends Disk {
  protected readonly packet: StaticArray<u8> = new StaticArray<u8>(PACKET as i32);
  private readonly answer: StaticArray<u8> = new StaticArray<u8>(SENSE_BYTES as i32);

  constructor() {
    super();
    this.optical = true;
  }

  driverName(): string {
    return "CD";
  }

  /** Finds out whether there is a drive. */
  protected abstract identify(): bool;

  /**
   * Sends the packet, and copies the data that the drive returns, at most `length` bytes. Returns
   * false if the drive reports an error, or does not return as many.
   */
  protected abstract command(to: usize, length: u32): bool;

  /** A medium whose sectors do not have 2,048 bytes, such as music, is none. */
  start(): bool {
    if (!this.identify()) return false;
    const answer = changetype<usize>(this.answer);
    for (let i: u32 = 0; i < TRIES; i++) {
      this.prepare(READ_CAPACITY);
      if (this.command(answer, CAPACITY_BYTES)) {
        if (loadNet32(answer + 4) != PAGE) return false;
        this.bytes = ((loadNet32(answer) as u64) + 1) * PAGE;
        return true;
      }
      this.prepare(REQUEST_SENSE);
      this.packet[4] = SENSE_BYTES as u8;
      if (!this.command(answer, SENSE_BYTES)) return false;
      if ((load<u8>(answer + SENSE_KEY) & 15) == NOT_READY) return false;
    }
    return false;
  }

  readPage(position: u64, to: usize): bool {
    this.prepare(READ);
    storeNet32(changetype<usize>(this.packet) + 2, (position / PAGE) as u32);
    this.packet[8] = 1;
    return this.command(to, PAGE);
  }

  private prepare(code: u8): void {
    memory.fill(changetype<usize>(this.packet), 0, PACKET);
    this.packet[0] = code;
  }
}
