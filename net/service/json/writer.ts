/**
 * Writes JSON (RFC 8259): compact for the wire, or on several lines for the console. Unprintable
 * characters are escaped, so that the output is safe for a terminal.
 */
import { isUnprintable, LF } from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { JsonCharacters } from "./characters";
import { JsonDocument, JsonKind, JsonValue } from "./value";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const INDENT: string = "  ";

/** Returns `text` as a JSON string, with quotes. */
export function quoteJson(text: string): string {
  const out = new TextBuilder(text.length + 2);
  out.addUnit(QUOTE);
  for (let i = 0; i < text.length; i++) addCharacter(out, text.charCodeAt(i));
  out.addUnit(QUOTE);
  return out.toString();
}

function addCharacter(out: TextBuilder, c: u32): void {
  if (c == QUOTE || c == BACKSLASH) {
    out.addUnit(BACKSLASH);
    out.addUnit(c);
  } else if (!isUnprintable(c)) {
    out.addUnit(c);
  } else if (c == LF) {
    out.add("\\n");
  } else {
    out.add("\\u");
    out.addHex(c, 4);
  }
}

/** Returns the value on one line without spaces. */
export function writeJson(value: JsonValue): string {
  const out = new TextBuilder();
  new JsonWriter(value, false).write(out, u32.MAX_VALUE);
  return out.toString();
}

/** Returns the value on one line, cut after `most` characters and followed by "..." if longer. */
export function showJson(value: JsonValue, most: u32): string {
  const out = new TextBuilder();
  new JsonWriter(value, false).write(out, most + 1);
  const text = out.toString();
  return (text.length as u32) > most ? text.substring(0, most) + "..." : text;
}

/** Writes a value piece by piece, so that a long text is never in memory as a whole. */
export class JsonWriter {
  private readonly document: JsonDocument;
  /** The next value to write, and the end. */
  private at: u32;
  private readonly end: u32;
  /** The open arrays and objects; the innermost is last. */
  private readonly open: Array<u32> = [];
  /** A member's name has just been written. */
  private named: bool = false;
  /** What is left to write of the current string or number. */
  private readonly characters: JsonCharacters = new JsonCharacters();
  private inText: bool = false;
  private quoted: bool = false;

  constructor(
    value: JsonValue,
    /** One member or element per line, indented by two spaces. */
    private readonly pretty: bool,
    /** The indentation of the value itself, in levels. */
    private readonly depth: i32 = 0,
  ) {
    this.document = value.document;
    this.at = value.index;
    this.end = this.document.next(value.index);
  }

  /** Appends to `out` until it has about `enough` characters. Returns false once complete. */
  write(out: TextBuilder, enough: u32): bool {
    while (out.length < enough) {
      if (this.inText) {
        this.writeText(out, enough);
      } else if (this.innerEnds()) {
        this.close(out);
      } else if (this.at == this.end) {
        return false;
      } else {
        if (!this.named) this.separate(out);
        this.writeValue(out, this.at++);
      }
    }
    return true;
  }

  /** Reports whether the innermost array or object is complete. */
  private innerEnds(): bool {
    const depth = this.open.length;
    return depth > 0 && this.document.next(this.open[depth - 1]) == this.at;
  }

  private close(out: TextBuilder): void {
    const container = this.open.pop();
    if (this.at > container + 1) this.newLine(out);
    out.add(this.document.kind(container) == JsonKind.Object ? "}" : "]");
  }

  /** Writes what precedes an element or a member name. */
  private separate(out: TextBuilder): void {
    if (this.open.length == 0) return;
    if (this.at != this.open[this.open.length - 1] + 1) out.add(",");
    this.newLine(out);
  }

  /** Writes a value, or the start of a longer one. */
  private writeValue(out: TextBuilder, at: u32): void {
    const kind = this.document.kind(at);
    const inner: u32 = this.open.length > 0 ? this.open[this.open.length - 1] : at;
    this.named = inner != at && !this.named && this.document.kind(inner) == JsonKind.Object;
    if (kind == JsonKind.Null) out.add("null");
    else if (kind == JsonKind.False) out.add("false");
    else if (kind == JsonKind.True) out.add("true");
    else if (kind == JsonKind.Array) out.add("[");
    else if (kind == JsonKind.Object) out.add("{");
    else this.beginText(out, at, kind != JsonKind.Number);
    if (kind >= JsonKind.Array) this.open.push(at);
  }

  /** Starts to write a string or a number. */
  private beginText(out: TextBuilder, at: u32, quoted: bool): void {
    const start = this.document.start(at);
    this.characters.begin(this.document.pointer(start), this.document.end(at) - start);
    if (quoted) out.addUnit(QUOTE);
    this.quoted = quoted;
    this.inText = true;
  }

  private writeText(out: TextBuilder, enough: u32): void {
    while (this.characters.more && out.length < enough) {
      addCharacter(out, this.characters.next());
    }
    if (this.characters.more) return;
    if (this.quoted) out.addUnit(QUOTE);
    if (this.named) out.add(this.pretty ? ": " : ":");
    this.inText = false;
  }

  private newLine(out: TextBuilder): void {
    if (!this.pretty) return;
    out.addUnit(LF);
    for (let i = -this.depth; i < this.open.length; i++) out.add(INDENT);
  }
}
