/** Plays a script against a kernel, and reports how the kernel differs from it. */
import { ipv4 } from "../../tests/lab/packets/build.ts";
import { TCP } from "../../tests/lab/packets/bytes.ts";
import { tcpSegment } from "../../tests/lab/packets/tcp.ts";
import { checkCode, fields, type Variables } from "./assertion.ts";
import type { Outcome } from "./descriptor.ts";
import { ecnBits, Flow, flagsValue, isOpening, isSyn } from "./flow.ts";
import { Host, LOCAL, REMOTE, type Seen } from "./host.ts";
import { compare, timing } from "./outcome.ts";
import {
  encodeOptions,
  type IcmpPattern,
  optionsText,
  type PacketPattern,
  packetText,
  type SegmentPattern,
  type TcpOption,
  withoutLayout,
} from "./packet-pattern.ts";
import { pacesBy, parametersIn, parametersOf, shellScripts } from "./parameters.ts";
import { ScriptError } from "./scanner.ts";
import type { Script, ScriptEvent, SystemCall } from "./script.ts";
import { SystemCalls } from "./system-calls.ts";

const SECOND = 1e9;
/** The options of scripts that have an effect. */
const OPTIONS = [
  ...["tolerance_usecs", "tcp_ts_tick_usecs", "tcp_ts_ecr_scaled"],
  ...["local_ip", "remote_ip", "mss"],
];
/** Seconds by which an event may differ from its time, unless the script or the user sets it. */
const TOLERANCE = 0.004;
/** Seconds to wait for a packet whose time is `*`. */
const PATIENCE = 600;
/** Remote ports of the connections that the remote host opens, from this one on. */
const FIRST_PORT = 40_000;
/** The remote port to which the kernel connects, and from which datagrams arrive. */
const CONNECT_PORT = 8080;
/** The largest payload of a frame. */
const LARGEST = 1460;

export interface PlayOptions {
  /** Microseconds, instead of the script's tolerance. */
  tolerance?: number;
  /** Whether the order and the padding of TCP's options do not matter. */
  anyLayout?: boolean;
  /** The script's folder, where the shell scripts that it names are looked for. */
  folder?: string;
}

export interface Report {
  /** Why the script failed, or undefined. */
  failure?: { line: number; message: string };
  /** What was skipped. */
  notices: string[];
}

/** Plays a script on a kernel of its own. */
export async function play(script: Script, options: PlayOptions = {}): Promise<Report> {
  const addresses = {
    local: script.options.get("local_ip") ?? LOCAL,
    remote: script.options.get("remote_ip") ?? REMOTE,
  };
  const host = await Host.boot(parametersOf(script, options.folder), addresses);
  const player = new Player(host, script, options);
  return player.play();
}

/** A call that has not returned yet. */
interface Pending {
  call: SystemCall;
  line: number;
  /** When it has to return, in seconds of the script. */
  end: number;
}

class Player {
  private readonly notices: string[] = [];
  private readonly calls: SystemCalls;
  private readonly start: number;
  private readonly tolerance: number;
  private readonly folder: string | undefined;
  private readonly anyLayout: boolean;
  private flow: Flow;
  private pending: Pending | undefined;
  /** The segment size of the remote host, as far as a script says. */
  private pieceSize = LARGEST;
  /** The remote port of the next connection that the remote host opens. */
  private nextPort = FIRST_PORT;
  private readonly variables: Variables = new Map();
  /** Whether an event other than a command has happened. */
  private began = false;
  /** The time of the previous event, in seconds. */
  private last = 0;

  constructor(
    private readonly host: Host,
    private readonly script: Script,
    options: PlayOptions,
  ) {
    this.calls = new SystemCalls(host, (text) => this.notice(text));
    this.start = host.now;
    this.folder = options.folder;
    this.anyLayout = options.anyLayout ?? false;
    const scripted = script.options.get("tolerance_usecs");
    const tolerance = options.tolerance ?? (scripted === undefined ? undefined : Number(scripted));
    this.tolerance = tolerance === undefined ? TOLERANCE : tolerance / 1e6;
    this.flow = this.newFlow(FIRST_PORT);
  }

