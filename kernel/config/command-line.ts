/** The parameters of the kernel command line: ip=, console=, run=, sysctl and others. */
import { parseDecimalText } from "../../core/text";
import { providerNamed, providerNames } from "../../net/service/metadata/provider";
import { Configuration, DHCP_SOURCE, NO_CLOUD, ParameterSetting, Source } from "./configuration";
import { IpParameter } from "./ip-parameter";
import { LOG_KEYS } from "./log-settings";
import { PROXY_KEYS } from "./proxy-settings";
import { Tokens } from "./tokenizer";

/** As in Linux, `sysctl.NAME=VALUE` sets a parameter that sysctl(8) can change later. */
const PARAMETER_PREFIX: string = "sysctl.";
/** What `ds=` may name besides metadata services. */
const OTHER_SOURCES: StaticArray<string> = ["none", NO_CLOUD, DHCP_SOURCE];
/** The maximum of panic=: a day. */
const PANIC_SECONDS: i64 = 86_400;

/**
 * Parses the command line. `loader` is the name of the boot loader: QEMU's puts the kernel's path
 * first, which is not a parameter. Invalid parameters are reported and ignored. If a parameter is
 * repeated, the last one applies, except that all `ip=` and `console=` parameters are kept.
 */
export function readCommandLine(configuration: Configuration, text: string, loader: string): void {
  const tokens = new Tokens(text);
  const words = tokens.words;
  const first = loader == "qemu" || isPath(words) ? 1 : 0;
  const whole = words.length - (tokens.unterminated ? 1 : 0);
  for (let i = first; i < whole; i++) readWord(configuration, words[i]);
  if (!tokens.unterminated) return;
  report(configuration, words[whole], "unterminated quote, expected a closing quote");
}

/**
 * Words that are not for the configuration: drivers/virtio/mmio.ts has read the first, and loaders
 * of Linux kernels add the others.
 */
const FOREIGN_KEYS: StaticArray<string> = [
  "virtio_mmio.device",
  "rtl8139.cplus",
  "BOOT_IMAGE",
  "BOOTIF",
  "initrd",
];

/** Reports whether the first word is the kernel's path: old GRUBs and UEFI's shell pass it. */
function isPath(words: Array<string>): bool {
  if (words.length == 0 || words[0].includes("=")) return false;
  return words[0].startsWith("/") || words[0].toLowerCase().endsWith(".efi");
}

/** Reports a problem with a word; `problem` is "WHY, expected WHAT". */
function report(configuration: Configuration, word: string, problem: string): void {
  configuration.problems.push(`cmdline: ${word}: ${problem}`);
}

function readWord(configuration: Configuration, word: string): void {
  const equals = word.indexOf("=");
  const key = equals < 0 ? word : word.substring(0, equals);
  const value = equals < 0 ? "" : word.substring(equals + 1);
  if (equals > 0 && key == "run") {
    const before = configuration.run;
    if (before != "") {
      report(configuration, `run=${before}`, "overridden by a later run=, expected only one");
    }
    configuration.run = value;
  } else if (equals > 0 && key == "ip") {
    readIp(configuration, word, value);
  } else if (equals > 0 && PROXY_KEYS.includes(key)) {
    const problem = configuration.proxies.set(key, value, true);
    if (problem != "") report(configuration, word, problem);
  } else if (equals > 0 && LOG_KEYS.includes(key)) {
    const problem = configuration.logs.set(key, value, true);
    if (problem != "") report(configuration, word, problem);
  } else if (equals > 0 && key.startsWith(PARAMETER_PREFIX)) {
    const name = key.substring(PARAMETER_PREFIX.length);
    configuration.parameters.push(new ParameterSetting(word, name, value));
  } else if (equals > 0 && key == "panic") {
    const seconds = parseDecimalText(value);
    if (seconds >= 0 && seconds <= PANIC_SECONDS) configuration.panicSeconds = seconds as u32;
    else report(configuration, word, `invalid value, expected seconds from 0 to ${PANIC_SECONDS}`);
  } else if (equals > 0 && key == "ds") {
    const known = OTHER_SOURCES.includes(value) || providerNamed(value) != null;
    if (known) configuration.dataSource = value;
    else {
      const names = `${OTHER_SOURCES.join(", ")}, ${providerNames()}`;
      report(configuration, word, `unknown source, expected ${names}`);
    }
  } else if (equals > 0 && key == "console") {
    const problem = configuration.console.set(value);
    if (problem != "") report(configuration, word, problem);
  } else if (!FOREIGN_KEYS.includes(key)) {
    report(
      configuration,
      word,
      "unknown parameter, expected ip=, console=, ds=, panic=, run=, http_proxy=, netconsole=, " +
        "syslog= or sysctl.NAME=",
    );
  }
}

function readIp(configuration: Configuration, word: string, value: string): void {
  const ip = new IpParameter(value);
  if (ip.failure != "") {
    report(configuration, word, ip.failure);
    return;
  }
  configuration.ipParameters.push(ip);
  if (ip.hostname != "") configuration.setHostname(ip.hostname, Source.CommandLine);
}
