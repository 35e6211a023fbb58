/**
 * The text that was given to a machine when it was created, by the metadata service of a cloud or
 * on a disk: settings in the syntax of anonymos.conf, or a script of console commands after the
 * line `#!anonymos`. The other formats of cloud-init are recognised, but not supported.
 */
import { CONFIG_FILE_BYTES } from "../../core/limits";
import { log } from "../../core/log";
import { BootFile } from "./boot-file";
import { CONFIG_FILE } from "./configuration";

const SCRIPT: string = "#!anonymos";

/** What user data is used as. */
export const enum UserDataUse {
  None = 0,
  Settings = 1,
  Script = 2,
}

export class UserDataText {
  /** The commands of a script; "" if it is none. */
  readonly script: string;
  /** The name of a format that is not supported, or "". */
  private readonly unsupported: string;
  /** Whether only the beginning of the data was read. */
  private readonly cut: bool;

  constructor(data: BootFile) {
    this.cut = data.length > (data.bytes.length as u32);
    const text = data.text();
    const first = text.split("\n", 1)[0].trim();
    const isScript = first == SCRIPT;
    this.script = isScript ? text.substring(SCRIPT.length) : "";
    this.unsupported = isScript ? "" : foreignFormat(first, data.bytes);
  }

  /**
   * Returns what the data is used as. The log says so; there, the data is `what`. `fixedFile`: a
   * boot module has the settings, which user data does not override.
   */
  accept(what: string, fixedFile: bool): UserDataUse {
    if (this.cut) {
      log(`${what}: ignored, expected at most ${CONFIG_FILE_BYTES}`);
    } else if (this.script != "") {
      log(`${what}: running them`);
      return UserDataUse.Script;
    } else if (this.unsupported != "") {
      log(`${what}: ${this.unsupported}: not supported, expected ${CONFIG_FILE} or ${SCRIPT}`);
    } else if (fixedFile) {
      log(`${what}: ignored, as there is a boot module ${CONFIG_FILE}`);
    } else {
      log(`${what}: applying them as ${CONFIG_FILE}`);
      return UserDataUse.Settings;
    }
    return UserDataUse.None;
  }
}

function foreignFormat(first: string, bytes: StaticArray<u8>): string {
  if (bytes.length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) return "gzip";
  if (first.startsWith("#!")) return "a script of another interpreter";
  if (first.startsWith("#cloud-") || first == "#include") return first.split(" ", 1)[0];
  const lower = first.toLowerCase();
  const isMime = lower.startsWith("content-type:") || lower.startsWith("mime-version:");
  return isMime ? "a MIME archive" : "";
}