  private newFlow(remotePort: number): Flow {
    const { options } = this.script;
    const tick = Number(options.get("tcp_ts_tick_usecs") ?? 0);
    const slack = tick > 0 ? (this.tolerance * 1e6) / tick : undefined;
    return new Flow(remotePort, { slack, interpolated: options.has("tcp_ts_ecr_scaled") });
  }

  play(): Report {
    const { notices } = this;
    for (const name of this.script.options.keys()) {
      if (!OPTIONS.includes(name)) this.notice(`--${name} is left out`);
    }
    for (const event of this.script.events) {
      try {
        this.happen(event);
      } catch (error) {
        const line = error instanceof ScriptError ? error.line : event.line;
        return { notices, failure: { line, message: (error as Error).message } };
      }
    }
    try {
      this.finish();
    } catch (error) {
      const line = error instanceof ScriptError ? error.line : 0;
      return { notices, failure: { line, message: (error as Error).message } };
    }
    return { notices };
  }

  private notice(text: string): void {
    if (!this.notices.includes(text)) this.notices.push(text);
  }

  /** Seconds since the script began. */
  private get now(): number {
    return (this.host.now - this.start) / SECOND;
  }

  private happen(event: ScriptEvent): void {
    const { action, time } = event;
    const from = time.kind === "relative" ? this.last + time.from : time.from;
    const to = time.to === undefined ? from : time.to + from - time.from;
    if (action.kind !== "command") this.began = true;
    if (action.kind === "packet" && !action.packet.inbound) {
      this.expect(action.packet, time.kind === "any" ? undefined : [from, to]);
      return;
    }
    if (time.kind !== "any") {
      this.pass(from);
      this.last = from;
    } else this.last = this.now;
    if (action.kind === "packet") this.arrive(action.packet, event.line);
    else if (action.kind === "call") this.call(action, event, from);
    else if (action.kind === "code") this.check(action.text);
    else this.command(action.text);
  }

  /**
   * Sets the kernel parameters of a command. Those of the commands with which a script begins have
   * been set at boot.
   */
  private command(text: string): void {
    if (this.began && /tcp_metrics flush/.test(text)) this.host.forgetPeer();
    if (this.began) for (const each of parametersIn(text)) this.host.setParameter(each);
    const scripts = shellScripts(text, this.folder);
    const parameters = parametersIn(text);
    // Each script has a kernel of its own: there is nothing to restore.
    if (text.startsWith("/tmp/sysctl_restore_")) return;
    if (parameters.length + scripts.length === 0 && !pacesBy(text))
      this.notice(`\`${text}\` is left out`);
    for (const parameter of parameters) {
      if (this.host.rejects(parameter)) this.notice(`sysctl ${parameter} is left out`);
    }
    for (const script of scripts) {
      const left = parametersIn(script.text).filter((each) => this.host.rejects(each));
      if (left.length > 0) this.notice(`sysctl ${left.join(" ")} in ${script.name} is left out`);
    }
  }

  /** Lets time pass until a time of the script; a pending call may return meanwhile. */
  private pass(until: number, done: () => boolean = () => false): void {
    const step = () => {
      this.calls.pump();
      this.retry();
      return done();
    };
    // What has just arrived may end a call, although nothing else happens for a while.
    if (!step()) this.host.run(this.start + until * SECOND, step);
  }

  private call(call: SystemCall, { line, time }: ScriptEvent, from: number): void {
    if (this.pending) this.await(this.pending);
    const outcome = this.calls.attempt(call, line);
    if (time.end !== undefined) {
      const pending = { call, line, end: from - time.from + time.end };
      if (outcome) this.returned(pending, outcome);
      else this.pending = pending;
    } else compare(call, outcome ?? { value: -1, error: "EAGAIN" });
  }

  /** Tries the pending call again. */
  private retry(): void {
    const { pending } = this;
    if (!pending) return;
    const outcome = this.calls.attempt(pending.call, pending.line);
    if (!outcome) return;
    this.pending = undefined;
    this.returned(pending, outcome);
  }

