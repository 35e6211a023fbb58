/**
 * Parses anonymos.conf, in the syntax of systemd.network(5): sections, KEY=VALUE, and comments that
 * start with # or ;. Invalid lines are reported by number and ignored. A [Match] after other
 * sections starts the settings of another set of interfaces.
 */
import { CONFIG_PROBLEMS } from "../../core/limits";
import { Utf8Decoder } from "../../core/utf8";
import { CONFIG_FILE, Configuration } from "./configuration";
import { isOtherKey, isOtherSection } from "./other-keys";
import { SettingsReader } from "./settings-reader";
import { TRAFFIC_SECTIONS } from "./traffic-sections";
import { isUnknownKey, shortened } from "./values";

const SECTIONS: StaticArray<string> = [
  "Match",
  "Network",
  "Address",
  "Route",
  "RoutingPolicyRule",
  "Link",
  "DHCPv4",
  "Proxy",
  "Log",
];
/** The report of a key or section of systemd.network that has no effect here. */
const NO_EFFECT: string = "not supported, ignored";

/**
 * Parses the file into `configuration`. `length` is the length of the file, of which `bytes` may
 * hold only the beginning. Invalid UTF-8 becomes U+FFFD, which only comments and free text may
 * contain.
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
    `${CONFIG_FILE}: file too large, expected at most ${bytes.length} bytes; the rest is ignored`,
  );
}

class FileParser {
  private readonly reader: SettingsReader;
  private section: string = "";
  /** Whether to ignore the keys of the section, as its name is unknown or starts with X-. */
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
      const problem = this.parseLine(line, i + 1);
      if (problem != "") this.report(i + 1, `${shortened(line)}: ${problem}`);
    }
    this.finishSection();
    this.finishPart();
    if (this.errors <= CONFIG_PROBLEMS) return;
    const more = this.errors - CONFIG_PROBLEMS;
    this.configuration.problems.push(`${CONFIG_FILE}: ${more} more errors not shown`);
  }

  /** Reports a problem, "WHAT: WHY, expected WHAT", unless it is "". */
  private report(line: i32, problem: string): void {
    if (problem == "" || ++this.errors > CONFIG_PROBLEMS) return;
    this.configuration.problems.push(`${CONFIG_FILE}:${line}: ${problem}`);
  }

  /** Parses one trimmed line. Returns "WHY, expected WHAT", or "" if it is valid. */
  private parseLine(line: string, number: i32): string {
    if (line == "" || line.startsWith("#") || line.startsWith(";")) return "";
    if (line.startsWith("[")) return this.parseHeader(line, number);
    if (this.skipping) return "";
    const equals = line.indexOf("=");
    if (equals < 1) this.reader.spoil(this.section);
    if (equals < 0) return "missing '=', expected [SECTION], KEY=VALUE or a comment";
    if (equals == 0) return "missing key name before '=', expected KEY=VALUE";
    if (this.section == "") return "assignment outside of section, expected [Network] before it";
    const key = line.substring(0, equals).trimEnd();
    const value = line.substring(equals + 1).trim();
    const problem = this.reader.set(this.section, key, value, number);
    return isUnknownKey(problem) && isOtherKey(this.section, key) ? NO_EFFECT : problem;
  }

  private parseHeader(line: string, number: i32): string {
    this.finishSection();
    const name = line.endsWith("]") ? line.substring(1, line.length - 1) : "";
    this.skipping = !SECTIONS.includes(name) && !TRAFFIC_SECTIONS.includes(name);
    this.section = name;
    if (name == "Match") this.finishPart();
    if (!this.skipping) this.reader.begin(name, number);
    // The header and keys of sections whose names start with X- are ignored: systemd.syntax(7).
    if (!this.skipping || name.startsWith("X-")) return "";
    if (isOtherSection(name)) return NO_EFFECT;
    const why = line.endsWith("]") ? "unknown section" : "invalid section header";
    const known = `${SECTIONS.join("], [")}], [${TRAFFIC_SECTIONS.join("], [")}`;
    return `${why}, expected [${known}]`;
  }

  private finishSection(): void {
    if (this.section == "" || this.skipping) return;
    const problem = this.reader.finish(this.section);
    this.report(this.reader.finishLine, problem);
  }

  private finishPart(): void {
    let problem = this.reader.finishPart();
    while (problem != "") {
      this.report(this.reader.finishLine, problem);
      problem = this.reader.finishPart();
    }
  }
}
