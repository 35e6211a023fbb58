/**
 * The options of `ip` and `tc`. As in iproute2, they come before the object, so that `metric -1` is
 * an invalid metric and not an option. They are words with one dash or two, and can be abbreviated.
 */

/** An option's name, and the length of its shortest abbreviation: `-b` is iproute2's -batch. */
class Name {
  constructor(
    readonly text: string,
    readonly least: i32,
  ) {}
}

const STATISTICS: Name = new Name("statistics", 1);
const STATS: Name = new Name("stats", 1);
const BRIEF: Name = new Name("brief", 2);
const ONE_LINE: Name = new Name("oneline", 1);
const DETAILS: Name = new Name("details", 1);
const COLOR: Name = new Name("color", 1);
const HELP: Name = new Name("help", 1);

export class IpOptions {
  /** `-s`: show counters. */
  statistics: bool = false;
  /** `-br`: one line for each interface. */
  brief: bool = false;
  /** `-o`: no newlines within a record. */
  oneLine: bool = false;
  /** `-h`. */
  help: bool = false;
  /** The object, the verb and the words after them. */
  operands: Array<string> = [];
  /** The first unknown option, or "". */
  unknown: string = "";
  /** What else is wrong with the words, or "". */
  failure: string = "";

  constructor(words: Array<string>) {
    let next = 0;
    while (next < words.length && words[next].startsWith("-") && this.take(words[next])) next++;
    this.operands = words.slice(next);
    if (next < words.length && words[next].startsWith("-")) {
      this.unknown = words[next];
    } else if (this.operands.includes("")) this.failure = "empty operand";
  }

  /** Sets the option; returns false if it is unknown. */
  private take(word: string): bool {
    const name = word.substring(word.startsWith("--") ? 2 : 1);
    if (isShort(name, STATISTICS) || isShort(name, STATS)) this.statistics = true;
    else if (isShort(name, BRIEF)) this.brief = true;
    else if (isShort(name, HELP)) this.help = true;
    else if (isShort(name, ONE_LINE)) this.oneLine = true;
    // These change nothing: there is only IPv4, nothing to add, and no color.
    else return name == "4" || isShort(name, DETAILS) || isShort(name.split("=")[0], COLOR);
    return true;
  }
}

/** Reports whether `word` is `name` or an abbreviation of it. */
function isShort(word: string, name: Name): bool {
  return word.length >= name.least && name.text.startsWith(word);
}
