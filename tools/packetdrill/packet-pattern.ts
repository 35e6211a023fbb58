/** Packets as scripts write them: `< S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>`. */
import type { Scanner } from "./scanner.ts";

export type TcpOption =
  | { kind: "nop" | "eol" | "sackOK" }
  | { kind: "mss" | "wscale"; value: number }
  | { kind: "sack"; blocks: [number, number][] }
  | { kind: "TS"; value: number; echo: number }
  | { kind: "FO" | "FOEXP"; cookie: number[] };

/** Sequence numbers are relative to the initial ones, as in the script. */
export interface SegmentPattern {
  kind: "tcp";
  inbound: boolean;
  /** Letters of SFRP.UEWA; `-` for none. */
  flags: string;
  start: number;
  end: number;
  length: number;
  acknowledgment?: number;
  window?: number;
  urgent?: number;
  /** Undefined if the script accepts any (`<...>`). */
  options?: TcpOption[];
  ecn?: "noecn" | "ect0" | "ect1" | "ce";
}

export interface IcmpPattern {
  kind: "icmp";
  inbound: boolean;
  type: number;
  code: number;
  mtu: number;
  /** The segment that the error quotes. */
  start: number;
  length: number;
}

export interface UdpPattern {
  kind: "udp";
  inbound: boolean;
  length: number;
}

export type PacketPattern = SegmentPattern | IcmpPattern | UdpPattern;

/** What tells the experiment with Fast Open from others (RFC 6994). */
const FAST_OPEN_EXPERIMENT = [0xf9, 0x89];

/** Types of ICMP errors, and the names of codes of type 3 (RFC 792, RFC 1812). */
const icmpTypes: Record<string, number> = { unreachable: 3, source_quench: 4, time_exceeded: 11 };
const icmpCodes: Record<string, number> = {
  net_unreachable: 0,
  host_unreachable: 1,
  protocol_unreachable: 2,
  port_unreachable: 3,
  frag_needed: 4,
  source_route_failed: 5,
  net_unknown: 6,
  host_unknown: 7,
  source_host_isolated: 8,
  net_prohibited: 9,
  host_prohibited: 10,
  net_unreachable_for_tos: 11,
  host_unreachable_for_tos: 12,
  packet_filtered: 13,
};

/** Reads a packet after its "<" or ">". */
export function readPacket(scanner: Scanner, inbound: boolean): PacketPattern {
  scanner.skip();
  const ecn = scanner.match(/\[(noecn|ect0|ect1|ce|ect01)\]/)?.[1] as SegmentPattern["ecn"];
  scanner.skip();
  if (scanner.match(/icmp(?=\s)/)) return readIcmp(scanner, inbound);
  if (scanner.match(/udp(?=[\s(])/)) {
    const length = Number(scanner.need(/\((\d+)\)/, "(LENGTH)")[1]);
    return { kind: "udp", inbound, length };
  }
  const [flags] = scanner.need(/[SFRP.UEWA]+|-/, "flags of SFRP.UEWA, icmp or udp");
  const [, start, end, length] = scanner.need(/(\d+):(\d+)\((\d+)\)/, "START:END(LENGTH)");
  const segment: SegmentPattern = {
    ...{ kind: "tcp", inbound, flags, ecn },
    ...{ start: Number(start), end: Number(end), length: Number(length) },
  };
  if (segment.start + segment.length !== segment.end) {
    scanner.fail(`${start}:${end} is not ${length} bytes long`);
  }
  segment.acknowledgment = numberAfter(scanner, "ack");
  segment.window = numberAfter(scanner, "win");
  segment.urgent = numberAfter(scanner, "urg");
  segment.options = readOptions(scanner);
  return segment;
}

function numberAfter(scanner: Scanner, word: string): number | undefined {
  const found = scanner.match(new RegExp(`[ \\t]+${word}[ \\t]+(\\d+)`));
  return found && Number(found[1]);
}

/** Reads `<...>` or `<OPTION,OPTION>`. Returns no options if there is neither. */
function readOptions(scanner: Scanner): TcpOption[] | undefined {
  // "<" at the end of the line would belong to the next event, but events begin with a time.
  if (!scanner.match(/[ \t]*</)) return [];
  if (scanner.take("...")) {
    scanner.expect(">");
    return undefined;
  }
  const options: TcpOption[] = [];
  do options.push(readOption(scanner));
  while (scanner.take(","));
  scanner.expect(">");
  return options;
}

function readOption(scanner: Scanner): TcpOption {
  const [kind] = scanner.need(/[A-Za-z]+/, "an option");
  const number = () => Number(scanner.need(/\d+/, "a number")[0]);
  switch (kind) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind };
    case "mss":
    case "wscale":
      return { kind, value: number() };
    case "TS": {
      scanner.expect("val");
      const value = number();
      scanner.expect("ecr");
      return { kind, value, echo: number() };
    }
    case "sack": {
      const blocks: [number, number][] = [];
      for (;;) {
        const found = scanner.match(/\s+(\d+):(\d+)/);
        if (!found) return { kind, blocks };
        blocks.push([Number(found[1]), Number(found[2])]);
      }
    }
    case "FO":
    case "FOEXP": {
      const cookie = scanner.match(/\s+([0-9a-f]+)/)?.[1] ?? "";
      return { kind, cookie: [...Buffer.from(cookie, "hex")] };
    }
    default:
      return scanner.fail(`unknown TCP option "${kind}"`);
  }
}

