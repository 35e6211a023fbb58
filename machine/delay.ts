/**
 * Short waits for slow registers, which work before there is a clock: reads of port 0x80, each of
 * which takes about a microsecond on a real bus. Emulators, where nothing needs the wait, are
 * faster.
 */
import { in8 } from "./host";

/** The POST code port: no device answers a read of it. */
const UNUSED_PORT: u32 = 0x80;

/** Waits at least about `microseconds` (below 20,000) on real hardware. */
export function delay(microseconds: u32): void {
  // On some chipsets a read takes half a microsecond.
  for (let i: u32 = 0; i < 2 * microseconds; i++) in8(UNUSED_PORT);
}
