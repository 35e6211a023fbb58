/** The options of segments that are sent: those of a SYN, and selective acknowledgments. */
import {
  emitSackPermitted,
  emitSackPrefix,
  emitSegmentSize,
  emitWindowScale,
  SACK_BLOCK,
  SACK_BLOCKS,
  SACK_PREFIX,
} from "../../../wire/tcp-options";
import { ControlBlock } from "../control-block";

/** Returns the bytes of options on this connection's SYN. */
export function synOptionBytes(block: ControlBlock): u32 {
  const negotiated = block.negotiated;
  return 4 + (negotiated.scaling ? 4 : 0) + (negotiated.selective ? 4 : 0);
}

/** Writes the options of a SYN: the segment size, and those that this host offers or accepts. */
export function emitOptionsOfSyn(block: ControlBlock, pointer: usize): void {
  const negotiated = block.negotiated;
  let at = emitSegmentSize(pointer, negotiated.ownSegmentSize);
  if (negotiated.scaling) at = emitWindowScale(at, block.receiver.wantedShift);
  if (negotiated.selective) emitSackPermitted(at);
}

/**
 * Returns the bytes of options on a segment with `length` bytes of data. Full-sized segments have
 * no room for SACK blocks, which a separate ACK then carries.
 */
export function optionBytes(block: ControlBlock, length: u32): u32 {
  const fixed = block.negotiated.optionBytes;
  const receiver = block.receiver;
  if (!block.negotiated.selective || !receiver.reportDue) return fixed;
  const most = SACK_BLOCKS - (fixed + SACK_BLOCK - 1) / SACK_BLOCK;
  const wanted = receiver.blocks;
  const report = SACK_PREFIX + SACK_BLOCK * (wanted < most ? wanted : most);
  return length + report <= block.sender.segmentSize ? fixed + report : fixed;
}

/** Writes `length` bytes of options, as `optionBytes` returned. */
export function emitOptions(block: ControlBlock, pointer: usize, length: u32): void {
  const negotiated = block.negotiated;
  const fixed = negotiated.optionBytes;
  if (fixed > 0) memory.copy(pointer, negotiated.options, fixed as usize);
  if (length == fixed) return;
  const blocks = (length - fixed - SACK_PREFIX) / SACK_BLOCK;
  block.receiver.emitBlocks(emitSackPrefix(pointer + fixed, blocks), blocks);
}
