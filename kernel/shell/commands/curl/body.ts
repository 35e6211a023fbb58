/**
 * The body of `curl`, from -d, --data-raw, --data-binary, --data-urlencode, --json and -T. Files
 * are boot modules, and `-` stands for what is typed until Ctrl-D.
 */
import { CURL_INPUT_BYTES } from "../../../../core/limits";
import { isDigit, isLetter, parseDecimalText } from "../../../../core/text";
import { TextBuilder } from "../../../../core/text-builder";
import { findModule } from "../../../../machine/boot";
import { BodySource, BytesSource, PatternSource } from "../../../../net/service/http/message/body";
import { EXIT_USAGE } from "../../command";
import { Given, Options } from "../../options";
import { EXIT_READ } from "./input";
import { ModuleSource } from "./module-source";

/** The options whose values make up the body, joined in the order in which they are typed. */
const DATA: StaticArray<string> = ["d", "data-raw", "data-binary", "data-urlencode", "json"];
const PATTERN: string = "@bytes:";
const LONGEST_BODY: i64 = 1 << 50;

export class CurlBody {
  /** What is wrong with the options; "" if nothing is. */
  error: string = "";
  /** curl's exit code for that. */
  code: i32 = EXIT_USAGE;
  /** Whether the body must be typed first; `input` is null. */
  wantsInput: bool = false;
  /** The body as text; null if there is none, or if it is in `whole`. */
  text: string | null = null;
  /** A body that is not built as text: a module or a pattern. */
  private whole: BodySource | null = null;

  constructor(
    options: Options,
    /** What was typed; null if nothing has been read yet. */
    private readonly input: string | null,
  ) {
    const given = options.givenOf(DATA);
    for (let i = 0; i < given.length && this.error == ""; i++) this.add(given[i], given.length);
    if (options.has("T")) this.upload(options.value("T"), given.length);
  }

  /** Returns what to send, or null. */
  source(): BodySource | null {
    const text = this.text;
    return text == null ? this.whole : BytesSource.ofText(text);
  }

  private upload(name: string, others: i32): void {
    if (others > 0) {
      this.error =
        "You can only select one HTTP request method! You asked for both PUT (-T, --upload-file) " +
        "and POST (-d, --data).";
    } else if (name == "-" || name == ".") this.text = this.typed();
    else this.whole = this.module(`-T ${name}`, name);
  }

  private typed(): string {
    const input = this.input;
    if (input != null) return input;
    this.wantsInput = true;
    return "";
  }

  /** Returns a module, or null if there is none. Sets `error` if it cannot be sent. */
  private module(shown: string, name: string): ModuleSource | null {
    const module = findModule(name);
    if (module == null) this.error = `${shown}: there is no boot module of that name`;
    else if (name.endsWith(".key")) this.error = `${shown}: private keys are not sent`;
    if (this.error != "") this.code = EXIT_READ;
    return module == null ? null : new ModuleSource(module);
  }

  private add(option: Given, count: i32): void {
    const dashes = option.name.length == 1 ? "-" : "--";
    const shown = `${dashes}${option.name} ${option.value}`;
    const hasAt = option.value.startsWith("@") && option.name != "data-raw";
    let value: string = option.value;
    if (hasAt && option.name != "data-urlencode") {
      if (value.startsWith(PATTERN)) {
        this.addPattern(shown, value, count);
        return;
      }
      if (option.name == "data-binary" && count == 1 && value != "@-") {
        this.whole = this.module(shown, value.substring(1));
        return;
      }
      value = this.content(shown, value.substring(1));
      // As in curl, -d drops line ends; the other options do not.
      if (option.name == "d") value = value.split("\r").join("").split("\n").join("");
    }
    if (option.name == "data-urlencode") value = this.encode(shown, value);
    const before = this.text;
    if (before == null) this.text = value;
    else this.text = before + (option.name == "json" ? "" : "&") + value;
  }

  /** Returns the text of a module, or what was typed for `-`. */
  private content(shown: string, name: string): string {
    if (name == "-") return this.typed();
    const source = this.module(shown, name);
    if (source == null || this.error != "") return "";
    if (source.length() > CURL_INPUT_BYTES) {
      this.error = `${shown}: longer than ${CURL_INPUT_BYTES} bytes (try --data-binary alone)`;
      return "";
    }
    const bytes = new StaticArray<u8>(source.length() as i32);
    source.read(changetype<usize>(bytes), bytes.length);
    return String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length);
  }

  private addPattern(shown: string, value: string, count: i32): void {
    const length = parseDecimalText(value.substring(PATTERN.length));
    if (count > 1) this.error = `${shown}: cannot be combined with another -d`;
    else if (length < 0 || length > LONGEST_BODY) this.error = `${shown}: invalid number of bytes`;
    else this.whole = new PatternSource(length as u64);
  }

  /** Encodes `CONTENT`, `=CONTENT`, `NAME=CONTENT`, `@FILE` or `NAME@FILE`, but not the name. */
  private encode(shown: string, value: string): string {
    const equals = value.indexOf("=");
    const at = value.indexOf("@");
    const isFile = at >= 0 && (equals < 0 || at < equals);
    const mark = isFile ? at : equals;
    const name = mark > 0 ? value.substring(0, mark) : "";
    const rest = value.substring(mark + 1);
    const encoded = formEncode(isFile ? this.content(shown, rest) : rest);
    return name == "" ? encoded : `${name}=${encoded}`;
  }
}

/**
 * Percent-encodes UTF-8 text, except unreserved characters (RFC 3986 section 2.3). Like curl 7.88,
 * writes a blank as `+`.
 */
function formEncode(text: string): string {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const encoded = new TextBuilder();
  for (let i = 0; i < bytes.length; i++) {
    const c: u32 = bytes[i];
    const mark = c == 0x2d || c == 0x2e || c == 0x5f || c == 0x7e;
    if (isLetter(c) || isDigit(c) || mark) encoded.addUnit(c);
    else if (c == 0x20) encoded.addUnit(0x2b);
    else encoded.add("%" + c.toString(16).toUpperCase().padStart(2, "0"));
  }
  return encoded.toString();
}
