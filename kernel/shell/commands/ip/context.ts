/**
 * What the objects of `ip` share: the words still to be read, and iproute2's error messages. These
 * are printed without "ip: ", as iproute2 prints them, so that scripts can look for them.
 */
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { RouteScope } from "../../../../net/iface/ip/route";
import { NetworkAddress, parsePrefix } from "../../../../net/service/settings";
import { NetworkStack } from "../../../../net/service/stack";
import {
  Ipv4Address,
  maskOf,
  NOT_AN_ADDRESS,
  parseIpv4,
  prefixOf,
} from "../../../../net/wire/address";
import { parseScope } from "../../../config/route-words";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { IpOptions } from "./options";

const CANNOT_FIND: string = 'Cannot find device "%s"';
/** The message of `show` and `flush` of links and addresses in place of CANNOT_FIND. */
export const DOES_NOT_EXIST: string = 'Device "%s" does not exist.';

/** Selectors of iproute2 that do not exist here, and so are not taken for devices. */
const UNSUPPORTED: StaticArray<string> = [
  "label",
  "master",
  "group",
  "nud",
  "primary",
  "secondary",
  "dynamic",
  "permanent",
];

export class Context {
  /** The device that `takeDevice` or `takeSelectors` read; null if none was named. */
  chosen: Interface | null = null;
  /** What `takeSelectors` read: `to`, `scope` (-1 if not given), `up` and `type`. */
  private network: NetworkAddress | null = null;
  private scope: i32 = -1;
  private onlyUp: bool = false;
  private onlyType: bool = false;
  /** The exit code: EXIT_OK unless a word is wrong. Whoever prints the error sets it. */
  code: i32 = EXIT_OK;
  private next: i32 = 0;
  /** The verb as it was typed, for messages. */
  private typedVerb: string = "";

  constructor(
    readonly session: Session,
    readonly stack: NetworkStack,
    private readonly words: Array<string>,
    readonly options: IpOptions,
  ) {}

  /** Takes the next word. Returns "" at the end. */
  take(): string {
    return this.next < this.words.length ? this.words[this.next++] : "";
  }

  /**
   * Takes the verb. Returns the first of `verbs` that begins with it, as iproute2 does; "show" for
   * "list" and if there is no verb; "" if the verb is unknown.
   */
  takeVerb(verbs: StaticArray<string>): string {
    this.typedVerb = this.take();
    if (this.typedVerb == "") return "show";
    for (let i = 0; i < verbs.length; i++) {
      if (verbs[i].startsWith(this.typedVerb)) return verbs[i] == "list" ? "show" : verbs[i];
    }
    return "";
  }

  /** Reports whether `word` is next. */
  at(word: string): bool {
    return !this.ended() && this.words[this.next] == word;
  }

  /** Takes the next word if it is a network or `default`; otherwise returns null. */
  takeNetwork(): NetworkAddress | null {
    const network = parseNetwork(this.ended() ? "" : this.words[this.next]);
    if (network != null) this.next++;
    return network;
  }

  /** Returns the next word as a decimal number from 0 to `maximum`, or -1; does not take it. */
  peekNumber(maximum: i64): i64 {
    const value = this.ended() ? -1 : parseDecimalText(this.words[this.next]);
    return value <= maximum ? value : -1;
  }

  ended(): bool {
    return this.next >= this.words.length;
  }

  /** Prints the text of a Linux error number, such as EEXIST's. Returns exit code 1. */
  refused(reason: string): i32 {
    return this.fail(`RTNETLINK answers: ${reason}`, EXIT_FAILURE);
  }

  /** Prints a message that Linux sends beside an error number (extack). Returns exit code 1. */
  invalid(reason: string): i32 {
    return this.fail(`Error: ${reason}`, EXIT_FAILURE);
  }

  done(): i32 {
    return EXIT_OK;
  }

  /** Prints that `text` cannot be parsed as an address and a prefix length. */
  badPrefix(text: string, expected: string): i32 {
    if (text == "") return this.unexpected(text, expected);
    const shown = printable(text);
    return this.fail(`Error: any valid prefix is expected rather than "${shown}".`, EXIT_USAGE);
  }

  /** Prints that `word`, or the end of the line if it is empty, is not `expected`. */
  unexpected(word: string, expected: string): i32 {
    if (word == "")
      return this.fail(`Command line is not complete: expected ${expected}`, EXIT_USAGE);
    return this.fail(
      `Error: argument "${printable(word)}" is wrong: expected ${expected}`,
      EXIT_USAGE,
    );
  }

  /** Prints that a device must be named. */
  needsDevice(): i32 {
    return this.incomplete('Not enough information: "dev" argument is required.');
  }

  /** Prints a message of iproute2 that words are missing. */
  incomplete(message: string): i32 {
    return this.fail(message, EXIT_USAGE);
  }

  /** Prints that `verb` requires arguments. */
  needsWords(verb: string): i32 {
    return this.incomplete(`${verb} requires arguments.`);
  }

  /** Prints that the object has no such verb. */
  unknownVerb(verbs: string): i32 {
    const verb = printable(this.typedVerb);
    return this.fail(`Command "${verb}" is unknown (try: ${verbs})`, EXIT_USAGE);
  }

