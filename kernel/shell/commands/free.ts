/**
 * free [-b | -k | -m | -h]
 *
 * Collects garbage and prints the memory in use, in the columns of free(1) of procps: in KiB (-k,
 * the default), bytes (-b), MiB (-m), or the unit that suits each figure (-h). `Mem` is the
 * machine's RAM; `Kernel` is what linear memory can grow to in the largest free block below 4 GiB.
 *
 * Unlike free(1) of procps, it prints no swap and no cache. It also prints the frame pool, the
 * memory that TLS connections hold, and a last line that is always `heap: USED bytes used, FREE
 * bytes free`, for programs that look for leaks.
 *
 * Exit codes: 0 success; 2 wrong usage.
 */
import { TlsHeap } from "../../../core/tls-codes";
import { collectGarbage, memoryLimit, tlsHeap } from "../../../machine/host";
import { freeMemory, usableMemory, usedMemory } from "../../../machine/memory";
import { FramePool } from "../../../net/phy/pool";
import { Command, EXIT_OK, Job, RUNNING } from "../command";
import { FlushedJob } from "../flushed-job";
import { Options } from "../options";
import { Session } from "../session";

/** Bytes in a page of WebAssembly, in which linear memory grows. */
const PAGE: u64 = 65_536;
/** Characters in a column. */
const WIDTH: i32 = 12;
const OPTIONS: StaticArray<string> = ["b|bytes", "k|kibi", "m|mebi", "h|human"];

class FreeJob extends FlushedJob {
  private collected: bool = false;

  constructor(
    private readonly pool: FramePool,
    session: Session,
    /** Bytes in a unit, or 0 to choose one for each figure. */
    private readonly unit: u64,
  ) {
    super(session);
  }
  /**
   * Called after the wait for the serial line, since queued text counts as used. The collector runs
   * between two turns, so the figures are printed in the turn after the one that requests it.
   */
  protected proceed(): i32 {
    if (!this.collected) {
      collectGarbage();
      this.collected = true;
      return RUNNING;
    }
    this.print();
    return EXIT_OK;
  }

  private print(): void {
    const pool = this.pool;
    const used = usedMemory();
    const free = freeMemory();
    const limit = memoryLimit();
    const machine = usableMemory();
    const taken = (memory.size() as u64) * PAGE;
    this.session.printLine("".padEnd(8) + cell("total") + cell("used") + cell("free"));
    this.row("Mem:", machine, taken, machine > taken ? machine - taken : 0);
    this.row("Kernel:", limit, limit - free, free);
    const inUse = pool.count - pool.available;
    this.session.printLine(`frames: ${inUse} of ${pool.count} in use`);
    const held = tlsHeap(TlsHeap.Used);
    const resident = tlsHeap(TlsHeap.Resident);
    this.session.printLine(`tls: ${held} bytes held by connections, ${resident} by the library`);
    this.session.printLine(`heap: ${used} bytes used, ${free} bytes free`);
  }

  private row(name: string, total: u64, used: u64, free: u64): void {
    const columns = this.figure(total) + this.figure(used) + this.figure(free);
    this.session.printLine(name.padEnd(8) + columns);
  }

  private figure(bytes: u64): string {
    return cell(this.unit == 0 ? humanSize(bytes) : (bytes / this.unit).toString());
  }
}

function cell(text: string): string {
  return text.padStart(WIDTH);
}

/** `63Mi`, `5.2Mi`: the largest unit that fits, with a decimal below ten, as procps prints it. */
function humanSize(bytes: u64): string {
  const units = "BKMG";
  let unit = 0;
  let tenths = bytes * 10;
  while (tenths >= 10_240 && unit < units.length - 1) {
    tenths /= 1024;
    unit++;
  }
  const decimal = unit > 0 && tenths < 100 ? `.${tenths % 10}` : "";
  return `${tenths / 10}${decimal}${units.charAt(unit)}${unit > 0 ? "i" : ""}`;
}

export class Free extends Command {
  constructor(private readonly pool: FramePool) {
    super("free", "[-b | -k | -m | -h]", "prints the memory in use, by default in KiB", [
      "free",
      "free -h",
    ]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    let unit: u64 = 1024;
    if (options.has("b")) unit = 1;
    if (options.has("m")) unit = 1024 * 1024;
    if (options.has("h")) unit = 0;
    return new FreeJob(this.pool, session, unit);
  }
}
