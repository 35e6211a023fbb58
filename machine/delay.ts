/**
 * Short waits for slow registers, before (and without) a clock: reads of port 0x80, each of
 * which takes about a microsecond on a real bus. Emulators, where nothing needs the wait,
 * answer sooner.
 */
import { in8 } from "./host";

/** The POST code port: no device answers a read of it. */
const UNUSED_PORT: u32 = 0x80;

/** At least about so many microseconds on real hardware; keep it under 20,000. */
export function delay(microseconds: u32): void {
  // Some chipsets answer in half a microsecond.
  for (let i: u32 = 0; i < 2 * microseconds; i++) in8(UNUSED_PORT);
}
