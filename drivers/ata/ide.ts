/**
 * CD drives on the legacy ports of an IDE controller, by PIO and without interrupts (ATA8-ACS, and
 * ATA/ATAPI-7 volume 2 for the protocol).
 */
import { delay } from "../../machine/delay";
import { in8, in16, out8, out16 } from "../../machine/host";
import { PciDevice } from "../pci/pci";
import { isCdDrive, PACKET, PacketCd } from "./packet-cd";

/** Mass storage, IDE, and the bits of the programming interface of channels not on these ports. */
export const CLASS_IDE: u32 = 0x0101;
const NATIVE: StaticArray<u32> = [1, 4];
/** The ports of the channels: the registers, and the one of device control. */
const PORTS: StaticArray<u32> = [0x1f0, 0x170];
const CONTROL: u32 = 0x206;

// Registers.
const DATA: u32 = 0;
const FEATURES: u32 = 1;
const BYTES_LOW: u32 = 4;
const BYTES_HIGH: u32 = 5;
const DEVICE: u32 = 6;
const STATUS: u32 = 7;

const SECOND_DRIVE: u32 = 0x10;
const NO_INTERRUPTS: u32 = 2;
const IDENTIFY_PACKET: u32 = 0xa1;
const SEND_PACKET: u32 = 0xa0;
// Bits of the status. It is ONES without a controller. It is 0 without a drive, and also after the
// reset of a CD drive.
const ERROR: u32 = 1;
const DATA_REQUEST: u32 = 8;
const BUSY: u32 = 0x80;
const ONES: u32 = 0xff;
/** Words of the data of IDENTIFY PACKET DEVICE. */
const IDENTITY: u32 = 256;
/** The most that a drive may return at a time. */
const PIECE: u32 = 2048;

/** How long a drive may be busy, in steps of 10 microseconds: 1 s. */
const WAIT_STEPS: u32 = 100_000;

/** Adds the places of CD drives on the legacy ports of an IDE controller. */
export function ideDrives(controller: PciDevice): Array<IdeCd> {
  const drives: Array<IdeCd> = [];
  for (let channel: u32 = 0; channel < 2; channel++) {
    if ((controller.classCode & NATIVE[channel]) != 0) continue;
    drives.push(new IdeCd(channel, false));
    drives.push(new IdeCd(channel, true));
  }
  return drives;
}

export class IdeCd extends PacketCd {
  private readonly base: u32;

  constructor(
    private readonly channel: u32,
    private readonly second: bool,
  ) {
    super();
    this.base = PORTS[channel];
  }

  place(): string {
    return `ide${this.channel} ${this.second ? "slave" : "master"}`;
  }

  /** There is no DMA. */
  stop(): void {}

  protected identify(): bool {
    const base = this.base;
    if (in8(base + STATUS) == ONES) return false;
    out8(base + DEVICE, this.second ? SECOND_DRIVE : 0);
    out8(base + CONTROL, NO_INTERRUPTS);
    delay(1);
    if (!this.ready()) return false;
    out8(base + STATUS, IDENTIFY_PACKET);
    if (!this.ready() || (in8(base + STATUS) & (DATA_REQUEST | ERROR)) != DATA_REQUEST)
      return false;
    const kind = in16(base + DATA);
    for (let i: u32 = 1; i < IDENTITY; i++) in16(base + DATA);
    return isCdDrive(kind);
  }

  protected command(to: usize, length: u32): bool {
    const base = this.base;
    if (!this.ready()) return false;
    out8(base + FEATURES, 0);
    out8(base + BYTES_LOW, PIECE & 255);
    out8(base + BYTES_HIGH, PIECE >> 8);
    out8(base + STATUS, SEND_PACKET);
    if (!this.ready() || (in8(base + STATUS) & DATA_REQUEST) == 0) return false;
    const packet = changetype<usize>(this.packet);
    for (let i: u32 = 0; i < PACKET; i += 2) out16(base + DATA, load<u16>(packet + i));
    let done: u32 = 0;
    while (this.ready()) {
      const status = in8(base + STATUS);
      if ((status & ERROR) != 0) return false;
      if ((status & DATA_REQUEST) == 0) return done == length;
      const count = in8(base + BYTES_LOW) | (in8(base + BYTES_HIGH) << 8);
      if (count == 0 || count > length - done) return false;
      for (let i: u32 = 0; i < count; i += 2) {
        const word = in16(base + DATA);
        store<u8>(to + done + i, word);
        if (i + 1 < count) store<u8>(to + done + i + 1, word >> 8);
      }
      done += count;
    }
    return false;
  }

  /** Waits until the drive is not busy. Returns false if it stays so. */
  private ready(): bool {
    delay(1);
    for (let i: u32 = 0; i < WAIT_STEPS; i++) {
      if ((in8(this.base + STATUS) & BUSY) == 0) return true;
      delay(10);
    }
    return false;
  }
}
