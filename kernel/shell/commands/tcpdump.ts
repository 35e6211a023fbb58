/**
 * tcpdump [-c COUNT] [-i DEVICE] [FILTER] | -D
 *
 * Prints a line for each frame that an interface sends or receives, in the format of tcpdump(8)
 * with -n: addresses are never resolved. It listens on all devices unless -i names one. FILTER is
 * an expression in the subset of pcap-filter(7) that net/filter/ compiles.
 *
 * The packet path copies the start of each matching frame to a ring, from which the job prints. If
 * the ring is full, the frame is counted as dropped, as with a packet socket.
 *
 * -D lists the devices. -l, -n, -p and -v are accepted and change nothing.
 *
 * Unlike tcpdump(8), it reads and writes no files and has no -e, -x and -A. Times are in UTC.
 *
 * Exit codes: 0 success, also after Ctrl-C; 1 no such device; 2 wrong usage or filter (1 in
 * tcpdump(8)).
 */
import { CAPTURE_BYTES, CAPTURE_FRAMES } from "../../../core/limits";
import { now, wallClock } from "../../../machine/clock";
import { PacketExpression } from "../../../net/filter/expression";
import { formatFrame } from "../../../net/filter/text";
import { PacketTap } from "../../../net/iface/link/link";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_OK, EXIT_USAGE, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatTimeOfDay } from "../time-text";

const OPTIONS: StaticArray<string> = ["c:", "i:", "n", "l", "p", "v", "D|list-interfaces"];
/** Bytes before each copy: time (8), length (4), interface (4). */
const RECORD_HEADER: u32 = 16;
const RECORD: u32 = RECORD_HEADER + CAPTURE_BYTES;

class TcpdumpJob extends Job implements PacketTap {
  private readonly ring: StaticArray<u8> = new StaticArray<u8>(CAPTURE_FRAMES * RECORD);
  /** The number of frames copied to the ring so far, and of those printed. Neither wraps. */
  private captured: u64 = 0;
  private printed: u64 = 0;
  /** Frames dropped because the ring was full. */
  private dropped: u64 = 0;
  /** Microseconds to add to the time since boot to get the time of day. */
  private readonly offset: i64 = max<i64>(wallClock(), 0) - max<i64>(now(), 0);

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly filter: PacketExpression,
    /** Index of the interface to listen on, or -1 for all. */
    private readonly only: i32,
    /** Frames to print, or 0 for no limit. */
    private readonly count: u64,
  ) {
    super();
    stack.ip.tap = this;
  }

  /** Copies the frame if it matches. Called on the packet path, so it must not allocate. */
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

  /** Prints lines while the console has room; the other frames wait in the ring. */
  poll(_now: i64): i32 {
    while (this.printed < this.captured && this.session.room() > 256) {
      if (this.count > 0 && this.printed == this.count) break;
      const record = this.record(this.printed++);
      const time = formatTimeOfDay(load<i64>(record) + this.offset);
      const length = load<u32>(record, 8);
      const kept = min<u32>(length, CAPTURE_BYTES);
      this.session.printLine(`${time} ${formatFrame(record + RECORD_HEADER, kept, length)}`);
    }
    if (this.count == 0 || this.printed < this.count) return RUNNING;
    this.conclude();
    return EXIT_OK;
  }

  cancel(): i32 {
    this.conclude();
    return EXIT_OK;
  }

  /** Returns the address of the record of frame `number`, counted from the start. */
  private record(number: u64): usize {
    return changetype<usize>(this.ring) + ((number % CAPTURE_FRAMES) as usize) * RECORD;
  }

  private conclude(): void {
    this.stack.ip.tap = null;
    this.session.terminal.freshLine();
    this.session.printLine(`${this.printed} packets captured`);
    this.session.printLine(`${this.dropped} packets dropped by kernel`);
  }
}

export class Tcpdump extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "tcpdump",
      "[-c COUNT] [-i DEVICE] [FILTER] | -D",
      "prints the frames sent and received",
      ["tcpdump -c 10 arp or icmp", "tcpdump tcp port 80 and host 10.0.2.2"],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const count = options.number("c", 0, 1, i32.MAX_VALUE as i64);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.has("D")) return this.listDevices(session);
    let only: i32 = -1;
    const name = options.value("i", "any");
    if (name != "any") {
      const iface = this.stack.ip.interfaceNamed(name);
      if (iface == null) return this.failed(session, `${printable(name)}: No such device exists`);
      only = iface.index as i32;
    }
    const filter = new PacketExpression(options.operands);
    if (filter.error != "")
      return this.failed(session, `syntax error in filter expression: ${filter.error}`, EXIT_USAGE);
    session.printLine("listening on " + name + ", link-type EN10MB (Ethernet)");
    return new TcpdumpJob(session, this.stack, filter, only, count as u64);
  }

  private listDevices(session: Session): Job {
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      const state = interfaces[i].linkUp ? " [Up, Running]" : "";
      session.printLine(`${i + 1}.${interfaces[i].name}${state}`);
    }
    session.printLine(
      `${interfaces.length + 1}.any (Pseudo-device that captures on all interfaces)`,
    );
    return this.done();
  }
}
