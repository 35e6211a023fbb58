/**
 * What the objects of `ip` share: the words still to be read, and iproute2's error messages. A
 * message goes out without "ip: ", as iproute2's do, so that scripts which look for it find it.
 */
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { NetworkStack } from "../../../../net/service/stack";
import { Ipv4Address, NOT_AN_ADDRESS, parseIpv4, prefixOf } from "../../../../net/wire/address";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { IpOptions } from "./options";

const CANNOT_FIND: string = 'Cannot find device "%s"';
/** For `takeDevice` of `show` and `flush` of links and addresses. */
export const DOES_NOT_EXIST: string = 'Device "%s" does not exist.';

/** An address and its prefix length, from 0 to 32. */
export class Prefix {
  valid: bool = false;
  address: Ipv4Address = 0;
  length: u32 = 32;
}

export class Context {
  /** The device that `takeDevice` read; null if none was named. */
  chosen: Interface | null = null;
  /** The exit code after a `takeDevice` that failed. */
  code: i32 = EXIT_OK;
  private next: i32 = 0;
  /** The verb as it was typed, for messages: `words` has its full name. */
  private readonly typedVerb: string;

  constructor(
    readonly session: Session,
    readonly stack: NetworkStack,
    private readonly words: Array<string>,
    readonly options: IpOptions,
  ) {
    this.typedVerb = words.length > 1 ? words[1] : "";
  }

  /** Takes the next word; empty at the end. */
  take(): string {
    return this.next < this.words.length ? this.words[this.next++] : "";
  }

  /** Reports whether `word` is next. */
  at(word: string): bool {
    return !this.ended() && this.words[this.next] == word;
  }

  /** Takes the next word if it is a prefix or `default`; otherwise returns null. */
  takePrefix(): Prefix | null {
    const prefix = parsePrefix(this.ended() ? "" : this.words[this.next]);
    if (!prefix.valid) return null;
    this.next++;
    return prefix;
  }

  ended(): bool {
    return this.next >= this.words.length;
  }

  /** Prints what the kernel would answer to a request it refuses. Returns exit code 1. */
  refused(reason: string): i32 {
    return this.fail(`RTNETLINK answers: ${reason}`, EXIT_FAILURE);
  }

  /** Prints a refusal for which Linux sends a text (netlink's extended acknowledgement). */
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
   * is how iproute2 says that a device does not exist: `link` and `addr` have words of their own.
   */
  takeDevice(absent: string = CANNOT_FIND): bool {
    const first = this.take();
    const name = first == "dev" ? this.take() : first;
    if (first != "") this.chosen = this.device(name);
    if (first != "" && this.chosen == null) this.code = this.noDevice(name, absent);
    else if (!this.ended()) this.code = this.unexpected(this.take(), "the end of the line");
    return this.code == EXIT_OK;
  }

  /** Prints that there is no such device, or that one has to be named. Returns the exit code. */
  noDevice(name: string, absent: string = CANNOT_FIND): i32 {
    if (name == "") return this.unexpected("", "dev DEVICE");
    return this.fail(absent.replace("%s", printable(name)), EXIT_FAILURE);
  }

  /** The interface of that name, or null. */
  device(name: string): Interface | null {
    return this.stack.ip.interfaceNamed(name);
  }

  /** The interface that has `address` in its network, or null. */
  deviceToward(address: Ipv4Address): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].ipv4.onLink(address) != null) return interfaces[i];
    }
    return null;
  }

  /** The interface if there is only one, so that `dev` may be left out; otherwise null. */
  onlyDevice(): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    return interfaces.length == 1 ? interfaces[0] : null;
  }
}

/** Parses `A.B.C.D`, `A.B.C.D/N` or `A.B.C.D/M.M.M.M`; `default` is 0.0.0.0/0. */
export function parsePrefix(text: string): Prefix {
  const prefix = new Prefix();
  if (text == "default") {
    prefix.length = 0;
    prefix.valid = true;
    return prefix;
  }
  const slash = text.indexOf("/");
  const address = parseIpv4(slash < 0 ? text : text.substring(0, slash));
  if (address == NOT_AN_ADDRESS) return prefix;
  prefix.address = address as u32;
  if (slash >= 0) {
    const tail = text.substring(slash + 1);
    const mask = parseIpv4(tail);
    const length = mask == NOT_AN_ADDRESS ? parseDecimalText(tail) : (prefixOf(mask as u32) as i64);
    if (length < 0 || length > 32) return prefix;
    prefix.length = length as u32;
  }
  prefix.valid = true;
  return prefix;
}
