/**
 * The filter of `tcpdump`: the part of pcap-filter(7) that names protocols, hosts, networks and
 * ports, with and, or, not and parentheses. As there, and and or bind alike, from left to right,
 * and a value alone means what the one before it meant: `tcp port 80 or 443`. It is compiled once
 * to reverse Polish words, so that judging a frame neither allocates nor recurses.
 */
import { loadNet16, loadNet32 } from "../../core/bytes";
import { FILTER_DEPTH, FILTER_TERMS } from "../../core/limits";
import { replaceText } from "../../core/text";
import { maskOf, NOT_AN_ADDRESS, parseIpv4 } from "../../net/wire/address";

const enum Op {
  And,
  Or,
  Not,
  /** operand: an Ethernet type */
  EtherType,
  /** operand: an IP protocol */
  Protocol,
  /** operand: an address; mask: its network */
  Host,
  /** operand: a port */
  Port,
}

const enum Direction {
  Either,
  Source,
  Destination,
  Both,
}

const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_ARP: u32 = 0x0806;
const ICMP: u32 = 1;
const TCP: u32 = 6;
const UDP: u32 = 17;

class Word {
  constructor(
    readonly op: Op,
    readonly operand: u32 = 0,
    readonly mask: u32 = 0,
    readonly direction: Direction = Direction.Either,
  ) {}

  hasPorts(): bool {
    return this.op == Op.Protocol && (this.operand == TCP || this.operand == UDP);
  }
}

/** What stands before a value and says which it is. */
class Qualifiers {
  constructor(
    readonly protocol: Word | null = null,
    readonly direction: Direction = Direction.Either,
    readonly isPort: bool = false,
  ) {}
}

export class PacketFilter {
  /** What was wrong with the text, or empty. */
  error: string = "";
  private readonly program: Array<Word> = [];
  /** A term is at most a value and its protocol. */
  private readonly stack: StaticArray<bool> = new StaticArray<bool>(2 * FILTER_TERMS);
  private words: Array<string>;
  private next: i32 = 0;
  private depth: i32 = 0;
  private terms: i32 = 0;
  /** Those of the last value. */
  private qualifiers: Qualifiers = new Qualifiers();

  /** Compiles the words of a filter; an empty one passes everything. */
  constructor(words: Array<string>) {
    this.words = PacketFilter.split(words);
    if (this.words.length > 0) this.compile();
  }

  private compile(): void {
    this.expression();
    if (this.error.length == 0 && this.next < this.words.length) {
      this.fail(this.words[this.next], "and, or, or the end of the filter");
    }
    if (this.terms > FILTER_TERMS)
      this.error = `is too long, expected at most ${FILTER_TERMS} terms`;
  }

  /** True when the frame at `pointer` is to be shown. */
  matches(pointer: usize, length: u32): bool {
    if (this.program.length == 0) return true;
    const stack = this.stack;
    let top = 0;
    for (let i = 0; i < this.program.length; i++) {
      const word = this.program[i];
      if (word.op == Op.Not) stack[top - 1] = !stack[top - 1];
      else if (word.op == Op.And || word.op == Op.Or) {
        top--;
        const right = stack[top];
        stack[top - 1] = word.op == Op.And ? stack[top - 1] && right : stack[top - 1] || right;
      } else stack[top++] = PacketFilter.term(word, pointer, length);
    }
    return stack[0];
  }

  /** Separates parentheses and `!` from the words they touch. */
  private static split(words: Array<string>): Array<string> {
    let text = words.join(" ");
    const marks: StaticArray<string> = ["(", ")", "!"];
    for (let i = 0; i < marks.length; i++) text = replaceText(text, marks[i], ` ${marks[i]} `);
    const parts = text.split(" ");
    const kept: Array<string> = [];
    for (let i = 0; i < parts.length; i++) if (parts[i].length > 0) kept.push(parts[i]);
    return kept;
  }

  private fail(word: string, expected: string): void {
    if (this.error.length == 0) this.error = `"${word}": expected ${expected}`;
  }

  private peek(): string {
    return this.next < this.words.length ? this.words[this.next] : "";
  }

  /** `and` and `or` bind alike, from left to right. */
  private expression(): void {
    if (++this.depth > FILTER_DEPTH) {
      this.fail("(", "fewer parentheses");
      return;
    }
    this.negation();
    for (let op = conjunction(this.peek()); op >= 0; op = conjunction(this.peek())) {
      this.next++;
      this.negation();
      this.program.push(new Word(op));
    }
    this.depth--;
  }

  private negation(): void {
    let negated = false;
    while (this.peek() == "not" || this.peek() == "!") {
      this.next++;
      negated = !negated;
    }
    if (this.peek() == "(") {
      this.next++;
      this.expression();
      if (this.peek() != ")") this.fail(this.peek(), "a closing parenthesis");
      else this.next++;
    } else this.primitive();
    if (negated) this.program.push(new Word(Op.Not));
  }

