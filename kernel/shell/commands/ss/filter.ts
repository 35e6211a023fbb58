/**
 * Which sockets `ss` shows: by the options, the state and the ends, in the words of ss(8). All
 * conditions must hold: `state established dst 10.0.2.0/24 dport = :443`. Parentheses and `and`
 * are skipped; there is no `or` and no `not`.
 */
import { parseDecimalText } from "../../../../core/text";
import { NetworkAddress, parsePrefix } from "../../../../net/service/settings";
import { TcpState } from "../../../../net/socket/tcp/state";
import { Ipv4Address, maskOf } from "../../../../net/wire/address";
import { Options } from "../../options";
import { printable } from "../../terminal/printable";

/** The names of the states, in the order of `TcpState`. */
const STATES: StaticArray<string> = [
  "closed",
  "listening",
  "syn-sent",
  "syn-recv",
  "established",
  "fin-wait-1",
  "fin-wait-2",
  "close-wait",
  "closing",
  "last-ack",
  "time-wait",
];
const ALL: u32 = (1 << TcpState.COUNT) - 1;
const UNCONNECTED: u32 = (1 << TcpState.Closed) | (1 << TcpState.Listen);
/** Without -a and -l, as in ss(8). */
const USUAL: u32 = ALL & ~(UNCONNECTED | (1 << TcpState.TimeWait) | (1 << TcpState.SynReceived));

/** A condition on the address or the port of one end. */
class Term {
  /** Null for any. */
  network: NetworkAddress | null = null;
  /** -1 for any. */
  port: i64 = -1;

  constructor(
    readonly ofLocal: bool,
    readonly negated: bool,
  ) {}

  holds(address: Ipv4Address, port: u32): bool {
    const network = this.network;
    let holds: bool = this.port < 0 || this.port == (port as i64);
    if (network != null) {
      holds = holds && ((address ^ network.address) & maskOf(network.prefix)) == 0;
    }
    return holds != this.negated;
  }
}

export class SocketFilter {
  /** What is wrong with the words, or "". */
  failure: string = "";
  private states: u32 = 0;
  private readonly terms: Array<Term> = [];
  private readonly words: Array<string>;
  private next: i32 = 0;

  constructor(options: Options) {
    this.words = options.operands.join(" ").split(" ");
    while (this.next < this.words.length && this.failure == "") this.readWord(this.take());
    if (this.states == 0) {
      this.states = options.has("a") ? ALL : options.has("l") ? UNCONNECTED : USUAL;
    }
  }

  /** Reports whether a socket in this state, with these ends, is shown. */
  admits(
    state: TcpState,
    local: Ipv4Address,
    localPort: u32,
    remote: Ipv4Address,
    remotePort: u32,
  ): bool {
    if (((this.states >>> state) & 1) == 0) return false;
    for (let i = 0; i < this.terms.length; i++) {
      const term = this.terms[i];
      const holds = term.ofLocal ? term.holds(local, localPort) : term.holds(remote, remotePort);
      if (!holds) return false;
    }
    return true;
  }

  private take(): string {
    return this.next < this.words.length ? this.words[this.next++] : "";
  }

  private readWord(word: string): void {
    if (word == "state") this.readState(this.take());
    else if (word == "src" || word == "sport") this.readEnd(word);
    else if (word == "dst" || word == "dport") this.readEnd(word);
    else if (word != "" && word != "and" && word != "(" && word != ")") {
      this.failure = `"${printable(word)}": expected state, src, dst, sport, dport or and`;
    }
  }

  private readState(name: string): void {
    if (name == "all") this.states |= ALL;
    else if (name == "connected") this.states |= ALL & ~UNCONNECTED;
    else if (name == "synchronized") {
      this.states |= ALL & ~UNCONNECTED & ~(1 << TcpState.SynSent);
    } else {
      const state = STATES.indexOf(name == "unconnected" ? "closed" : name);
      if (state < 0) this.failure = `wrong state name: ${printable(name)}`;
      else this.states |= 1 << state;
    }
  }

  /** Reads `[=|!=] ADDRESS[/N][:PORT]`, or `[=|!=] [:]PORT`. */
  private readEnd(word: string): void {
    let text = this.take();
    const negated: bool = text == "!=" || text == "neq";
    if (negated || text == "=" || text == "==" || text == "eq") text = this.take();
    const term = new Term(word.startsWith("s"), negated);
    const colon = text.indexOf(":");
    const isPort = word.endsWith("port");
    const address = isPort ? "" : colon < 0 ? text : text.substring(0, colon);
    if (address != "" && address != "*") {
      term.network = parsePrefix(address.includes("/") ? address : `${address}/32`);
      if (term.network == null) {
        this.failure = `an inet prefix is expected rather than "${printable(address)}"`;
      }
    }
    const port = text.substring(colon + 1);
    if (isPort || colon >= 0) {
      term.port = parseDecimalText(port);
      if (term.port < 0) this.failure = `"${printable(port)}" does not look like a port`;
    }
    this.terms.push(term);
  }
}
