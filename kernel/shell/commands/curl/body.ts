/** The body of `curl`, from -d, --data-raw, --data-binary, --data-urlencode and --json. */

import { isDigit, isLetter, parseDecimalText } from "../../../../core/text";
import { TextBuilder } from "../../../../core/text-builder";
import { BodySource, BytesSource, PatternSource } from "../../../../net/service/http/message/body";
import { Given, Options } from "../../options";

/** The values of these options are joined to the body, in the order in which they are typed. */
const DATA: StaticArray<string> = ["d", "data-raw", "data-binary", "data-urlencode", "json"];
const PATTERN: string = "@bytes:";
const LONGEST_BODY: i64 = 1 << 50;

export class CurlBody {
  /** What is wrong with the options; "" if nothing is. */
  error: string = "";
  /** The body as text; null if no option adds to it, or if it is a pattern. */
  text: string | null = null;
  private pattern: BodySource | null = null;

  constructor(options: Options) {
    const given = options.givenOf(DATA);
    for (let i = 0; i < given.length && this.error == ""; i++) this.add(given[i], given.length);
  }

  /** Returns what to send, or null. */
  source(): BodySource | null {
    const text = this.text;
    return text == null ? this.pattern : BytesSource.ofText(text);
  }

  private add(option: Given, count: i32): void {
    let value = option.value;
    const dashes = option.name.length == 1 ? "-" : "--";
    const hasAt = value.startsWith("@") && option.name != "data-raw";
    if (hasAt && option.name != "data-urlencode") {
      this.addPattern(`${dashes}${option.name} ${value}`, value, count);
      return;
    }
    if (option.name == "data-urlencode") value = this.encode(value);
    const before = this.text;
    if (before == null) this.text = value;
    else this.text = before + (option.name == "json" ? "" : "&") + value;
  }

  private addPattern(shown: string, value: string, count: i32): void {
    if (!value.startsWith(PATTERN)) {
      this.error = `${shown}: there are no files (use text or @bytes:N)`;
      return;
    }
    const length = parseDecimalText(value.substring(PATTERN.length));
    if (count > 1) this.error = `${shown}: cannot be combined with another -d`;
    else if (length < 0 || length > LONGEST_BODY) this.error = `${shown}: invalid number of bytes`;
    else this.pattern = new PatternSource(length as u64);
  }

  /** Encodes `CONTENT`, `=CONTENT` or `NAME=CONTENT`; the name is sent as it is. */
  private encode(value: string): string {
    const equals = value.indexOf("=");
    const name = equals > 0 ? value.substring(0, equals) : "";
    if (equals < 0 && value.includes("@")) {
      this.error = `--data-urlencode ${value}: there are no files`;
      return "";
    }
    const encoded = percentEncode(value.substring(equals + 1));
    return name == "" ? encoded : `${name}=${encoded}`;
  }
}

/** Percent-encodes UTF-8 text, except unreserved characters (RFC 3986 section 2.3). */
function percentEncode(text: string): string {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const encoded = new TextBuilder();
  for (let i = 0; i < bytes.length; i++) {
    const c: u32 = bytes[i];
    const mark = c == 0x2d || c == 0x2e || c == 0x5f || c == 0x7e;
    if (isLetter(c) || isDigit(c) || mark) encoded.addUnit(c);
    else encoded.add("%" + c.toString(16).toUpperCase().padStart(2, "0"));
  }
  return encoded.toString();
}
