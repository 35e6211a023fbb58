/** The options of segments that are sent: those of a SYN, timestamps, selective acknowledgments. */
import {
  emitSackPermitted,
  emitSackPermittedBeforeTimestamps,
  emitSackPrefix,
  emitSegmentSize,
  emitTimestamps,
  emitWindowScale,
  OPTIONS_MAXIMUM,
  SACK_BLOCK,
  SACK_PREFIX,
  TIMESTAMPS_BYTES,
} from "../../../wire/tcp-options";
import { ControlBlock } from "../control-block";

/** Returns the bytes of options on this connection's SYN. */
export function synOptionBytes(block: ControlBlock): u32 {
  const negotiated = block.negotiated;
  const scaling: u32 = negotiated.scaling ? 4 : 0;
  if (negotiated.timestamps) return 4 + TIMESTAMPS_BYTES + scaling;
  return 4 + (negotiated.selective ? 4 : 0) + scaling;
}

/**
 * Writes the options of a SYN sent at `now`, in the order of Linux: the segment size, and those
 * that this host offers or accepts.
 */
export function emitOptionsOfSyn(block: ControlBlock, pointer: usize, now: i64): void {
  const negotiated = block.negotiated;
  let at = emitSegmentSize(pointer, negotiated.ownSegmentSize);
  if (negotiated.timestamps) {
    const timestamps = at;
    at = emitTimestamps(at, block.timestamps.at(now), block.timestamps.recent);
    if (negotiated.selective) emitSackPermittedBeforeTimestamps(timestamps);
  } else if (negotiated.selective) {
    at = emitSackPermitted(at);
  }
  if (negotiated.scaling) emitWindowScale(at, block.receiver.wantedShift);
}

/**
 * Returns the bytes of options on a segment with `length` bytes of data. Full-sized segments have
 * no room for SACK blocks, which a separate ACK then carries.
 */
export function optionBytes(block: ControlBlock, length: u32): u32 {
  const fixed = block.negotiated.optionBytes;
  const receiver = block.receiver;
  if (!block.negotiated.selective || !receiver.reportDue) return fixed;
  // 3 beside timestamps, otherwise 4 (RFC 2018 section 3).
  const most = (OPTIONS_MAXIMUM - fixed - SACK_PREFIX) / SACK_BLOCK;
  const wanted = receiver.blocks;
  const report = SACK_PREFIX + SACK_BLOCK * (wanted < most ? wanted : most);
  return length + report <= block.sender.segmentSize ? fixed + report : fixed;
}

/** Writes `length` bytes of options, as `optionBytes` returned, of a segment sent at `now`. */
export function emitOptions(block: ControlBlock, pointer: usize, length: u32, now: i64): void {
  let at = pointer;
  if (block.negotiated.timestamps) {
    at = emitTimestamps(pointer, block.timestamps.at(now), block.timestamps.recent);
    if (length == TIMESTAMPS_BYTES) return;
  }
  const blocks = (length - ((at - pointer) as u32) - SACK_PREFIX) / SACK_BLOCK;
  block.receiver.emitBlocks(emitSackPrefix(at, blocks), blocks);
}