  /** A protocol alone, or a value: `[PROTOCOL] [src|dst] [host|net|port] VALUE`. */
  private primitive(): void {
    this.terms++;
    const protocol = protocolNamed(this.peek());
    if (protocol != null) this.next++;
    const start = this.next;
    const direction = this.direction();
    const kind = this.peek();
    if (kind == "host" || kind == "net" || kind == "port") this.next++;
    if (this.next > start) {
      this.qualifiers = new Qualifiers(protocol, direction, kind == "port");
      this.value();
    } else if (protocol != null) {
      this.qualifiers = new Qualifiers();
      this.program.push(protocol);
    } else this.value();
  }

  /** `src`, `dst`, `src or dst`, `src and dst`, or nothing. */
  private direction(): Direction {
    const first = this.peek();
    if (first != "src" && first != "dst") return Direction.Either;
    this.next++;
    const op = conjunction(this.peek());
    const second = this.next + 1 < this.words.length ? this.words[this.next + 1] : "";
    if (op >= 0 && second == (first == "src" ? "dst" : "src")) {
      this.next += 2;
      return op == Op.Or ? Direction.Either : Direction.Both;
    }
    return first == "src" ? Direction.Source : Direction.Destination;
  }

  private value(): void {
    const qualifiers = this.qualifiers;
    const text = this.peek();
    this.next++;
    if (qualifiers.isPort) this.port(text);
    else this.network(text);
    const protocol = qualifiers.protocol;
    if (protocol == null) return;
    if (qualifiers.isPort && !protocol.hasPorts()) this.fail("port", "tcp or udp before it");
    this.program.push(protocol);
    this.program.push(new Word(Op.And));
  }

  private network(text: string): void {
    const slash = text.indexOf("/");
    const address = parseIpv4(slash < 0 ? text : text.substring(0, slash));
    const prefix = slash < 0 ? 32 : parseNumber(text.substring(slash + 1), 32);
    if (address == NOT_AN_ADDRESS || prefix < 0) {
      this.fail(text, "arp, ip, icmp, tcp, udp, [src|dst] host ADDRESS, net A/N or port N");
      return;
    }
    const mask = maskOf(prefix as u32);
    const network = (address as u32) & mask;
    this.program.push(new Word(Op.Host, network, mask, this.qualifiers.direction));
  }

  private port(text: string): void {
    const port = parseNumber(text, 65535);
    if (port < 0) this.fail(text, "a port from 0 to 65535");
    else this.program.push(new Word(Op.Port, port as u32, 0, this.qualifiers.direction));
  }

  private static term(word: Word, pointer: usize, length: u32): bool {
    if (length < 14) return false;
    const type = loadNet16(pointer + 12);
    if (word.op == Op.EtherType) return type == word.operand;
    if (type == ETHERTYPE_ARP && word.op == Op.Host && length >= 42) {
      return either(word, loadNet32(pointer + 28), loadNet32(pointer + 38));
    }
    if (type != ETHERTYPE_IPV4 || length < 34) return false;
    const packet = pointer + 14;
    if (word.op == Op.Protocol) return load<u8>(packet + 9) == word.operand;
    if (word.op == Op.Host) return either(word, loadNet32(packet + 12), loadNet32(packet + 16));
    const protocol = load<u8>(packet + 9);
    const header: u32 = (load<u8>(packet) & 15) * 4;
    const fragment = loadNet16(packet + 6) & 0x1fff;
    if ((protocol != TCP && protocol != UDP) || fragment != 0 || length < 18 + header) return false;
    return either(word, loadNet16(packet + header), loadNet16(packet + header + 2));
  }
}

function either(word: Word, source: u32, destination: u32): bool {
  const mask = word.op == Op.Host ? word.mask : 0xffffffff;
  const fromSource = (source & mask) == word.operand;
  const toDestination = (destination & mask) == word.operand;
  if (word.direction == Direction.Source) return fromSource;
  if (word.direction == Direction.Destination) return toDestination;
  if (word.direction == Direction.Both) return fromSource && toDestination;
  return fromSource || toDestination;
}

/** What the word does to two terms, or -1. */
function conjunction(word: string): i32 {
  if (word == "and" || word == "&&") return Op.And;
  return word == "or" || word == "||" ? Op.Or : -1;
}

function protocolNamed(word: string): Word | null {
  if (word == "arp") return new Word(Op.EtherType, ETHERTYPE_ARP);
  if (word == "ip") return new Word(Op.EtherType, ETHERTYPE_IPV4);
  if (word == "icmp") return new Word(Op.Protocol, ICMP);
  if (word == "tcp") return new Word(Op.Protocol, TCP);
  return word == "udp" ? new Word(Op.Protocol, UDP) : null;
}

/** A decimal number from 0 to `most`, or -1. */
function parseNumber(text: string, most: i32): i32 {
  if (text.length == 0 || text.length > 9) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= most ? value : -1;
}
