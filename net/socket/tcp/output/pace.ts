/** Applies pacing (send/pacing.ts) to the turn of a connection. */
import { NEVER } from "../../../../core/time";
import { ControlBlock } from "../control-block";
import { ANY_RATE, pacingRate } from "../send/pacing";

/** Begins a turn: notes how much may be sent in it. Does nothing while the pacing timer runs. */
export function paceTurn(block: ControlBlock, now: i64): void {
  if (block.paceAt != NEVER) return;
  const pacing = block.pacing;
  const rate = pacing.applies(block.roundTrip.smoothed, block.statistics.dataSegmentsOut)
    ? rateOf(block)
    : 0;
  if (rate == 0) pacing.pass();
  else pacing.fill(rate, block.sender.segmentSize, now);
}

/** Makes the connection wait until pacing allows the next burst. */
export function waitForPace(block: ControlBlock): void {
  if (block.paceAt == NEVER) block.setPace(block.pacing.readyAt());
}

/**
 * Returns the rate in bytes per second at which a connection may send, as
 * tcp_update_pacing_rate of Linux computes it, at most SO_MAX_PACING_RATE; 0 for any rate.
 */
export function rateOf(block: ControlBlock): u64 {
  const settings = block.schedule.settings;
  const window = block.recovery.window;
  const slow = window < block.congestion.threshold() >>> 1;
  const ratio = slow ? settings.pacingSlowStart : settings.pacingAvoidance;
  const used = max(window, block.sender.flight);
  const rate = ratio > 0 ? pacingRate(used, ratio, block.roundTrip.smoothed) : 0;
  const most = block.pacing.most;
  return most != ANY_RATE && (rate == 0 || rate > most) ? most : rate;
}
