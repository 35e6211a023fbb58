/**
 * Parses anonymos.conf, in the syntax of systemd.network(5): sections, KEY=VALUE, and comments that
 * start with # or ;. Invalid lines are reported by number and ignored. Each [Match] starts
 * the settings for another set of interfaces.
 */
import { CONFIG_PROBLEMS } from "../../core/limits";
import { Utf8Decoder } from "../../core/utf8";
import { CONFIG_FILE, Configuration } from "./configuration";
import { SettingsReader } from "./settings-reader";

const SECTIONS: StaticArray<string> = ["Match", "Network", "Address", "Route", "Link", "DHCPv4"];

/**
 * Parses the file into `configuration`. `length` is its whole length, of which `bytes` may be only
 * the beginning. Each invalid UTF-8 byte becomes U+FFFD, which is an error only where the syntax
 * does not allow it.
 */
export function readConfigFile(
  configuration: Configuration,
  bytes: StaticArray<u8>,
  length: u32,
): void {
  const text = new Utf8Decoder().decode(changetype<usize>(bytes), bytes.length);
  const parser = new FileParser(configuration);
  parser.read(text);
  if (length <= (bytes.length as u32)) return;
  configuration.problems.push(
    `${CONFIG_FILE}: expected at most ${bytes.length} bytes, the rest is left`,
  );
}

class FileParser {
  private readonly reader: SettingsReader;
  private section: string = "";
  /** The section is unknown (reported) or X- (not reported): its keys are ignored. */
  private skipping: bool = false;
  private errors: u32 = 0;

  constructor(private readonly configuration: Configuration) {
    this.reader = new SettingsReader(configuration);
  }

  read(text: string): void {
    const lines = text.split("\n");
    for (let i = 0; i < lines.length; i++) {
      const line = (
        i == 0 && lines[0].startsWith("\ufeff") ? lines[0].substring(1) : lines[i]
      ).trim();
      this.report(i + 1, this.parseLine(line, i + 1));
    }
    this.finishSection();
    this.finishPart();
    if (this.errors <= CONFIG_PROBLEMS) return;
    const more = this.errors - CONFIG_PROBLEMS;
    this.configuration.problems.push(`${CONFIG_FILE}: and ${more} more lines that are wrong`);
  }

  private report(line: i32, expected: string): void {
    if (expected == "" || ++this.errors > CONFIG_PROBLEMS) return;
    this.configuration.problems.push(`${CONFIG_FILE}:${line}: ${expected}`);
  }

  /** Parses one trimmed line. Returns what was expected instead, or "". */
  private parseLine(line: string, number: i32): string {
    if (line == "" || line.startsWith("#") || line.startsWith(";")) return "";
    if (line.startsWith("[")) return this.parseHeader(line, number);
    const equals = line.indexOf("=");
    if (equals <= 0) return "expected [SECTION], KEY=VALUE or a comment";
    if (this.skipping) return "";
    if (this.section == "") return "expected a section like [Network] before the first KEY=VALUE";
    const key = line.substring(0, equals).trimEnd();
    return this.reader.set(this.section, key, line.substring(equals + 1).trim(), number);
  }

  private parseHeader(line: string, number: i32): string {
    this.finishSection();
    const name = line.endsWith("]") ? line.substring(1, line.length - 1) : "";
    this.skipping = !SECTIONS.includes(name);
    this.section = name;
    if (name == "Match") this.finishPart();
    if (!this.skipping) this.reader.begin(name, number);
    // Sections that begin with X- belong to other programs: systemd.syntax(7).
    if (!this.skipping || name.startsWith("X-")) return "";
    return "expected [Match], [Network], [Address], [Route], [Link] or [DHCPv4]";
  }

  private finishSection(): void {
    if (this.section == "" || this.skipping) return;
    const expected = this.reader.finish(this.section);
    this.report(this.reader.finishLine, expected);
  }

  private finishPart(): void {
    const expected = this.reader.finishPart();
    this.report(this.reader.finishLine, expected);
  }
}
