/**
 * gzip and deflate: the outcome does not depend on how the input arrives, or how much of the output
 * the sink takes at a time. The input: a byte with the coding (bit 0) and the sizes, then the body.
 */
import { crc32 } from "../../../core/crc32";
import { INFLATE_TURN_WORK, INFLATE_WINDOW_BYTES } from "../../../core/limits";
import { BodySink } from "../../../net/service/http/message/body";
import { ContentCoding, ContentDecoder } from "../../../net/service/http/message/content-decoder";

/** Output after which an input, perhaps a decompression bomb, is abandoned. */
const ENOUGH: u64 = 4 * 1024 * 1024;

class Sink extends BodySink {
  crc: u32 = 0;
  allowed: u32 = 0;

  room(): u32 {
    return this.allowed;
  }
  data(pointer: usize, length: u32): bool {
    assert(length > 0 && length <= this.allowed, "data exceeds room()");
    this.allowed -= length;
    this.crc = crc32(this.crc, pointer, length);
    return true;
  }
}

/** Decodes the body in pieces; returns the outcome, or "" if there is too much output. */
function outcome(gzip: bool, pointer: usize, length: u32, piece: u32, room: u32): string {
  const sink = new Sink();
  const decoder = new ContentDecoder(gzip ? ContentCoding.Gzip : ContentCoding.Deflate, sink);
  let at: u32 = 0;
  while (decoder.error == "" && (at < length || decoder.full)) {
    const before = decoder.produced;
    sink.allowed = room;
    decoder.budget = INFLATE_TURN_WORK;
    at += decoder.decode(pointer + at, min(piece, length - at));
    assert(at <= length, "consumed more than was given");
    const more = decoder.produced - before;
    assert(more <= INFLATE_TURN_WORK + INFLATE_WINDOW_BYTES, "too much in one turn");
    if (decoder.produced > ENOUGH) return "";
  }
  const end = decoder.error != "" ? decoder.error : decoder.ended() ? "ended" : "unfinished";
  return `${end} ${decoder.produced} ${sink.crc}`;
}

export function content(pointer: usize, length: u32): void {
  if (length == 0) return;
  const how: u32 = load<u8>(pointer);
  const gzip: bool = (how & 1) == 0;
  const whole = outcome(gzip, pointer + 1, length - 1, u32.MAX_VALUE, u32.MAX_VALUE);
  const room: u32 = (how & 0x80) != 0 ? 1 + (how & 63) : 4096 + how;
  const parts = outcome(gzip, pointer + 1, length - 1, 1 + ((how >>> 1) & 31), room);
  assert(whole == "" || parts == "" || whole == parts, "the outcome depends on the pieces");
}
