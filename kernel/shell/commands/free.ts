/**
 * free
 *
 * Prints memory in KiB after a garbage collection, with the first lines of procps' free(1): `Mem`
 * is the machine's RAM, `Kernel` what linear memory can grow to. The last line is always
 * `heap: USED bytes used, FREE bytes free`, for programs that look for leaks.
 *
 * Exit codes: 0; 2 wrong usage.
 */
import { MILLISECOND, SECOND } from "../../../core/time";
import { TlsHeap } from "../../../core/tls-codes";
import {
  collectGarbage,
  memoryLimit,
  memoryRegion,
  memoryRegionCount,
  tlsHeap,
} from "../../../machine/host";
import { freeMemory, usedMemory } from "../../../machine/memory";
import { FramePool } from "../../../net/phy/pool";
import { Command, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";

const USABLE: u64 = 1;
const PAGE: u64 = 65_536;
const WIDTH: i32 = 12;
/** Microseconds to wait for the serial line to take the output. */
const FLUSH_WAIT: i64 = 2 * SECOND;
const FLUSH_STEP: i64 = MILLISECOND;

class FreeJob extends Job {
  private collected: bool = false;
  private at: i64;
  private readonly deadline: i64;

  constructor(
    private readonly pool: FramePool,
    private readonly session: Session,
  ) {
    super();
    this.at = session.now;
    this.deadline = session.now + FLUSH_WAIT;
  }
  /**
   * Waits for the serial line first, since queued text counts as used. The collector runs between
   * two turns, so the poll after the request finds the garbage gone.
   */
  poll(now: i64): i32 {
    this.at = now + FLUSH_STEP;
    if (!this.session.terminal.empty() && now < this.deadline) return RUNNING;
    if (!this.collected) {
      collectGarbage();
      this.collected = true;
      this.at = now;
      return RUNNING;
    }
    this.print();
    return EXIT_OK;
  }
  pollAt(): i64 {
    return this.at;
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
    const columns = kib(total) + kib(used) + kib(free);
    this.session.printLine(name.padEnd(8) + columns);
  }
}

function cell(text: string): string {
  return text.padStart(WIDTH);
}

function kib(bytes: u64): string {
  return cell((bytes / 1024).toString());
}

function usableMemory(): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < memoryRegionCount(); i++) {
    if (memoryRegion(i, 2) == USABLE) sum += memoryRegion(i, 1);
  }
  return sum;
}

export class Free extends Command {
  constructor(private readonly pool: FramePool) {
    super("free", "", "prints the memory in use, in KiB", ["free"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, ["k|kibi"]);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    return new FreeJob(this.pool, session);
  }
}
