/** The options of segments that are sent: those of a SYN, timestamps, selective acknowledgments. */
import {
  emitSackPrefix,
  emitTimestamps,
  OPTIONS_MAXIMUM,
  SACK_BLOCK,
  SACK_PREFIX,
  TIMESTAMPS_BYTES,
} from "../../../wire/tcp-options";
import { ControlBlock } from "../control-block";
import { SynOptions } from "../syn-options";

/**
 * Returns the options of this connection's SYN, sent at `now`: what it offers or accepts. As in
 * Linux, only the first SYN has the option of Fast Open, which may be why it was lost.
 */
export function synOptions(block: ControlBlock, now: i64): SynOptions {
  const negotiated = block.negotiated;
  const options = block.schedule.synOptions;
  options.set(negotiated.ownSegmentSize, negotiated.selective);
  if (negotiated.timestamps) options.stamp(block.timestamps.at(now), block.timestamps.recent);
  if (negotiated.scaling) options.scale(block.receiver.wantedShift);
  const fastOpen = block.fastOpen;
  if (fastOpen.offered && block.sender.maximum == block.sender.initial) {
    options.open(fastOpen.cookie, fastOpen.cookieBytes, fastOpen.experimental);
  }
  return options;
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
