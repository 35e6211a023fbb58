/**
 * Compiles a packet expression to reverse Polish terms. The grammar is the part of pcap-filter(7)
 * that names protocols, hosts, networks and ports:
 *
 *     expression := negation { (and | or) negation }        equal precedence, left to right
 *     negation   := { not } ( "(" expression ")" | primitive )
 *     primitive  := [[PROTOCOL] qualifiers] VALUE | PROTOCOL
 *     qualifiers := [src|dst] (host|net|port) | src | dst   also src and dst, src or dst
 *
 * A value without qualifiers takes those of the value before it, as in `tcp port 80 or 443`, and
 * their protocol, unless a protocol alone stands in between.
 */
import { FILTER_DEPTH, FILTER_PRIMITIVES } from "../../core/limits";
import { parseDecimalText, replaceText } from "../../core/text";
import { maskOf, NOT_AN_ADDRESS, parseIpv4 } from "../wire/address";
import { ETHERTYPE_ARP, ETHERTYPE_IPV4 } from "../wire/ethernet";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4";
import { ALL_BITS, Direction, Operation, Term } from "./term";

const PRIMITIVES: string = "arp, ip, icmp, tcp, udp, [src|dst] host ADDRESS, net A/N or port N";

/** The words in front of a value, which say what the value is. */
class Qualifiers {
  constructor(
    readonly protocol: Term | null = null,
    readonly direction: Direction = Direction.Either,
    readonly isPort: bool = false,
  ) {}
}

export class ExpressionCompiler {
  /** Why the expression is wrong, such as `"WORD": expected ...`; empty if it is valid. */
  error: string = "";
  readonly program: Array<Term> = [];
  private readonly words: Array<string>;
  private next: i32 = 0;
  private depth: i32 = 0;
  private primitives: i32 = 0;
  /** The qualifiers of the last value. */
  private qualifiers: Qualifiers = new Qualifiers();

  /** Compiles the words; an empty list gives an empty program. */
  constructor(words: Array<string>) {
    this.words = separate(words);
    if (this.words.length > 0) this.compile();
  }

  private compile(): void {
    this.expression();
    if (this.error.length == 0 && this.next < this.words.length) {
      this.fail(this.words[this.next], "and, or, or the end of the filter");
    }
    if (this.primitives > FILTER_PRIMITIVES) {
      this.error = `is too long, expected at most ${FILTER_PRIMITIVES} primitives`;
    }
  }

  private fail(word: string, expected: string): void {
    if (this.error.length > 0) return;
    const where = word == "" ? "end of the filter" : `"${word}"`;
    this.error = `${where}: expected ${expected}`;
  }

  private peek(): string {
    return this.next < this.words.length ? this.words[this.next] : "";
  }

  private expression(): void {
    if (this.depth++ > FILTER_DEPTH) {
      this.fail("(", "fewer parentheses");
      return;
    }
    this.negation();
    let operation = conjunction(this.peek());
    while (operation >= 0) {
      this.next++;
      this.negation();
      this.program.push(new Term(operation));
      operation = conjunction(this.peek());
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
    if (negated) this.program.push(new Term(Operation.Not));
  }

  private primitive(): void {
    this.primitives++;
    const protocol = protocolNamed(this.peek());
    if (protocol != null) this.next++;
    const start = this.next;
    const direction = this.direction();
    const kind = this.peek();
    if (kind == "host" || kind == "net" || kind == "port") this.next++;
    if (this.next > start) {
      this.qualifiers = new Qualifiers(protocol, direction, kind == "port");
      this.value(false);
    } else if (protocol != null) {
      this.qualifiers = new Qualifiers();
      this.program.push(protocol);
    } else this.value(true);
  }

  /** Reads `src`, `dst`, `src or dst`, `src and dst`, or nothing. */
  private direction(): Direction {
    const first = this.peek();
    if (first != "src" && first != "dst") return Direction.Either;
    this.next++;
    const operation = conjunction(this.peek());
    const second = this.next + 1 < this.words.length ? this.words[this.next + 1] : "";
    if (operation >= 0 && second == (first == "src" ? "dst" : "src")) {
      this.next += 2;
      return operation == Operation.Or ? Direction.Either : Direction.Both;
    }
    return first == "src" ? Direction.Source : Direction.Destination;
  }

  private value(bare: bool): void {
    const qualifiers = this.qualifiers;
    const text = this.peek();
    this.next++;
    if (qualifiers.isPort) this.port(text);
    else this.network(text, bare);
    const protocol = qualifiers.protocol;
    if (protocol == null) return;
    if (qualifiers.isPort && !protocol.hasPorts()) this.fail("port", "tcp or udp before it");
    this.program.push(protocol);
    this.program.push(new Term(Operation.And));
  }

  /** Reads an address or a network. `bare` is true if no qualifier stands right before it. */
  private network(text: string, bare: bool): void {
    const slash = text.indexOf("/");
    const address = parseIpv4(slash < 0 ? text : text.substring(0, slash));
    const prefix = slash < 0 ? 32 : parseNumber(text.substring(slash + 1), 32);
    if (address == NOT_AN_ADDRESS || prefix < 0) {
      this.fail(text, bare ? PRIMITIVES : "an IPv4 address, or a network like 10.0.2.0/24");
      return;
    }
    const mask = maskOf(prefix as u32);
    const network = (address as u32) & mask;
    this.program.push(new Term(Operation.Network, network, mask, this.qualifiers.direction));
  }

  private port(text: string): void {
    const port = parseNumber(text, 65535);
    if (port < 0) this.fail(text, "a port from 0 to 65535");
    else {
      const direction = this.qualifiers.direction;
      this.program.push(new Term(Operation.Port, port as u32, ALL_BITS, direction));
    }
  }
}

/** Separates parentheses and `!` from the words that they touch. */
function separate(words: Array<string>): Array<string> {
  let text = words.join(" ");
  const marks: StaticArray<string> = ["(", ")", "!"];
  for (let i = 0; i < marks.length; i++) text = replaceText(text, marks[i], ` ${marks[i]} `);
  const parts = text.split(" ");
  const kept: Array<string> = [];
  for (let i = 0; i < parts.length; i++) if (parts[i].length > 0) kept.push(parts[i]);
  return kept;
}

/** Returns the operation that the word stands for, or -1. */
function conjunction(word: string): i32 {
  if (word == "and" || word == "&&") return Operation.And;
  return word == "or" || word == "||" ? Operation.Or : -1;
}

function protocolNamed(word: string): Term | null {
  if (word == "arp") return new Term(Operation.EtherType, ETHERTYPE_ARP);
  if (word == "ip") return new Term(Operation.EtherType, ETHERTYPE_IPV4);
  if (word == "icmp") return new Term(Operation.Protocol, PROTOCOL_ICMP);
  if (word == "tcp") return new Term(Operation.Protocol, PROTOCOL_TCP);
  return word == "udp" ? new Term(Operation.Protocol, PROTOCOL_UDP) : null;
}

/** Returns a decimal number from 0 to `most`, or -1. */
function parseNumber(text: string, most: i32): i32 {
  const value = parseDecimalText(text);
  return value <= most ? (value as i32) : -1;
}
