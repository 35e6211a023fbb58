/**
 * The 8254 interval timer (Intel 8254 data sheet): channel 0 is the wake-up timer of timer.ts;
 * channel 2 is the ruler against which the time-stamp counter is measured. On machines without port
 * B, which gates channel 2, channel 0 is the ruler until the timer starts.
 */
import { in8, out8 } from "./host";

/** In hertz. */
export const PIT_FREQUENCY: u64 = 1_193_182;

const CHANNEL_0: u32 = 0x40;
const MODE: u32 = 0x43;
/** Port B of the PC: bit 0 gates channel 2, bit 1 enables the speaker, bit 5 reads OUT 2. */
const PORT_B: u32 = 0x61;
const GATE: u32 = 0x01;
const SPEAKER: u32 = 0x02;
const OUT_2: u32 = 0x20;

/** Both bytes, mode 0 (interrupt on terminal count), binary ("Control Word Format"). */
const ONE_SHOT: u32 = 0x30;
/** Bits 7..6 of a control word select the channel; if the others are 0, it latches the count. */
const CHANNEL_SHIFT: u32 = 6;
/** Latches the status of channel 0 ("Read-Back Command"); its bit 7 is the output. */
const STATUS_0: u32 = 0xe2;
const OUT_0: u32 = 0x80;

/** The channel of the ruler: 2 or 0. */
let rulerChannel: u32 = 2;

/** Makes channel 0 interrupt once, after `count` ticks (1 to 65535). */
export function startOneShot(count: u32): void {
  out8(MODE, ONE_SHOT);
  out8(CHANNEL_0, count & 255);
  out8(CHANNEL_0, count >>> 8);
}

/** Starts the ruler counting down from 65535, with the speaker off. */
export function startRuler(): void {
  const portB = in8(PORT_B) & ~(GATE | SPEAKER) & 0x0f;
  out8(PORT_B, portB);
  // A port that does not exist reads as ones.
  rulerChannel = (in8(PORT_B) & SPEAKER) == 0 ? 2 : 0;
  out8(MODE, (rulerChannel << CHANNEL_SHIFT) | ONE_SHOT);
  out8(CHANNEL_0 + rulerChannel, 0xff);
  out8(CHANNEL_0 + rulerChannel, 0xff);
  if (rulerChannel == 2) out8(PORT_B, portB | GATE);
}

/** Latches the count that `readRuler` returns. */
export function latchRuler(): void {
  out8(MODE, rulerChannel << CHANNEL_SHIFT);
}

/** Returns the ticks from `startRuler` to the latch. */
export function readRuler(): u32 {
  const low = in8(CHANNEL_0 + rulerChannel);
  return 0xffff - ((low & 255) | ((in8(CHANNEL_0 + rulerChannel) & 255) << 8));
}

/** Reports whether the ruler has expired, 55 ms after its start. */
export function rulerEnded(): bool {
  if (rulerChannel == 2) return (in8(PORT_B) & OUT_2) != 0;
  out8(MODE, STATUS_0);
  return (in8(CHANNEL_0) & OUT_0) != 0;
}
