/**
 * A model of an IDE channel with CD drives, as QEMU has it: the registers of ATA, and packets by
 * PIO. It checks its driver: an unknown command, or a word that the drive does not expect, fails
 * the test.
 */
import type { BusDevice, Width } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";

const SECTOR = 2048;
const [ERROR, DATA_REQUEST, READY, BUSY] = [0x01, 0x08, 0x40, 0x80];
const [NO_SENSE, NOT_READY, MEDIUM_ERROR, ILLEGAL_REQUEST, UNIT_ATTENTION] = [0, 2, 3, 5, 6];
const PACKET_BYTES = 12;
const SIGNATURE = [0x14, 0xeb];

export interface CdOptions {
  /** The medium; without one, the drive is empty. */
  image?: Uint8Array;
  /** Nanoseconds that a command takes; infinity: the drive stays busy. */
  time?: number;
  /** The position from which on nothing can be read. */
  badFrom?: number;
  /** Bytes of a sector, as the drive says. */
  sectorBytes?: number;
  /** Bytes that the drive returns at a time, and what it says that it returns. */
  piece?: number;
  claimed?: number;
  /** True: a hard disk, which knows no packets. */
  disk?: boolean;
}

class Drive {
  /** After a reset, a packet device is not ready until its first command (ATA/ATAPI-7 9.2). */
  status = 0;
  count = [...SIGNATURE];
  /** The packets that it got. */
  readonly packets: Buffer[] = [];
  private sense = UNIT_ATTENTION;
  private incoming: number[] | undefined;
  private outgoing: Buffer = Buffer.alloc(0);
  private left = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly options: CdOptions,
  ) {}

  command(code: number): void {
    if (this.status & BUSY) throw new Error("ide: a command while the drive is busy");
    if (this.options.disk || (code !== 0xa0 && code !== 0xa1)) {
      this.status = READY | ERROR;
    } else if (code === 0xa0) {
      this.incoming = [];
      this.status = READY | DATA_REQUEST;
    } else {
      const identity = Buffer.alloc(512);
      identity.writeUInt16LE(0x85c0, 0);
      this.later(() => this.give(identity, 512));
    }
  }

  write(word: number): void {
    if (!this.incoming) throw new Error("ide: a word that is not expected");
    this.incoming.push(word & 255, word >> 8);
    if (this.incoming.length < PACKET_BYTES) return;
    const packet = Buffer.from(this.incoming);
    this.packets.push(packet);
    this.incoming = undefined;
    this.later(() => this.serve(packet));
  }

  read(): number {
    if (this.left === 0) throw new Error("ide: a word is read after the last one");
    const word = this.outgoing.readUInt16LE(0);
    this.outgoing = this.outgoing.subarray(2);
    this.left -= 2;
    if (this.left === 0) this.later(() => this.give(this.outgoing, this.options.piece ?? SECTOR));
    return word;
  }

  private later(action: () => void): void {
    const { time = 0 } = this.options;
    this.status = BUSY;
    if (time === 0) action();
    else if (Number.isFinite(time)) this.clock.after(time, action);
  }

  /** Offers the next piece of the data, or ends the command. */
  private give(data: Buffer, piece: number): void {
    this.outgoing = data;
    this.left = Math.min(data.length, piece);
    const claimed = this.options.claimed ?? this.left;
    this.count = [claimed & 255, claimed >> 8];
    this.status = this.left > 0 ? READY | DATA_REQUEST : READY;
  }

  private serve(packet: Buffer): void {
    const { image, badFrom = Number.POSITIVE_INFINITY, piece = SECTOR } = this.options;
    const code = packet[0];
    const answer = (data: Buffer) => this.give(data, piece);
    if (code === 0x03) {
      const data = Buffer.alloc(18);
      [data[0], data[2], data[7]] = [0x70, this.sense, 10];
      this.sense = NO_SENSE;
      answer(data.subarray(0, packet[4]));
    } else if (this.sense === UNIT_ATTENTION) this.refuse(UNIT_ATTENTION);
    else if (!image) this.refuse(NOT_READY);
    else if (code === 0x25) {
      const data = Buffer.alloc(8);
      data.writeUInt32BE(Math.max(0, Math.floor(image.length / SECTOR) - 1), 0);
      data.writeUInt32BE(this.options.sectorBytes ?? SECTOR, 4);
      answer(data);
    } else if (code === 0x28) {
      const start = packet.readUInt32BE(2) * SECTOR;
      const end = start + packet.readUInt16BE(7) * SECTOR;
      if (end > image.length) this.refuse(ILLEGAL_REQUEST);
      else if (end > badFrom) this.refuse(MEDIUM_ERROR);
      else answer(Buffer.from(image.subarray(start, end)));
    } else throw new Error(`ide: unknown packet ${code}`);
  }

  private refuse(sense: number): void {
    this.sense = sense;
    this.status = READY | ERROR;
  }
}

export class IdeChannel implements BusDevice {
  readonly drives: (Drive | undefined)[];
  private selected = 0;

  constructor(clock: VirtualClock, options: (CdOptions | undefined)[]) {
    this.drives = options.map((one) => one && new Drive(clock, one));
  }

  read(offset: number, width: Width): number {
    const drive = this.drives[this.selected];
    if (offset === 0 && width === 2) return drive?.read() ?? 0;
    if (offset === 7) return drive?.status ?? 0;
    return (offset === 4 || offset === 5 ? drive?.count[offset - 4] : 0) ?? 0;
  }

  write(offset: number, value: number, width: Width): void {
    const drive = this.drives[this.selected];
    if (offset === 0 && width === 2) drive?.write(value);
    else if (offset === 6) this.selected = (value >> 4) & 1;
    else if (offset === 7) drive?.command(value);
  }
}
