/**
 * The options of a command, parsed as by getopt_long(3). Options can stand before or after
 * operands, short ones can be clustered, a value can be attached or be the next word, and `--` ends
 * the options; but long names cannot be abbreviated. Error messages are those of getopt_long,
 * coreutils and iputils.
 *
 *     const OPTIONS: StaticArray<string> = ["c|count:", "q|quiet", "crc32"];
 *     const options = new Options(words, OPTIONS);
 *     const count = options.number("c", 4, 1, 1000000);
 *     if (options.failure != "") return this.wrongUsage(session, options.failure);
 *     const host = options.operands[0];
 *
 * A colon at the end means that the option has a value. An option is identified by its first name.
 */
import { isDigit, parseDecimalText } from "../../core/text";
import { printable } from "./terminal/printable";

/** The failure of an operand "". */
export const EMPTY_OPERAND: string = "empty operand";

/** An option as it was typed; `name` is its first name. */
export class Given {
  constructor(
    readonly name: string,
    readonly value: string,
  ) {}
}

/** One entry of the table of options. */
class Form {
  readonly name: string;
  readonly hasValue: bool;
  private readonly names: Array<string>;

  constructor(text: string) {
    const hasValue = text.endsWith(":");
    const names = (hasValue ? text.substring(0, text.length - 1) : text).split("|");
    this.hasValue = hasValue;
    this.names = names;
    this.name = names[0];
  }

  called(name: string): bool {
    return this.names.includes(name);
  }
}

export class Options {
  /** The words that are not options, in order. */
  readonly operands: Array<string> = [];
  /** The first error, for `Command.wrongUsage`; "" if there is none. */
  failure: string = "";
  private readonly given: Array<Given> = [];
  private readonly forms: Array<Form> = [];
  /** Index of the word to be read next. */
  private next: i32 = 0;

  constructor(
    private readonly words: Array<string>,
    table: StaticArray<string>,
  ) {
    for (let i = 0; i < table.length; i++) this.forms.push(new Form(table[i]));
    let operandsOnly = false;
    while (this.next < words.length) {
      const word = words[this.next++];
      if (word == "") this.fail(EMPTY_OPERAND);
      else if (operandsOnly || word == "-" || !word.startsWith("-")) this.operands.push(word);
      else if (word == "--") operandsOnly = true;
      else if (word.startsWith("--")) this.long(word.substring(2));
      else this.cluster(word);
    }
  }

  has(name: string): bool {
    return this.lastOf(name) >= 0;
  }

  /** Returns the last value given, or `otherwise`. */
  value(name: string, otherwise: string = ""): string {
    const index = this.lastOf(name);
    return index < 0 ? otherwise : this.given[index].value;
  }

  /** Returns all values of an option, in order (`-H A -H B`). */
  values(name: string): Array<string> {
    const values: Array<string> = [];
    for (let i = 0; i < this.given.length; i++) {
      if (this.given[i].name == name) values.push(this.given[i].value);
    }
    return values;
  }

  /** Returns all options given whose names are in `names`, in order. */
  givenOf(names: StaticArray<string>): Array<Given> {
    const found: Array<Given> = [];
    for (let i = 0; i < this.given.length; i++) {
      if (names.includes(this.given[i].name)) found.push(this.given[i]);
    }
    return found;
  }

  /** Returns a decimal number; sets `failure` unless it is from `minimum` to `maximum`. */
  number(name: string, otherwise: i64, minimum: i64, maximum: i64): i64 {
    const index = this.lastOf(name);
    if (index < 0) return otherwise;
    const value = parseDecimalText(this.given[index].value);
    if (value >= minimum && value <= maximum) return value;
    this.fail(this.badNumber(name, numberFault(this.given[index].value, minimum, maximum)));
    return otherwise;
  }

  /** Returns seconds ("2", "0.5") as microseconds; sets `failure` if invalid or over `maximum`. */
  seconds(name: string, otherwise: i64, maximum: i64): i64 {
    const index = this.lastOf(name);
    if (index < 0) return otherwise;
    const value = parseSeconds(this.given[index].value, maximum);
    if (value >= 0) return value;
    const shown = printable(this.given[index].value);
    const reason = `invalid argument: '${shown}': expected 0 to ${maximum} seconds`;
    this.fail(this.badNumber(name, reason));
    return otherwise;
  }

