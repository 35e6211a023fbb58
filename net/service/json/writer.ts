/**
 * JSON out (RFC 8259): a value in its compact form for the wire, or on several lines for the
 * console, where nothing can reach the terminal but what is printable.
 */
import { escapeText, isUnprintable } from "../../../kernel/core/text";
import { TextBuilder } from "../../../kernel/core/text-builder";
import { JSON_BYTES } from "../../../kernel/limits";
import { JsonDocument, JsonKind, JsonValue } from "./value";

const INDENT: string = "  ";

/** `text` in quotes, with escapes where the grammar or a console wants them. */
export function quoteJson(text: string): string {
  const out = new TextBuilder();
  addQuoted(out, text);
  return out.toString();
}

function addQuoted(out: TextBuilder, text: string): void {
  out.addUnit(0x22);
  for (let i = 0; i < text.length; i++) {
    const c: u32 = text.charCodeAt(i);
    if (c == 0x22 || c == 0x5c) {
      out.addUnit(0x5c);
      out.addUnit(c);
    } else if (!isUnprintable(c)) {
      out.addUnit(c);
    } else if (c == 0x0a) {
      out.add("\\n");
    } else {
      out.add("\\u" + c.toString(16).padStart(4, "0"));
    }
  }
  out.addUnit(0x22);
}

/** The value on one line without spaces. */
export function writeJson(value: JsonValue): string {
  return new Writer(value.document, false).run(value.index);
}

/** The value for people: a member or element a line, indented by two; cut if very long. */
export function prettyJson(value: JsonValue): string {
  return new Writer(value.document, true).run(value.index);
}

/** A string as its characters, escaped for the console; anything else as `prettyJson`. */
export function showJson(value: JsonValue): string {
  return value.isString() ? escapeText(value.text()) : prettyJson(value);
}

class Writer {
  private out: TextBuilder = new TextBuilder();
  /** The open arrays and objects; the innermost is last. */
  private open: Array<u32> = [];
  /** True behind the name of a member. */
  private named: bool = false;

  constructor(
    private document: JsonDocument,
    private pretty: bool,
  ) {}

  run(root: u32): string {
    const end = this.document.next(root);
    for (let at = root; at < end; at++) {
      if (this.pretty && this.out.length > JSON_BYTES) return this.out.toString() + "\n... (cut)";
      this.closeEnded(at);
      this.write(at, at == root);
    }
    this.closeEnded(end);
    return this.out.toString();
  }

  /** Closes every open array and object whose values all lie before `at`. */
  private closeEnded(at: u32): void {
    while (this.open.length > 0) {
      const container = this.open[this.open.length - 1];
      if (this.document.next(container) > at) return;
      this.open.pop();
      if (this.document.next(container) > container + 1) this.newLine();
      this.out.add(this.document.kind(container) == JsonKind.Object ? "}" : "]");
    }
  }

  private write(at: u32, isRoot: bool): void {
    const kind = this.document.kind(at);
    const inner: u32 = this.open.length > 0 ? this.open[this.open.length - 1] : at;
    if (!isRoot && !this.named) {
      if (at != inner + 1) this.out.add(",");
      this.newLine();
    }
    const isName = !isRoot && !this.named && this.document.kind(inner) == JsonKind.Object;
    this.writeValue(at, kind);
    if (isName) this.out.add(this.pretty ? ": " : ":");
    this.named = isName;
    if (kind >= JsonKind.Array) this.open.push(at);
  }

  /** A whole value, or the beginning of an array or object. */
  private writeValue(at: u32, kind: JsonKind): void {
    const value = new JsonValue(this.document, at);
    if (kind == JsonKind.Null) this.out.add("null");
    else if (kind == JsonKind.False) this.out.add("false");
    else if (kind == JsonKind.True) this.out.add("true");
    else if (kind == JsonKind.Array) this.out.add("[");
    else if (kind == JsonKind.Object) this.out.add("{");
    else if (kind == JsonKind.Number) this.out.add(value.text());
    else addQuoted(this.out, value.text());
  }

  private newLine(): void {
    if (this.pretty) this.out.add("\n" + INDENT.repeat(this.open.length));
  }
}
