/**
 * The file meta-data of a cidata volume. The only part of it that is used is the host name. The
 * file is YAML, of which only lines KEY: VALUE are read, or JSON.
 */
import { parseJson } from "../../net/service/json/parser";
import { BootFile } from "./boot-file";
import { isHostName } from "./values";

/** The keys of the host name; the first of them that the file has counts. */
const KEYS: StaticArray<string> = ["local-hostname", "hostname"];

/** Returns the host name in the file, or "" if there is no valid one. */
export function hostnameOf(file: BootFile): string {
  const json = parseJson(changetype<usize>(file.bytes), file.bytes.length).value;
  const lines = file.text().split("\n");
  for (let i = 0; i < KEYS.length; i++) {
    const member = json != null ? json.get(KEYS[i]) : null;
    let name = json == null ? valueIn(lines, KEYS[i]) : "";
    if (member != null) name = member.text();
    if (isHostName(name)) return name;
  }
  return "";
}

/** Returns what the first line `KEY: VALUE` says, without quotes and comment; "" without one. */
function valueIn(lines: Array<string>, key: string): string {
  const start = `${key}:`;
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith(start)) continue;
    const value = lines[i].substring(start.length).split(" #", 1)[0].trim();
    const quote = value.charAt(0);
    if ((quote != '"' && quote != "'") || !value.endsWith(quote)) return value;
    return value.substring(1, max(1, value.length - 1));
  }
  return "";
}
