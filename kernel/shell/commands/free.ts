/**
 * `free`: memory in KiB, after a garbage collection. The last line is always
 * `heap: USED bytes used, FREE bytes free`, for programs that look for leaks.
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
import { Shell } from "../shell";

const USABLE: u64 = 1;
const PAGE: u64 = 65_536;
const WIDTH: i32 = 12;
/** A serial line that takes nothing for so long is not waited for. */
const FLUSH_WAIT: i64 = 2 * SECOND;
const FLUSH_STEP: i64 = MILLISECOND;

class FreeJob extends Job {
  private collected: bool = false;
  private at: i64;
  private readonly deadline: i64;

  constructor(
    private readonly pool: FramePool,
    private readonly shell: Shell,
  ) {
    super();
    this.at = shell.now;
    this.deadline = shell.now + FLUSH_WAIT;
  }
  /**
   * Text that waits for the serial line counts as used, so it goes first. The collector runs
   * between two turns: the poll after that finds the garbage gone.
   */
  poll(now: i64): i32 {
    this.at = now + FLUSH_STEP;
    if (!this.shell.terminal.empty() && now < this.deadline) return RUNNING;
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
    this.shell.printLine("".padEnd(8) + cell("total") + cell("used") + cell("free"));
    this.row("Mem:", machine, taken, machine > taken ? machine - taken : 0);
    this.row("Kernel:", limit, limit - free, free);
    const inUse = pool.count - pool.available;
    this.shell.printLine(`frames: ${inUse} of ${pool.count} in use`);
    const held = tlsHeap(TlsHeap.Used);
    const resident = tlsHeap(TlsHeap.Resident);
    this.shell.printLine(`tls: ${held} bytes held by connections, ${resident} by the library`);
    this.shell.printLine(`heap: ${used} bytes used, ${free} bytes free`);
  }

  private row(name: string, total: u64, used: u64, free: u64): void {
    const columns = kib(total) + kib(used) + kib(free);
    this.shell.printLine(name.padEnd(8) + columns);
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
    super("free", "", "shows the memory in use, in KiB", ["free"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, ["k|kibi"]);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    return new FreeJob(this.pool, shell);
  }
}
