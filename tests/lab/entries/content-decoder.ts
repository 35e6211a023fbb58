/** Content codings, decoded in pieces into a sink of limited room. */
import { INFLATE_TURN_WORK } from "../../../core/limits";
import { CollectingSink } from "../../../net/service/http/message/body";
import { ContentCoding, ContentDecoder } from "../../../net/service/http/message/content-decoder";

export { allocateBytes } from "./text";

/** Accepts at most `allowed` bytes until it is refilled. */
class NarrowSink extends CollectingSink {
  allowed: u32 = 0;
  constructor() {
    super(1 << 26);
  }
  room(): u32 {
    return this.allowed;
  }
  data(pointer: usize, length: u32): bool {
    assert(length <= this.allowed, "data exceeds room()");
    this.allowed -= length;
    return super.data(pointer, length);
  }
}

let sink = new NarrowSink();
let decoder = new ContentDecoder(ContentCoding.Gzip, sink);
/** How often `decode` was called, and the most bytes that one call passed on. */
let calls: u32 = 0;
let most: u64 = 0;

/**
 * Decodes a body whose input arrives in pieces of `piece` bytes while the sink takes `room` bytes
 * at a time. Returns the error; "unfinished" if the data ends early; or "".
 */
export function decode(gzip: bool, pointer: usize, length: u32, piece: u32, room: u32): string {
  sink = new NarrowSink();
  decoder = new ContentDecoder(gzip ? ContentCoding.Gzip : ContentCoding.Deflate, sink);
  most = 0;
  calls = 0;
  let at: u32 = 0;
  while (decoder.error == "" && (at < length || decoder.full)) {
    const before = decoder.produced;
    sink.allowed = room;
    decoder.budget = INFLATE_TURN_WORK;
    const given = min(piece, length - at);
    const taken = decoder.decode(pointer + at, given);
    assert(taken <= given, "consumed more than was given");
    at += taken;
    most = max(most, decoder.produced - before);
    calls++;
  }
  if (decoder.error != "") return decoder.error;
  return decoder.ended() ? "" : "unfinished";
}
export function outputPointer(): usize {
  return sink.pointer();
}
export function outputLength(): u32 {
  return sink.length;
}
export function mostPerCall(): u32 {
  return most as u32;
}
export function callCount(): u32 {
  return calls;
}
