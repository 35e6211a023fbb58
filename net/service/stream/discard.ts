/**
 * Discards input that has arrived and will not be read: TCP resets a connection that is closed with
 * unread input.
 */
import { Stream } from "./stream";

/** Discards up to `most` bytes of a stream's input. Returns how many. */
export function discard(stream: Stream, most: u32 = u32.MAX_VALUE): u32 {
  let count: u32 = 0;
  for (let here = stream.peekLength(); here > 0 && count < most; here = stream.peekLength()) {
    const part = min(here, most - count);
    stream.consume(part);
    count += part;
  }
  return count;
}
