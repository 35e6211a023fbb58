/**
 * Short delays for slow registers, usable before the clock works. Each read of port 0x80 takes
 * about a microsecond on a real bus. On emulators it is faster, but no device there needs a delay.
 */
import { in8 } from "./host";

/** The POST code port: no device answers a read of it. */
const UNUSED_PORT: u32 = 0x80;

/** Waits at least about `microseconds` on real hardware. */
export function delay(microseconds: u32): void {
  // On some chipsets a read takes half a microsecond.
  for (let i: u32 = 0; i < 2 * microseconds; i++) in8(UNUSED_PORT);
}