  /** Sets `failure`, to `missing` or "extra operand", unless the number of operands is right. */
  expectOperands(minimum: i32, maximum: i32, missing: string = "missing operand"): void {
    const count = this.operands.length;
    if (count < minimum) this.fail(missing);
    if (count > maximum) this.fail(`extra operand '${printable(this.operands[maximum])}'`);
  }

  // --- messages, which a subclass may replace ---

  protected unknownOption(name: string): string {
    const shown = printable(name);
    return name.length == 1 ? `invalid option -- '${shown}'` : `unrecognized option '--${shown}'`;
  }

  protected missingValue(name: string): string {
    if (name.length == 1) return `option requires an argument -- '${name}'`;
    return `option '--${name}' requires an argument`;
  }

  protected badNumber(_name: string, reason: string): string {
    return reason;
  }

  private lastOf(name: string): i32 {
    for (let i = this.given.length - 1; i >= 0; i--) {
      if (this.given[i].name == name) return i;
    }
    return -1;
  }

  private find(name: string): Form | null {
    for (let i = 0; i < this.forms.length; i++) {
      if (this.forms[i].called(name)) return this.forms[i];
    }
    this.fail(this.unknownOption(name));
    return null;
  }

  private fail(reason: string): void {
    if (this.failure == "") this.failure = reason;
  }

  /** `--name`, `--name value` or `--name=value`. */
  private long(text: string): void {
    const equals = text.indexOf("=");
    const form = this.find(equals < 0 ? text : text.substring(0, equals));
    if (form == null) return;
    if (form.hasValue) {
      this.take(form, equals < 0 ? "" : text.substring(equals + 1), equals >= 0);
    } else if (equals >= 0) {
      this.fail(`option '--${printable(form.name)}' doesn't allow an argument`);
    } else {
      this.given.push(new Given(form.name, ""));
    }
  }

  /** `-s`, `-sf`, `-c4`, `-c 4`. */
  private cluster(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const form = this.find(word.charAt(i));
      if (form == null) return;
      if (form.hasValue) {
        this.take(form, word.substring(i + 1), i + 1 < word.length);
        return;
      }
      this.given.push(new Given(form.name, ""));
    }
  }

  private take(form: Form, attached: string, isAttached: bool): void {
    if (isAttached) this.given.push(new Given(form.name, attached));
    else if (this.next < this.words.length) {
      this.given.push(new Given(form.name, this.words[this.next++]));
    } else this.fail(this.missingValue(form.name));
  }
}

/**
 * Returns why `text` is not a number from `minimum` to `maximum`, in the words of iputils: an
 * "invalid argument", which is also "out of range" if it is a number of any length and sign.
 */
export function numberFault(text: string, minimum: i64, maximum: i64): string {
  const digits = text.startsWith("-") ? text.substring(1) : text;
  let isNumber: bool = digits != "";
  for (let i = 0; i < digits.length; i++) isNumber = isNumber && isDigit(digits.charCodeAt(i));
  const range = isNumber ? `: out of range: ${minimum} <= value <= ${maximum}` : "";
  return `invalid argument: '${printable(text)}'${range}`;
}

/** Parses "2", "0.25" or ".25" seconds to microseconds. Returns -1 if invalid or over `maximum`. */
export function parseSeconds(text: string, maximum: i64): i64 {
  const dot = text.indexOf(".");
  const whole = dot == 0 ? 0 : parseDecimalText(dot < 0 ? text : text.substring(0, dot));
  if (whole < 0 || whole > maximum) return -1;
  const digits = dot < 0 ? "0" : text.substring(dot + 1);
  if (digits.length == 0 || digits.length > 6) return -1;
  const fraction = parseDecimalText(digits.padEnd(6, "0"));
  const micros = whole * 1_000_000 + fraction;
  return fraction < 0 || micros > maximum * 1_000_000 ? -1 : micros;
}
