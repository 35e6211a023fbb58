/**
 * Parses the file hosts, in the syntax of hosts(5): an address and its names on each line; # starts
 * a comment. An invalid line is reported by number; the names before its fault are kept.
 */
import { CONFIG_PROBLEMS, HOSTS_ENTRIES } from "../../core/limits";
import { Utf8Decoder } from "../../core/utf8";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../net/wire/address";
import { Configuration, HostSetting } from "./configuration";
import { isHostName, shortened, splitBlanks } from "./values";

const NAME: string = "hosts";

/** Parses at most HOSTS_ENTRIES names. Stops reading after CONFIG_PROBLEMS errors. */
export function readHostsFile(configuration: Configuration, bytes: StaticArray<u8>): void {
  const text = new Utf8Decoder().decode(changetype<usize>(bytes), bytes.length);
  const lines = text.split("\n");
  let wrong: u32 = 0;
  for (let i = 0; i < lines.length && wrong < CONFIG_PROBLEMS; i++) {
    const problem = readLine(configuration, lines[i]);
    if (problem == "") continue;
    configuration.problems.push(`${NAME}:${i + 1}: ${problem}`);
    if (configuration.hosts.length >= (HOSTS_ENTRIES as i32)) return;
    wrong++;
  }
}

/** Parses one line. Returns "WHAT: WHY, expected WHAT", or "" if it is valid. */
function readLine(configuration: Configuration, line: string): string {
  const comment = line.indexOf("#");
  const words = splitBlanks(comment < 0 ? line : line.substring(0, comment));
  if (words.length == 0) return "";
  const address = parseIpv4(words[0]);
  if (address == NOT_AN_ADDRESS) {
    return `${shortened(words[0])}: invalid address, expected an IPv4 address and its names`;
  }
  if (words.length == 1) return `${words[0]}: missing name, expected a name after the address`;
  for (let i = 1; i < words.length; i++) {
    const name = shortened(words[i]);
    if (!isHostName(words[i])) {
      return `${name}: invalid host name, expected letters, digits, dashes and dots`;
    }
    if (configuration.hosts.length >= (HOSTS_ENTRIES as i32)) {
      return `${name}: too many names, expected at most ${HOSTS_ENTRIES}`;
    }
    configuration.hosts.push(new HostSetting(words[i], address as u32));
  }
  return "";
}
