/** The kernel parameters that the commands of a script set, themselves or by shell scripts. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Script } from "./script.ts";

const PACING = "net.ipv4.tcp_pacing_";
const UNPACED = ["ss", "ca"].map((phase) => `${PACING}${phase}_ratio=0`);
/** FreeBSD delays even the first ACKs of a connection. */
const DELAYED = "net.ipv4.tcp_pingpong_thresh=0";

/** The parameters of FreeBSD that correspond to one or more of the kernel's. */
const OF_FREEBSD: Record<string, (value: string) => string[]> = {
  "net.inet.tcp.sack.enable": (value) => [`net.ipv4.tcp_sack=${value}`],
  "net.inet.tcp.rfc1323": (value) => [
    ...[`net.ipv4.tcp_window_scaling=${value}`, `net.ipv4.tcp_timestamps=${value}`],
  ],
  "net.inet.tcp.ecn.enable": (value) => [`net.ipv4.tcp_ecn=${value}`],
  "net.inet.tcp.syncookies_only": (value) => [`net.ipv4.tcp_syncookies=${value === "1" ? 2 : 1}`],
  "net.inet.tcp.fastopen.client_enable": (value) => [`net.ipv4.tcp_fastopen=${value}`],
};

/** Reports whether a command installs the queueing discipline with which Linux paces TCP. */
export function pacesBy(command: string): boolean {
  return /\btc qdisc (add|replace) .*\bfq\b/.test(command);
}

/**
 * Returns the kernel parameters, `NAME=VALUE`, that the script's first commands set. As in Linux, a
 * sender is paced only with the queueing discipline fq.
 */
export function parametersOf({ events }: Script, folder: string | undefined): string[] {
  const parameters: string[] = [];
  let paced = false;
  for (const { action } of events) {
    if (action.kind !== "command") break;
    for (const { text } of shellScripts(action.text, folder))
      parameters.push(...parametersIn(text));
    parameters.push(...parametersIn(action.text));
    if (pacesBy(action.text)) paced = true;
  }
  if (parameters.some((each) => each.startsWith("net.inet."))) parameters.push(DELAYED);
  if (paced) return parameters;
  return [...parameters.filter((each) => !each.startsWith(PACING)), ...UNPACED];
}

/** Returns the names and texts of the shell scripts that a command runs. */
export function shellScripts(command: string, folder = "."): { name: string; text: string }[] {
  const names = command.split(/\s+/).filter((word) => word.endsWith(".sh"));
  return names.flatMap((name) => {
    const path = join(folder, name);
    return existsSync(path) ? [{ name, text: readFileSync(path, "utf8") }] : [];
  });
}

/**
 * Returns the parameters that a command sets by arguments NAME=VALUE; a name is that of sysctl(8),
 * or a path below /proc/sys.
 */
export function parametersIn(text: string): string[] {
  const product = (_: string, factors: string) =>
    `${factors.split("*").reduce((all, factor) => all * Number(factor), 1)}`;
  const plain = text.replace(/\$\(\(([\d*]+)\)\)/g, product);
  const settings = plain.matchAll(/(?:^|\s)(?:\/proc\/sys\/)?(net[./]\S+?)=("[^"]*"|[^\s\\]+)/g);
  return [...settings].flatMap(([, name, value]) => {
    const dotted = name.replaceAll("/", ".");
    return OF_FREEBSD[dotted]?.(value) ?? [`${dotted}=${value}`];
  });
}
