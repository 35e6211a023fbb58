/** WebSocket frames (RFC 6455 section 5.2): builds a server's, reads a client's. */
import { createHash } from "node:crypto";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** How a frame differs from an unmasked, final one of the shortest form. */
export interface FrameForm {
  final?: boolean;
  /** Bits of the first byte in addition. */
  reserved?: number;
  /** A masking key, which servers must not use. */
  mask?: Buffer;
  /** Bytes of the extended length: 0, 2 or 8. */
  lengthBytes?: number;
  /** The length that is announced. */
  length?: bigint;
}

/** Builds a frame. */
export function frame(opcode: number, payload: Uint8Array | string, form: FrameForm = {}): Buffer {
  const body = Buffer.from(payload);
  const length = form.length ?? BigInt(body.length);
  const extended = form.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const first = (form.final === false ? 0 : 0x80) | (form.reserved ?? 0) | opcode;
  const code = extended === 0 ? Number(length) : extended === 2 ? 126 : 127;
  const head = Buffer.alloc(2 + extended);
  head[0] = first;
  head[1] = (form.mask ? 0x80 : 0) | code;
  if (extended === 2) head.writeUInt16BE(Number(length), 2);
  if (extended === 8) head.writeBigUInt64BE(length, 2);
  const { mask } = form;
  if (!mask) return Buffer.concat([head, body]);
  return Buffer.concat([head, mask, body.map((byte, at) => byte ^ mask[at % 4])]);
}

/** The frame that starts or confirms the closing handshake. */
export function closeFrame(code?: number, reason = ""): Buffer {
  if (code === undefined) return frame(opcodes.close, "");
  return frame(
    opcodes.close,
    Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]),
  );
}

/** A client's frame as it was sent. */
export interface ClientFrame {
  final: boolean;
  opcode: number;
  masked: boolean;
  mask: Buffer;
  /** Without the mask. */
  payload: Buffer;
}

/** Reads the complete frames at the start of `bytes`; returns them and what is left. */
export function readFrames(bytes: Buffer): { frames: ClientFrame[]; rest: Buffer } {
  const frames: ClientFrame[] = [];
  let rest = bytes;
  for (;;) {
    if (rest.length < 2) return { frames, rest };
    const masked = (rest[1] & 0x80) !== 0;
    const code = rest[1] & 0x7f;
    const extended = code === 127 ? 8 : code === 126 ? 2 : 0;
    const start = 2 + extended + (masked ? 4 : 0);
    if (rest.length < start) return { frames, rest };
    const long = extended === 8 ? Number(rest.readBigUInt64BE(2)) : 0;
    const length = extended === 0 ? code : extended === 2 ? rest.readUInt16BE(2) : long;
    if (rest.length < start + length) return { frames, rest };
    const mask = Buffer.from(rest.subarray(start - 4, start));
    const payload = Buffer.from(rest.subarray(start, start + length));
    if (masked) for (let i = 0; i < length; i++) payload[i] ^= mask[i % 4];
    frames.push({ final: rest[0] >= 0x80, opcode: rest[0] & 15, masked, mask, payload });
    rest = rest.subarray(start + length);
  }
}

/** The Sec-WebSocket-Accept for a key (section 4.2.2). */
export const acceptFor = (key: string) =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A server's response to the head of a request. */
export function switching(request: string): string {
  const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(request)?.[1] ?? "";
  const fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const accept = `Sec-WebSocket-Accept: ${acceptFor(key)}`;
  return `HTTP/1.1 101 Switching Protocols\r\n${fields}${accept}\r\n\r\n`;
}