/** Reads `icmp TYPE [CODE] [mtu N] [START:END(LENGTH)]`. */
function readIcmp(scanner: Scanner, inbound: boolean): IcmpPattern {
  const [name] = scanner.need(/[a-z_]+/, "the type of an ICMP error");
  const type = icmpTypes[name] ?? scanner.fail(`unknown ICMP type "${name}"`);
  const word = scanner.match(/[ \t]+((?!mtu)[a-z_]+)/)?.[1];
  const code = word === undefined ? 0 : icmpCodes[word];
  if (code === undefined) scanner.fail(`unknown ICMP code "${word}"`);
  const mtu = numberAfter(scanner, "mtu") ?? 0;
  const quoted = scanner.match(/[ \t]+\[(\d+):\d+\((\d+)\)\]/);
  const [start, length] = quoted ? [Number(quoted[1]), Number(quoted[2])] : [0, 0];
  return { kind: "icmp", inbound, type, code, mtu, start, length };
}

/** Returns the bytes of options; numbers must be those on the wire. */
export function encodeOptions(options: TcpOption[]): number[] {
  return options.flatMap(encodeOption);
}

function encodeOption(option: TcpOption): number[] {
  switch (option.kind) {
    case "eol":
      return [0];
    case "nop":
      return [1];
    case "mss":
      return [2, 4, option.value >> 8, option.value & 255];
    case "wscale":
      return [3, 3, option.value];
    case "sackOK":
      return [4, 2];
    case "sack":
      return [5, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(bytesOf)];
    case "TS":
      return [8, 10, ...bytesOf(option.value), ...bytesOf(option.echo)];
    case "FO":
      return [34, 2 + option.cookie.length, ...option.cookie];
    case "FOEXP":
      return [254, 4 + option.cookie.length, ...FAST_OPEN_EXPERIMENT, ...option.cookie];
  }
}

function bytesOf(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Reads the options of a segment. Throws if scripts have no name for one. */
export function decodeOptions(bytes: number[]): TcpOption[] {
  const options: TcpOption[] = [];
  const data = Buffer.from(bytes);
  for (let at = 0; at < data.length; at += data[at] < 2 ? 1 : data[at + 1]) {
    const [kind, size] = [data[at], data[at + 1]];
    if (kind > 1 && !(size >= 2 && at + size <= data.length)) throw new Error("bad option length");
    if (kind === 0) options.push({ kind: "eol" });
    else if (kind === 1) options.push({ kind: "nop" });
    else if (kind === 2) options.push({ kind: "mss", value: data.readUInt16BE(at + 2) });
    else if (kind === 3) options.push({ kind: "wscale", value: data[at + 2] });
    else if (kind === 4) options.push({ kind: "sackOK" });
    else if (kind === 5) options.push({ kind: "sack", blocks: blocksOf(data, at + 2, at + size) });
    else if (kind === 8) {
      const [value, echo] = [data.readUInt32BE(at + 2), data.readUInt32BE(at + 6)];
      options.push({ kind: "TS", value, echo });
    } else if (kind === 34) {
      options.push({ kind: "FO", cookie: [...data.subarray(at + 2, at + size)] });
    } else if (kind === 254 && data.readUInt16BE(at + 2) === 0xf989) {
      options.push({ kind: "FOEXP", cookie: [...data.subarray(at + 4, at + size)] });
    } else throw new Error(`TCP option ${kind} has no name in scripts`);
  }
  return options;
}

function blocksOf(data: Buffer, from: number, to: number): [number, number][] {
  const blocks: [number, number][] = [];
  for (let at = from; at + 8 <= to; at += 8) {
    blocks.push([data.readUInt32BE(at), data.readUInt32BE(at + 4)]);
  }
  return blocks;
}

/** Returns options without padding, in an order that does not depend on who has sent them. */
export function withoutLayout(options: TcpOption[]): TcpOption[] {
  const meaningful = options.filter(({ kind }) => kind !== "nop" && kind !== "eol");
  return meaningful.sort((one, other) => (one.kind < other.kind ? -1 : 1));
}

/** Returns options as scripts write them: `<mss 1460,sackOK>`; "" if there are none. */
export function optionsText(options: TcpOption[] | undefined): string {
  if (options === undefined) return "<...>";
  if (options.length === 0) return "";
  const words = options.map((option) => {
    if (option.kind === "mss" || option.kind === "wscale") return `${option.kind} ${option.value}`;
    if (option.kind === "TS") return `TS val ${option.value} ecr ${option.echo}`;
    if (option.kind === "FO" || option.kind === "FOEXP") {
      return `${option.kind} ${Buffer.from(option.cookie).toString("hex")}`.trim();
    }
    if (option.kind !== "sack") return option.kind;
    return ["sack", ...option.blocks.map(([from, to]) => `${from}:${to}`)].join(" ");
  });
  return `<${words.join(",")}>`;
}

/** Returns a packet as scripts write it, without its direction. */
export function packetText(packet: PacketPattern): string {
  if (packet.kind === "udp") return `udp (${packet.length})`;
  if (packet.kind === "icmp") return `icmp type ${packet.type} code ${packet.code}`;
  const { flags, start, end, length, acknowledgment, window, urgent } = packet;
  const words = [flags, `${start}:${end}(${length})`];
  if (acknowledgment !== undefined) words.push(`ack ${acknowledgment}`);
  if (window !== undefined) words.push(`win ${window}`);
  if (urgent !== undefined && urgent > 0) words.push(`urg ${urgent}`);
  const options = optionsText(packet.options);
  return [...words, ...(options === "" ? [] : [options])].join(" ");
}
