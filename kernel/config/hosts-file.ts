/**
 * Parses the file hosts, in the syntax of hosts(5): an address and its names on each line, comments
 * with #. Invalid lines are reported by number and ignored.
 */
import { CONFIG_PROBLEMS, HOSTS_ENTRIES } from "../../core/limits";
import { Utf8Decoder } from "../../core/utf8";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../net/wire/address";
import { Configuration, HostSetting } from "./configuration";
import { isHostName, splitBlanks } from "./values";

const NAME: string = "hosts";

/** Parses the file; at most HOSTS_ENTRIES names are kept. */
export function readHostsFile(configuration: Configuration, bytes: StaticArray<u8>): void {
  const text = new Utf8Decoder().decode(changetype<usize>(bytes), bytes.length);
  const lines = text.split("\n");
  let wrong: u32 = 0;
  for (let i = 0; i < lines.length && wrong < CONFIG_PROBLEMS; i++) {
    const expected = readLine(configuration, lines[i]);
    if (expected == "") continue;
    configuration.problems.push(`${NAME}:${i + 1}: expected ${expected}`);
    if (configuration.hosts.length >= (HOSTS_ENTRIES as i32)) return;
    wrong++;
  }
}

/** Parses one line. Returns what was expected, or "". */
function readLine(configuration: Configuration, line: string): string {
  const comment = line.indexOf("#");
  const words = splitBlanks(comment < 0 ? line : line.substring(0, comment));
  if (words.length == 0) return "";
  const address = parseIpv4(words[0]);
  if (address == NOT_AN_ADDRESS) return "an IPv4 address and the names that it has";
  if (words.length == 1) return "a name after the address";
  for (let i = 1; i < words.length; i++) {
    if (!isHostName(words[i])) return "names of letters, digits, dashes and dots";
    if (configuration.hosts.length >= (HOSTS_ENTRIES as i32)) {
      return `at most ${HOSTS_ENTRIES} names`;
    }
    configuration.hosts.push(new HostSetting(words[i], address as u32));
  }
  return "";
}
