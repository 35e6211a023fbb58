/**
 * The receive buffer of an RTL8139 without C+ mode (DS: receive buffer). The chip writes frames one
 * after the other, each behind four bytes of status and length and on a multiple of four bytes; a
 * frame at the end of the buffer goes on behind it. The driver copies them.
 *
 *     status 16 bits │ length with FCS 16 bits │ frame │ FCS │ up to 3 bytes
 */
import { REALTEK_BUFFER } from "../../core/limits";
import { allocateDma, physical } from "../../machine/dma";
import { dmaArrived, dmaLoad64 } from "../../machine/host";
import { DeviceCounters } from "../../net/phy/counters";
import { LARGEST_FRAME } from "../../net/phy/device";
import { FramePool } from "../../net/phy/pool";
import { Frame } from "../../net/wire/frame";
import { deliver } from "../deliver";
import { FCS, HEADER_OK } from "./registers";

const HEADER: u32 = 4;
const SHORTEST: u32 = 8;
/** What the chip may write behind the end: a frame that begins there, and 16 bytes more. */
const BEHIND: u32 = 2048;
/** What CAPR is less than the offset that it stands for (DS: CAPR). */
const CAPR_BIAS: u32 = 16;

export class ReceiveBuffer {
  /** Whether a header was impossible, so that nobody knows where the next one is. */
  broken: bool = false;
  private readonly buffer: usize = allocateDma(REALTEK_BUFFER + BEHIND, HEADER);
  /** The offset of the next header. */
  private offset: u32 = 0;

  constructor(
    private readonly pool: FramePool,
    private readonly counters: DeviceCounters,
  ) {}

  /** Empties the buffer of a stopped chip. Returns its physical address. */
  reset(): u64 {
    this.broken = false;
    this.offset = 0;
    return physical(this.buffer);
  }

  /** What CAPR has to be so that the chip can use what has been read. */
  get readUpTo(): u32 {
    return (this.offset - CAPR_BIAS) & 0xffff;
  }

  /** Copies the next frame, which the chip has written. Returns null if it is dropped. */
  take(): Frame | null {
    const at = this.buffer + (this.offset as usize);
    const header = dmaLoad64(at) as u32;
    const whole = header >>> 16;
    if (whole < SHORTEST || whole > LARGEST_FRAME + FCS || (header & HEADER_OK) == 0) {
      this.broken = true;
      this.counters.frameErrors++;
      return null;
    }
    this.offset = (this.offset + HEADER + whole + 3) & ~3 & (REALTEK_BUFFER - 1);
    const frame = this.pool.allocate();
    if (frame == null) {
      this.counters.noFrame++;
      return null;
    }
    const length = whole - FCS;
    dmaArrived(at + HEADER, length);
    memory.copy(frame.storage, at + HEADER, length);
    return deliver(frame, length, this.counters);
  }
}
