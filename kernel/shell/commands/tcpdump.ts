/**
 * `tcpdump`: every frame of every interface as a line of text. Frames are copied, as far as the
 * lines need them, into a ring that is filled on the packet path and printed by the job.
 */
import { CAPTURE_BYTES, CAPTURE_FRAMES } from "../../../core/limits";
import { now, wallClock } from "../../../machine/clock";
import { PacketTap } from "../../../net/iface/interface";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_OK, EXIT_USAGE, Job, RUNNING } from "../command";
import { Options } from "../options";
import { PacketFilter } from "../packet-filter";
import { formatFrame, formatTimeOfDay } from "../packet-text";
import { Shell } from "../shell";

const OPTIONS: StaticArray<string> = ["c:", "i:", "n"];
/** In front of each copy: the time (8 bytes), the length, the interface and the direction. */
const RECORD_HEADER: u32 = 16;
const RECORD: u32 = RECORD_HEADER + CAPTURE_BYTES;

class TcpdumpJob extends Job implements PacketTap {
  private readonly ring: StaticArray<u8> = new StaticArray<u8>(CAPTURE_FRAMES * RECORD);
  private captured: u64 = 0;
  private printed: u64 = 0;
  private dropped: u64 = 0;
  /** What turns time since boot into the time of day. */
  private readonly offset: i64 = max<i64>(wallClock(), 0) - max<i64>(now(), 0);

  constructor(
    private readonly shell: Shell,
    private readonly stack: NetworkStack,
    private readonly filter: PacketFilter,
    /** Interface to listen on, or -1 for all. */
    private readonly only: i32,
    /** Frames to print, or 0 for no end. */
    private readonly count: u64,
  ) {
    super();
    stack.ip.tap = this;
  }

  frame(now: i64, index: u32, _outgoing: bool, pointer: usize, length: u32): void {
    if (this.only >= 0 && index != (this.only as u32)) return;
    if (!this.filter.matches(pointer, length)) return;
    if (this.captured - this.printed == CAPTURE_FRAMES) {
      this.dropped++;
      return;
    }
    const record = this.record(this.captured++);
    store<i64>(record, now);
    store<u32>(record, length, 8);
    store<u32>(record, index, 12);
    memory.copy(record + RECORD_HEADER, pointer, min<u32>(length, CAPTURE_BYTES));
  }

  poll(_now: i64): i32 {
    while (this.printed < this.captured && this.shell.room() > 256) {
      if (this.count > 0 && this.printed == this.count) break;
      const record = this.record(this.printed++);
      const time = formatTimeOfDay(load<i64>(record) + this.offset);
      const length = load<u32>(record, 8);
      const kept = min<u32>(length, CAPTURE_BYTES);
      this.shell.printLine(`${time} ${formatFrame(record + RECORD_HEADER, kept, length)}`);
    }
    if (this.count == 0 || this.printed < this.count) return RUNNING;
    this.conclude();
    return EXIT_OK;
  }

  cancel(): i32 {
    this.conclude();
    return EXIT_OK;
  }

  private record(number: u64): usize {
    return changetype<usize>(this.ring) + ((number % CAPTURE_FRAMES) as usize) * RECORD;
  }

  private conclude(): void {
    this.stack.ip.tap = null;
    this.shell.terminal.freshLine();
    this.shell.printLine(`${this.printed} packets captured`);
    this.shell.printLine(`${this.dropped} packets dropped by kernel`);
  }
}

export class Tcpdump extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "tcpdump",
      "[-c COUNT] [-i DEVICE] [FILTER]",
      "prints the frames that come in and go out",
      ["tcpdump -c 10 arp or icmp", "tcpdump tcp port 80 and host 10.0.2.2"],
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    const count = options.number("c", 0, 1, i32.MAX_VALUE as i64);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    let only: i32 = -1;
    const name = options.value("i", "any");
    if (name != "any") {
      const iface = this.stack.ip.interfaceNamed(name);
      if (iface == null) return shell.wrongUsage(this, `there is no device ${name}`);
      only = iface.index as i32;
    }
    const filter = new PacketFilter(options.operands);
    if (filter.error != "") return shell.failed(this, `filter ${filter.error}`, EXIT_USAGE);
    shell.printLine("listening on " + name + ", link-type EN10MB (Ethernet)");
    return new TcpdumpJob(shell, this.stack, filter, only, count as u64);
  }
}
