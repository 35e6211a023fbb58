/**
 * A page in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), of
 * at most METRICS_BYTES. Lines that do not fit are left out.
 */
import { METRICS_BYTES } from "../../core/limits";
import { replaceText, writeAscii, writeDecimal } from "../../core/text";
import { SECOND } from "../../core/time";

/** Bytes that a number may take: 20 digits, a point, 6 digits, a line end. */
const NUMBER: u32 = 32;

export class MetricsText {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(METRICS_BYTES);
  private length: u32 = 0;
  private name: string = "";

  /** Begins a family: the samples that follow have this name, type and description. */
  family(name: string, type: string, help: string): void {
    this.name = name;
    this.add(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  }

  /** Adds a sample; `labels` is "" or `{name="value",...}`. */
  sample(labels: string, value: u64): void {
    if (!this.begin(labels)) return;
    this.length += writeDecimal(this.end, value);
    this.length += writeAscii(this.end, "\n");
  }

  /** Adds a sample of a time or duration in microseconds, as seconds. */
  seconds(micros: i64): void {
    const time = max<i64>(micros, 0);
    if (!this.begin("")) return;
    this.length += writeDecimal(this.end, time / SECOND);
    this.length += writeAscii(this.end, `.${(time % SECOND).toString().padStart(6, "0")}\n`);
  }

  /** Adds a family with one sample. */
  single(name: string, type: string, help: string, value: u64): void {
    this.family(name, type, help);
    this.sample("", value);
  }

  /** Returns a copy of the text and starts over. */
  take(): ArrayBuffer {
    const text = new ArrayBuffer(this.length);
    memory.copy(changetype<usize>(text), changetype<usize>(this.bytes), this.length);
    this.length = 0;
    return text;
  }

  private get end(): usize {
    return changetype<usize>(this.bytes) + this.length;
  }

  /** Writes what precedes a value. Returns false if the line does not fit. */
  private begin(labels: string): bool {
    const wanted = (this.name.length + labels.length + 1) as u32;
    if (wanted + NUMBER > METRICS_BYTES - this.length) return false;
    this.length += writeAscii(this.end, this.name);
    this.length += writeAscii(this.end, labels);
    this.length += writeAscii(this.end, " ");
    return true;
  }

  private add(text: string): void {
    if ((text.length as u32) > METRICS_BYTES - this.length) return;
    this.length += writeAscii(this.end, text);
  }
}

/** Returns a label with its value, in which `"`, `\` and line ends are escaped. */
export function label(name: string, value: string): string {
  const quoted = replaceText(replaceText(value, "\\", "\\\\"), '"', '\\"');
  const safe = replaceText(quoted, "\n", "\\n");
  return `${name}="${safe}"`;
}
