/** The record of the segments in flight (net/socket/tcp/send/sent-segments.ts). */
import { SENT_SEGMENTS_BYTES, SentSegments } from "../../../net/socket/tcp/send/sent-segments";

const memoryOf: StaticArray<u8> = new StaticArray<u8>(128);
const segments: SentSegments = SentSegments.at(changetype<usize>(memoryOf));

/** An empty record; `allocated`: with room for more than one segment. */
export function reset(allocated: bool): void {
  segments.release();
  if (allocated) segments.allocate();
}
export function allocate(): void {
  segments.allocate();
}
export function capacity(): u32 {
  return SENT_SEGMENTS_BYTES / 16;
}
export function sent(end: u32, now: i64): void {
  segments.sent(end, now);
}
export function resent(una: u32, from: u32, to: u32, now: i64): void {
  segments.resent(una, from, to, now);
}
export function stopTiming(): void {
  segments.stopTiming();
}
export function acknowledge(acknowledgment: u32, now: i64): i64 {
  return segments.acknowledge(acknowledgment, now);
}
export function count(): u32 {
  return segments.count;
}
export function endOf(index: u32): u32 {
  return segments.record(index).end;
}
export function sentAt(index: u32): i64 {
  return segments.record(index).sentAt;
}
export function transmissions(index: u32): u32 {
  return segments.record(index).transmissions;
}
