/**
 * tcpdump [-c COUNT] [-i DEVICE] [FILTER] | -D
 *
 * Prints a line for each frame that an interface sends or receives, in the format of tcpdump(8)
 * with -n: addresses are never resolved. It listens on all devices unless -i names one; with `-i
 * any`, or if there are several, a line begins with the device and the direction: In, Out, B
 * (broadcast) or M (multicast). Frames on lo are shown once. FILTER is
 * an expression in the subset of pcap-filter(7) that net/filter/ compiles.
 *
 * The packet path copies the start of each matching frame to a ring, from which the job prints. If
 * the ring is full, the frame is counted as dropped, as with a packet socket.
 *
 * -D lists the devices. -l, -n, -p and -v are accepted and change nothing.
 *
 * Only one command runs on the console at a time, so tcpdump shows the packets of daemons and of
 * other hosts, not those of a command typed after it. What that sends can be seen at its peer.
 *
 * Unlike tcpdump(8), it reads and writes no files and has no -e, -x and -A; TCP's sequence numbers
 * are absolute, as with -S. Times are in UTC.
 *
 * Exit codes: 0 success, also after Ctrl-C; 1 no such device; 2 wrong usage or filter (1 in
 * tcpdump(8)).
 */
import { CAPTURE_BYTES, CAPTURE_FRAMES } from "../../../core/limits";
import { now, wallClock } from "../../../machine/clock";
import { PacketExpression } from "../../../net/filter/expression";
import { formatFrame } from "../../../net/filter/text";
import { Interface } from "../../../net/iface/interface";
import { PacketTap } from "../../../net/iface/link/link";
import { NetworkStack } from "../../../net/service/stack";
import { ANY_DEVICE } from "../../../net/socket/path";
import { Command, EXIT_OK, EXIT_USAGE, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatTimeOfDay } from "../time-text";

const OPTIONS: StaticArray<string> = ["c:", "i:", "n", "l", "p", "v", "D|list-interfaces"];
const DETAILS: StaticArray<string> = [
  "  Shows what daemons and other hosts send and what they are sent: as long as",
  "  tcpdump runs, no other command can be typed. Ctrl-C ends it.",
];
/** Bytes before each copy: time (8), length and OUTGOING (4), interface (4). */
const RECORD_HEADER: u32 = 16;
const OUTGOING: u32 = 0x8000_0000;
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
    /** The interface to listen on, or null for all. */
    private readonly only: Interface | null,
    /** Whether to print the device and the direction of each frame. */
    private readonly named: bool,
    /** Frames to print, or 0 for no limit. */
    private readonly count: u64,
  ) {
    super();
    stack.ip.tap = this;
  }

  /** Copies the frame if it matches. Called on the packet path, so it must not allocate. */
  frame(now: i64, index: u32, outgoing: bool, pointer: usize, length: u32): void {
    const only = this.only;
    if (only != null && index != only.index) return;
    if (outgoing && index == ANY_DEVICE) return;
    if (!this.filter.matches(pointer, length)) return;
    if (this.captured - this.printed == CAPTURE_FRAMES) {
      this.dropped++;
      return;
    }
    const record = this.record(this.captured++);
    store<i64>(record, now);
    store<u32>(record, outgoing ? length | OUTGOING : length, 8);
    store<u32>(record, index, 12);
    memory.copy(record + RECORD_HEADER, pointer, min<u32>(length, CAPTURE_BYTES));
  }

  /** Prints lines while the console has room; the other frames wait in the ring. */
  poll(_now: i64): i32 {
    while (this.printed < this.captured && this.session.room() > 256) {
      if (this.count > 0 && this.printed == this.count) break;
      const record = this.record(this.printed++);
      const time = formatTimeOfDay(load<i64>(record) + this.offset);
      const length = load<u32>(record, 8) & ~OUTGOING;
      const kept = min<u32>(length, CAPTURE_BYTES);
      const origin = this.named ? this.originOf(record) : "";
      const text = formatFrame(record + RECORD_HEADER, kept, length);
      this.session.printLine(`${time} ${origin}${text}`);
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

  /** Returns the device and the direction of a frame, in the columns of tcpdump(8). */
  private originOf(record: usize): string {
    const index = load<u32>(record, 12);
    const ip = this.stack.ip;
    const name = index == ANY_DEVICE ? ip.loopback.name : ip.interfaces[index].name;
    let direction = "In ";
    if (load<u32>(record, 8) >= OUTGOING) direction = "Out";
    else if ((load<u8>(record, RECORD_HEADER) & 1) != 0) {
      direction = load<u8>(record, RECORD_HEADER) == 0xff ? "B  " : "M  ";
    }
    return `${name.padEnd(5)} ${direction} `;
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

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const count = options.number("c", 0, 1, i32.MAX_VALUE as i64);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.has("D")) return this.listDevices(session);
    const ip = this.stack.ip;
    const name = options.value("i", "any");
    let only = ip.interfaceNamed(name);
    if (name == ip.loopback.name) only = ip.loopback;
    if (only == null && name != "any") {
      return this.failed(session, `${printable(name)}: No such device exists`);
    }
    const named = only == null && (ip.interfaces.length > 1 || options.has("i"));
    const filter = new PacketExpression(options.operands);
    if (filter.error != "")
      return this.failed(session, `syntax error in filter expression: ${filter.error}`, EXIT_USAGE);
    session.printLine("listening on " + name + ", link-type EN10MB (Ethernet)");
    return new TcpdumpJob(session, this.stack, filter, only, named, count as u64);
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
    session.printLine(`${interfaces.length + 2}.lo [Up, Running, Loopback]`);
    return this.done();
  }
}
