/**
 * The 8254 interval timer (Intel 8254 data sheet): channel 0 is the wake-up timer of timer.ts;
 * channel 2 is the ruler against which the time-stamp counter is measured.
 */
import { in8, out8 } from "./host";

/** In hertz. */
export const PIT_FREQUENCY: u64 = 1_193_182;

const CHANNEL_0: u32 = 0x40;
const CHANNEL_2: u32 = 0x42;
const MODE: u32 = 0x43;
/** Port B of the PC: bit 0 gates channel 2, bit 1 enables the speaker, bit 5 reads OUT 2. */
const PORT_B: u32 = 0x61;
const GATE: u32 = 0x01;
const SPEAKER: u32 = 0x02;
const OUT_2: u32 = 0x20;

/** Both bytes, mode 0 (interrupt on terminal count), binary ("Control Word Format"). */
const ONE_SHOT_0: u32 = 0x30;
const ONE_SHOT_2: u32 = 0xb0;
const LATCH_2: u32 = 0x80;

/** Makes channel 0 interrupt once, after `count` ticks (1 to 65535). */
export function startOneShot(count: u32): void {
  out8(MODE, ONE_SHOT_0);
  out8(CHANNEL_0, count & 255);
  out8(CHANNEL_0, count >>> 8);
}

/** Starts channel 2 counting down from 65535, with the speaker off. */
export function startRuler(): void {
  const portB = in8(PORT_B) & ~(GATE | SPEAKER) & 0x0f;
  out8(PORT_B, portB);
  out8(MODE, ONE_SHOT_2);
  out8(CHANNEL_2, 0xff);
  out8(CHANNEL_2, 0xff);
  out8(PORT_B, portB | GATE);
}

/** Latches the count that `readRuler` returns. */
export function latchRuler(): void {
  out8(MODE, LATCH_2);
}

/** Returns the ticks from `startRuler` to the latch. */
export function readRuler(): u32 {
  const low = in8(CHANNEL_2);
  return 0xffff - ((low & 255) | ((in8(CHANNEL_2) & 255) << 8));
}

/** Reports whether the ruler has expired, 55 ms after its start. */
export function rulerEnded(): bool {
  return (in8(PORT_B) & OUT_2) != 0;
}