  /** Checks what a call that may block has returned, and when. */
  private returned({ call, line, end }: Pending, outcome: Outcome): void {
    try {
      compare(call, outcome);
      if (Math.abs(this.now - end) > this.tolerance) {
        throw new Error(timing(`return of ${call.name}`, end, this.now, this.tolerance));
      }
    } catch (error) {
      throw new ScriptError(line, (error as Error).message);
    }
  }

  /** Waits until the pending call has returned. */
  private await({ call, line, end }: Pending): void {
    this.pass(end + this.tolerance, () => this.pending === undefined);
    if (!this.pending) return;
    throw new ScriptError(line, `${call.name} did not return by ${end.toFixed(6)} sec`);
  }

  private finish(): void {
    if (this.pending) this.await(this.pending);
  }

  private arrive(packet: PacketPattern, line: number): void {
    if (packet.kind === "udp") {
      this.host.datagram(CONNECT_PORT, this.calls.boundPort, packet.length);
    } else if (packet.kind === "icmp") this.arriveError(packet);
    else this.arriveSegment(packet, line);
  }

  private arriveSegment(packet: SegmentPattern, line: number): void {
    if (packet.options === undefined) {
      throw new ScriptError(line, "a packet that arrives needs its options, not <...>");
    }
    if (this.flow.localPort === 0) this.flow.localPort = this.calls.boundPort;
    if (isSyn(packet.flags) && this.calls.takeListened()) {
      this.flow = this.newFlow(this.nextPort++);
      this.flow.localPort = this.calls.boundPort;
    }
    if (packet.flags.includes("S")) this.flow.learnRemote(packet.start);
    const ecn = packet.ecn === undefined ? 0 : ecnBits[packet.ecn];
    for (const option of packet.options) {
      if (option.kind === "mss" && option.value > 0) this.pieceSize = option.value;
    }
    // A large packet, as a card would have joined it for Linux, arrives in its original pieces.
    const own = Number(this.script.options.get("mss") ?? this.pieceSize);
    const size = packet.length > LARGEST ? Math.min(own, LARGEST) : LARGEST;
    for (let start = 0; start === 0 || start < packet.length; start += size) {
      this.arrivePiece(packet, start, Math.min(size, packet.length - start), ecn);
    }
  }

  /** Delivers `length` bytes of a packet from `start` on. */
  private arrivePiece(packet: SegmentPattern, start: number, length: number, ecn: number): void {
    const { flow } = this;
    const last = start + length === packet.length;
    const flags = last ? packet.flags : packet.flags.replace(/[PF]/g, "");
    this.host.segment(
      {
        ...{ sourcePort: flow.remotePort, destinationPort: flow.localPort },
        sequence: flow.remoteOnWire(packet.start + start, packet.flags.includes("S")),
        acknowledgment: flags.includes(".") ? flow.localOnWire(packet.acknowledgment ?? 0) : 0,
        flags: flagsValue(flags),
        reserved: flags.includes("A") ? 1 : 0,
        window: packet.window ?? 65535,
        urgent: packet.urgent,
        options: encodeOptions(flow.inbound(packet.options ?? [])),
        payload: Buffer.alloc(length),
      },
      ecn,
    );
  }

  private arriveError({ type, code, mtu, start, length }: IcmpPattern): void {
    const { flow } = this;
    const segment = tcpSegment({
      ...{ sourcePort: flow.localPort, destinationPort: flow.remotePort, flags: "A" },
      sequence: flow.localOnWire(start),
      payload: Buffer.alloc(length),
    });
    const { local: source, remote: destination } = this.host.addresses;
    const packet = ipv4({ source, destination, protocol: TCP, payload: segment });
    this.host.error(type, code, mtu, packet.subarray(0, 28));
  }

