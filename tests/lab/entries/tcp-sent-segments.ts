/** The record of the segments in flight (net/socket/tcp/send/sent-segments.ts). */
import { TCP_SENT_SEGMENTS } from "../../../core/limits";
import { SentSegments } from "../../../net/socket/tcp/send/sent-segments";

const memoryOf: StaticArray<u8> = new StaticArray<u8>(256);
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
  return TCP_SENT_SEGMENTS;
}
export function begin(start: u32): void {
  segments.begin(start);
}
export function full(): bool {
  return segments.full;
}
export function sent(end: u32, again: bool, now: i64): void {
  segments.sent(end, again, now);
}
export function resend(index: u32, now: i64): void {
  segments.resend(index, now);
}
export function nextLost(index: u32): u32 {
  return segments.nextLost(index);
}
export function acknowledge(acknowledgment: u32, now: i64): i64 {
  segments.beginAck();
  segments.acknowledge(acknowledgment, now);
  return segments.sample;
}
export function sack(from: u32, to: u32, now: i64): u32 {
  segments.beginAck();
  segments.sack(from, to, now);
  return segments.delivered;
}
export function lose(index: u32): void {
  segments.lose(index);
}
export function loseAll(): void {
  segments.loseAll();
}
export function unlose(): void {
  segments.unlose();
}
export function loseOverdue(at: i64, end: u32, window: i64, now: i64): i64 {
  return segments.loseOverdue(at, end, window, now);
}
export function count(): u32 {
  return segments.count;
}
export function endOf(index: u32): u32 {
  return segments.endOf(index);
}
export function sentAt(index: u32): i64 {
  return segments.sentAt(index);
}
/** How many sequence numbers are SACKED, LOST, RESENT, and how many of `flight` in the network. */
export function sacked(): u32 {
  return segments.sacked;
}
export function lost(): u32 {
  return segments.lost;
}
export function resent(): u32 {
  return segments.resent;
}
export function pipe(flight: u32): u32 {
  return segments.pipe(flight);
}
/** What the last ACK reported. */
export function delivered(): u32 {
  return segments.delivered;
}
export function original(): bool {
  return segments.original;
}
export function reordered(): bool {
  return segments.reordered;
}
