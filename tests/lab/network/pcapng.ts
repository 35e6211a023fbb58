/** Writes a switch's traffic as pcapng (draft-ietf-opsawg-pcapng), one interface per station. */
import type { Station } from "./world.ts";

const [SECTION, INTERFACE, PACKET] = [0x0a0d0d0a, 1, 6];

function block(type: number, body: Buffer): Buffer {
  const padded = Buffer.alloc((body.length + 3) & ~3);
  body.copy(padded);
  const bytes = Buffer.alloc(12 + padded.length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  padded.copy(bytes, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

function option(code: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

export class Capture {
  private readonly packets: Buffer[] = [];
  private readonly interfaces: Station[] = [];

  /** Records a frame that `from` sent at `time` nanoseconds. */
  add(frame: Uint8Array, time: number, from: Station): void {
    let index = this.interfaces.indexOf(from);
    if (index < 0) index = this.interfaces.push(from) - 1;
    const body = Buffer.alloc(20 + frame.length);
    const at = BigInt(Math.floor(time));
    body.writeUInt32LE(index, 0);
    body.writeUInt32LE(Number(at >> 32n), 4);
    body.writeUInt32LE(Number(at & 0xffffffffn), 8);
    body.writeUInt32LE(frame.length, 12);
    body.writeUInt32LE(frame.length, 16);
    body.set(frame, 20);
    this.packets.push(block(PACKET, body));
  }

  bytes(): Buffer {
    const section = Buffer.alloc(16, 0xff);
    section.writeUInt32LE(0x1a2b3c4d, 0);
    section.writeUInt16LE(1, 4);
    section.writeUInt16LE(0, 6);
    const interfaces = this.interfaces.map((station) => {
      // Link type Ethernet; options if_name, and if_tsresol for nanoseconds.
      const head = Buffer.of(1, 0, 0, 0, 0, 0, 0, 0);
      const name = option(2, Buffer.from(station.name));
      return block(
        INTERFACE,
        Buffer.concat([head, name, option(9, Buffer.of(9)), Buffer.alloc(4)]),
      );
    });
    return Buffer.concat([block(SECTION, section), ...interfaces, ...this.packets]);
  }
}