  private fail(message: string, code: i32): i32 {
    this.session.terminal.freshLine();
    this.session.printLine(message);
    return code;
  }

  /**
   * Reads `[dev] NAME` or nothing, up to the end. Returns false after printing an error. `absent`
   * is the message for a device that does not exist; iproute2 has another one for links and
   * addresses.
   */
  takeDevice(absent: string = CANNOT_FIND): bool {
    const first = this.take();
    const name = first == "dev" ? this.take() : first;
    if (first != "") this.chosen = this.device(name);
    if (first != "" && this.chosen == null) this.code = this.noDevice(name, absent);
    else if (!this.ended()) this.code = this.unexpected(this.take(), "the end of the line");
    return this.code == EXIT_OK;
  }

  /** Reads the words of `show`, up to the end. Returns false after printing an error. */
  takeSelectors(absent: string = CANNOT_FIND): bool {
    while (this.code == EXIT_OK && !this.ended()) {
      const network = this.takeNetwork();
      if (network == null) this.takeSelector(this.take(), absent);
      else this.network = network;
    }
    return this.code == EXIT_OK;
  }

  private takeSelector(word: string, absent: string): void {
    if (word == "up") this.onlyUp = true;
    else if (word == "to") {
      this.network = this.takeNetwork();
      if (this.network == null) this.code = this.badPrefix(this.take(), "a network");
    } else if (word == "type") {
      this.onlyType = true;
      if (this.take() == "") this.code = this.unexpected("", "a type, like bridge");
    } else if (word == "scope") {
      const text = this.take();
      this.scope = parseScope(text);
      if (this.scope < 0) this.code = this.unexpected(text, "global, link or host");
    } else if (UNSUPPORTED.includes(word)) {
      this.code = this.unexpected(word, "dev, up, to, scope or type");
    } else {
      const name = word == "dev" ? this.take() : word;
      this.chosen = this.anyDevice(name);
      if (this.chosen == null) this.code = this.noDevice(name, absent);
    }
  }

  /** Returns the devices that the selectors admit, lo only by name; none here has a `type`. */
  shown(): Array<Interface> {
    const chosen = this.chosen;
    const all = chosen == null ? this.stack.ip.interfaces : [chosen];
    const found: Array<Interface> = [];
    for (let i = 0; i < all.length && !this.onlyType; i++) {
      if (all[i].up || !this.onlyUp) found.push(all[i]);
    }
    return found;
  }

  /** Prints lines; with -o, as one. */
  show(lines: string): void {
    this.session.printLine(this.options.oneLine ? lines.split("\n").join("\\") : lines);
  }

  /** Reports whether they admit an address. */
  selectsAddress(address: Ipv4Address, scope: RouteScope): bool {
    if (this.scope >= 0 && this.scope != (scope as i32)) return false;
    const network = this.network;
    return network == null || ((address ^ network.address) & maskOf(network.prefix)) == 0;
  }

  /** Whether only devices with admitted addresses are shown. */
  get byAddress(): bool {
    return this.network != null || this.scope >= 0;
  }

  /** Prints that there is no such device, or that one has to be named. Returns the exit code. */
  noDevice(name: string, absent: string = CANNOT_FIND): i32 {
    if (name == "") return this.unexpected("", "dev DEVICE");
    return this.fail(absent.replace("%s", printable(name)), EXIT_FAILURE);
  }

  /** Returns the interface of that name, or null. */
  device(name: string): Interface | null {
    return this.stack.ip.interfaceNamed(name);
  }

  /** Returns the interface of that name, which may be lo, or null. */
  anyDevice(name: string): Interface | null {
    const lo = this.stack.ip.loopback;
    return name == lo.name ? lo : this.device(name);
  }

  /** Returns the interface that has `address` in one of its networks, or null. */
  deviceToward(address: Ipv4Address): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].ipv4.onLink(address) != null) return interfaces[i];
    }
    return null;
  }

  /** Returns the only interface, for commands without `dev`; null if there are several or none. */
  onlyDevice(): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    return interfaces.length == 1 ? interfaces[0] : null;
  }
}

/**
 * Parses `A.B.C.D`, `A.B.C.D/N` or `A.B.C.D/M.M.M.M`; `default` is 0.0.0.0/0. As in iproute2, zeros
 * at the end of the address may be left out (`10/8`). Returns null on a syntax error.
 */
export function parseNetwork(text: string): NetworkAddress | null {
  if (text == "default") return new NetworkAddress(0, 0);
  const slash = text.indexOf("/");
  const address = withAllBytes(slash < 0 ? text : text.substring(0, slash));
  if (slash < 0) return parsePrefix(`${address}/32`);
  const length = text.substring(slash + 1);
  const mask = parseIpv4(length);
  if (mask == NOT_AN_ADDRESS) return parsePrefix(`${address}/${length}`);
  return parsePrefix(`${address}/${prefixOf(mask as u32)}`);
}

/** Appends the bytes that an address such as `10` or `10.1` lacks. */
function withAllBytes(text: string): string {
  return text + ".0".repeat(max(4 - text.split(".").length, 0));
}
