/**
 * The text that was given to a machine when it was created, by the metadata service of a cloud or
 * on a disk: settings in the syntax of anonymos.conf, or a script of console commands after the
 * line `#!anonymos`. The other formats of cloud-init are recognised, but not supported.
 */
import { BootFile } from "./boot-file";

const SCRIPT: string = "#!anonymos";
/** What the log says is expected. */
export const USER_DATA_FORMATS: string = `anonymos.conf or ${SCRIPT}`;

export class UserDataText {
  /** The commands of a script; "" if it is none. */
  readonly script: string;
  /** The name of a format that is not supported, or "". */
  readonly unsupported: string;

  constructor(data: BootFile) {
    const text = data.text();
    const first = text.split("\n", 1)[0].trim();
    const isScript = first == SCRIPT;
    this.script = isScript ? text.substring(SCRIPT.length) : "";
    this.unsupported = isScript ? "" : foreignFormat(first, data.bytes);
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