  /** Waits for a packet; `times` are the bounds of its time, or undefined for any. */
  private expect(pattern: PacketPattern, times: [number, number] | undefined): void {
    if (pattern.kind !== "tcp") throw new Error(`cannot expect ${packetText(pattern)} here`);
    const latest = times ? times[1] + this.tolerance : this.now + PATIENCE;
    const found = () => this.take(pattern);
    let sent = found();
    if (!sent) {
      this.pass(Math.max(latest, this.now), () => {
        sent ??= found();
        return sent !== undefined;
      });
    }
    if (!sent)
      throw new Error(`no packet came by ${latest.toFixed(6)} sec\n${this.sides(pattern)}`);
    const at = (sent.at - this.start) / SECOND;
    this.match(pattern, sent, at);
    if (times && (at < times[0] - this.tolerance || at > latest)) {
      const what = timing("outbound packet", times[0], at, this.tolerance);
      throw new Error(`${what}\n${this.sides(pattern, sent)}`);
    }
    // Later events are relative to the script's time if it gives one, not to the actual time.
    this.last = times && times[0] === times[1] ? times[0] : at;
  }

  /** Takes the oldest segment of the connection under test. A SYN from another port begins one. */
  private take(pattern: SegmentPattern): Seen | undefined {
    const { host } = this;
    for (;;) {
      const sent = host.segments.shift();
      if (!sent) return undefined;
      const opens = isOpening(sent) && isSyn(pattern.flags);
      // What an older connection sends is no answer to the script's call.
      if (!opens && isSyn(pattern.flags) && host.segments.some(isOpening)) continue;
      if (opens && sent.sourcePort !== this.flow.localPort) {
        this.flow = this.newFlow(sent.destinationPort);
        this.flow.localPort = sent.sourcePort;
      }
      const { flow } = this;
      if (sent.sourcePort !== flow.localPort) continue;
      if (sent.destinationPort !== flow.remotePort) continue;
      if (sent.flags.includes("S")) flow.learn(pattern.start, sent.sequence);
      return this.host.joined(sent, pattern.length);
    }
  }

  /** Compares a segment with what the script expects; throws at the first difference. */
  private match(pattern: SegmentPattern, sent: Seen, at: number): void {
    const actual = this.flow.scripted(sent, pattern);
    const compare = (what: string, expected: unknown, got: unknown) => {
      if (expected === undefined || expected === got) return;
      const message = `live packet field ${what}: expected: ${expected} vs actual: ${got}`;
      throw new Error(`error handling packet: ${message}\n${this.sides(pattern, sent, at)}`);
    };
    const flags = (text: string) => normal(sent.joined ? text.replace("P", "") : text);
    compare("tcp_flags", flags(pattern.flags), flags(actual.flags));
    compare("tcp_seq", pattern.start, actual.start);
    compare("tcp_payload_length", pattern.length, actual.length);
    compare("tcp_ack_seq", pattern.acknowledgment, actual.acknowledgment);
    compare("tcp_window", pattern.window, actual.window);
    compare("tcp_urg_ptr", pattern.urgent, sent.urgent);
    compare("ip_ecn", pattern.ecn, actual.ecn);
    const laidOut = (options: TcpOption[]) =>
      optionsText(this.anyLayout ? withoutLayout(options) : options);
    if (pattern.options === undefined) return;
    compare("tcp_options", laidOut(pattern.options), laidOut(actual.options ?? []));
  }

  /** Returns the script's packet and the actual one, as packetdrill prints them. */
  private sides(pattern: SegmentPattern, sent?: Seen, at = 0): string {
    const script = `script packet: ${packetText(pattern)}`;
    if (!sent) return script;
    const time = (at === 0 ? (sent.at - this.start) / SECOND : at).toFixed(6);
    return `${script}\nactual packet: ${time} ${packetText(this.flow.scripted(sent, pattern))}`;
  }

  private check(code: string): void {
    const valueIn = (field: string) => this.calls.info(fields.indexOf(field));
    const verdicts = checkCode(code, valueIn, this.variables);
    for (const verdict of verdicts) {
      if (verdict.kind === "fails") throw new Error(`assertion failed: ${verdict.message}`);
      if (verdict.kind === "skipped") this.notice(`assertion left out: ${verdict.reason}`);
    }
  }
}

/** Returns flags in a fixed order. */
function normal(flags: string): string {
  return [...flags].sort().join("");
}
