/** What the objects of `ip` share: the words still to be read, and the way to say what is wrong. */
import { parseDecimalText } from "../../../../core/text";
import { Interface } from "../../../../net/iface/interface";
import { NetworkStack } from "../../../../net/service/stack";
import { NOT_AN_ADDRESS, parseIpv4, prefixOf } from "../../../../net/wire/address";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "../../command";
import { printable } from "../../printable";
import { Shell } from "../../shell";

/** An address and the length of its prefix, or `valid` false. */
export class Prefix {
  valid: bool = false;
  address: u32 = 0;
  length: u32 = 32;
}

export class Context {
  /** What `takeDevice` read: the device, null when none was named, and else the exit code. */
  chosen: Interface | null = null;
  code: i32 = EXIT_OK;
  private next: i32 = 0;

  constructor(
    readonly shell: Shell,
    readonly stack: NetworkStack,
    private readonly words: Array<string>,
    readonly statistics: bool,
  ) {}

  /** The next word, or empty at the end. */
  take(): string {
    return this.next < this.words.length ? this.words[this.next++] : "";
  }

  /** True when `word` is the next one. */
  at(word: string): bool {
    return !this.ended() && this.words[this.next] == word;
  }

  ended(): bool {
    return this.next >= this.words.length;
  }

  /** Wrong words: exit code 2. */
  usage(reason: string): i32 {
    this.shell.error("ip", reason);
    return EXIT_USAGE;
  }

  /** Right words that cannot be done, said as Linux's kernel says it: exit code 1. */
  refused(reason: string): i32 {
    this.shell.error("ip", reason);
    return EXIT_FAILURE;
  }

  done(): i32 {
    return EXIT_OK;
  }

  unexpected(word: string, expected: string): i32 {
    const shown = word == "" ? "the line ends" : `"${printable(word)}"`;
    return this.usage(`${shown}, expected ${expected}`);
  }

  /** Reads `[dev] NAME` or nothing up to the end of the line. False: the error is printed. */
  takeDevice(): bool {
    const first = this.take();
    const name = first == "dev" ? this.take() : first;
    if (first != "") this.chosen = this.device(name);
    if (first != "" && this.chosen == null) this.code = this.noDevice(name);
    else if (!this.ended()) this.code = this.unexpected(this.take(), "the end of the line");
    return this.code == EXIT_OK;
  }

  /** There is no device of that name. */
  noDevice(name: string): i32 {
    if (name == "") return this.unexpected("", "dev DEVICE");
    return this.refused(`Cannot find device "${printable(name)}", expected one of ip link`);
  }

  /** The interface of that name, or null. */
  device(name: string): Interface | null {
    return this.stack.ip.interfaceNamed(name);
  }

  /** The interface in whose network `address` is, or null. */
  deviceToward(address: u32): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].onLink(address) != null) return interfaces[i];
    }
    return null;
  }

  /** The only interface, where `dev` may be left out, or null. */
  onlyDevice(): Interface | null {
    const interfaces = this.stack.ip.interfaces;
    return interfaces.length == 1 ? interfaces[0] : null;
  }
}

/** `A.B.C.D`, `A.B.C.D/N` or `A.B.C.D/M.M.M.M`; `default` is 0.0.0.0/0. */
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
