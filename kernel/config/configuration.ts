/**
 * The boot configuration. The console overrides the command line, which overrides the file. Values
 * from DHCP apply where nothing is configured.
 */

import { parseDecimalText } from "../../core/text";
import { InterfaceSettings } from "../../net/service/settings";
import { formatHardware, Ipv4Address } from "../../net/wire/address";
import { ConsoleSettings } from "./console-parameter";
import { IpParameter } from "./ip-parameter";
import { KernelParameters } from "./kernel-parameters";
import { LogSettings } from "./log-settings";
import { ProxySettings } from "./proxy-settings";
import { isInterfaceName } from "./values";

export const CONFIG_FILE: string = "anonymos.conf";
/** The name of a cidata volume as a source of settings, as in cloud-init. */
export const NO_CLOUD: string = "nocloud";
/** The name of DHCP servers as a source of settings. */
export const DHCP_SOURCE: string = "dhcp";

/** Where the host name comes from. A later source in this list overrides an earlier one. */
export const enum Source {
  Default = 0,
  File = 1,
  CommandLine = 2,
}

/** An entry of the hosts file. */
export class HostSetting {
  constructor(
    readonly name: string,
    readonly address: Ipv4Address,
  ) {}
}

/** A `sysctl.NAME=VALUE` of the command line; see `KernelParameters`. */
export class ParameterSetting {
  constructor(
    /** The whole word. */
    readonly word: string,
    readonly name: string,
    readonly value: string,
  ) {}
}

/** A [Match] section: the interfaces that a part of the file applies to; if empty, all. */
class Match {
  /** Set if a line is invalid or unsupported: no interface matches then, rather than too many. */
  invalid: bool = false;
  readonly names: Array<string> = [];
  readonly hardware: Array<u64> = [];

  /** Reports whether it matches every interface. */
  everything(): bool {
    return this.names.length == 0 && this.hardware.length == 0 && !this.invalid;
  }

  /** Returns the names and addresses, as they can be typed. */
  text(): string {
    const texts = this.names.slice(0);
    for (let i = 0; i < this.hardware.length; i++) texts.push(formatHardware(this.hardware[i]));
    return texts.join(" ");
  }

  /** Reports whether an interface matches by name (a pattern may end in `*`) and by address. */
  fits(name: string, hardware: u64): bool {
    if (this.invalid) return false;
    if (this.hardware.length > 0 && !this.hardware.includes(hardware)) return false;
    for (let i = 0; i < this.names.length; i++) {
      const wanted = this.names[i];
      if (wanted == name) return true;
      const stem = wanted.substring(0, wanted.length - 1);
      if (wanted.endsWith("*") && name.startsWith(stem)) return true;
    }
    return this.names.length == 0;
  }
}

/** One part of the file: a [Match] and its settings. */
export class MatchedSettings {
  /** The line of its [Match]; 0 if it has none. */
  line: i32 = 0;
  /** Set once its [Match] has matched an interface. */
  fitting: bool = false;
  readonly match: Match = new Match();
  readonly settings: InterfaceSettings = new InterfaceSettings();
}

/** The configuration from the command line and the boot files. */
export class Configuration {
  /** Error messages: `FILE:LINE: WHAT: WHY, expected WHAT`; `cmdline` stands for FILE:LINE. */
  readonly problems: Array<string> = [];
  /** "" if not configured; DHCP may then supply one. */
  hostname: string = "";
  hostnameSource: Source = Source.Default;
  /** `console=` */
  readonly console: ConsoleSettings = new ConsoleSettings();
  /** `panic=`: seconds from a panic to the reboot; 0 means no reboot. */
  panicSeconds: u32 = 0;
  /** `run=`: the first command line of the console, or "". */
  run: string = "";
  /** `http_proxy=`, `https_proxy=` and `no_proxy=`. */
  readonly proxies: ProxySettings = new ProxySettings();
  /** `netconsole=` and `syslog=`. */
  readonly logs: LogSettings = new LogSettings();
  /** The entries of the boot file `hosts`, at most HOSTS_ENTRIES. */
  readonly hosts: Array<HostSetting> = [];
  /** The parts of anonymos.conf, in order. */
  file: Array<MatchedSettings> = [];
  /** Whether there is an anonymos.conf at all, or user data. Settings of DHCP are then not used. */
  hasFile: bool = false;
  /** Whether anonymos.conf is a boot module, which user data does not override. */
  fixedFile: bool = false;
  /** `ds=`: the source of user data, "none", or "" to search for one. */
  dataSource: string = "";
  /** Commands of user data on a disk, one a line. */
  script: string = "";
  /** The valid `ip=` parameters, in order. */
  readonly ipParameters: Array<IpParameter> = [];
  /** The `sysctl.NAME=VALUE` words, in order. */
  readonly parameters: Array<ParameterSetting> = [];
  /** The number of network devices; set before `settingsFor` is called. */
  devices: i32 = 0;

  /** Reports whether user data may come from a source. */
  usesSource(name: string): bool {
    return this.dataSource == "" || this.dataSource == name;
  }

  /** Sets the host name, unless a stronger source has set it. */
  setHostname(name: string, source: Source): void {
    if (source < this.hostnameSource) return;
    this.hostname = name;
    this.hostnameSource = source;
  }

  /**
   * Returns the settings of an interface: those of the first matching part of the file, overridden
   * by `ip=`. An `ip=` without a device, or a part of the file without a [Match], that has a
   * static address applies to net0 only.
   */
  settingsFor(name: string, hardware: u64): InterfaceSettings {
    let found: MatchedSettings | null = null;
    for (let i = 0; i < this.file.length; i++) {
      const part = this.file[i];
      const shared = part.match.everything() && part.settings.addresses.length > 0;
      if (shared && name != "net0") continue;
      if (!part.match.fits(name, hardware)) continue;
      part.fitting = true;
      if (found == null) found = part;
    }
    const settings = found == null ? new InterfaceSettings() : found.settings.copy();
    const word = this.parameterFor(name);
    if (word != null) word.apply(settings);
    return settings;
  }

  /**
   * Reports every `ip=` whose device is not present and, if there is any device, every [Match] that
   * matched none of the interfaces passed to `settingsFor`.
   */
  reportMissing(): void {
    const count = this.devices;
    for (let i = 0; i < this.ipParameters.length; i++) {
      const word = this.ipParameters[i];
      if (word.device == "" || this.namesOnlyDevice(word.device)) continue;
      const own = isInterfaceName(word.device);
      if (own && parseDecimalText(word.device.substring(3)) < count) continue;
      const last = count > 1 ? ` to net${count - 1}` : "";
      const devices = count == 0 ? "a supported network device" : `net0${last}`;
      const problem = `no such device ${word.device}, expected ${devices}`;
      this.problems.push(`cmdline: ip=${word.text}: ${problem}`);
    }
    for (let i = 0; i < this.file.length && count > 0; i++) {
      const part = this.file[i];
      if (part.line == 0 || part.fitting) continue;
      const problem = part.match.invalid
        ? "[Match]: its settings apply to no device, expected only valid Name= and MACAddress="
        : `[Match]: no device matches ${part.match.text()}`;
      this.problems.push(`${CONFIG_FILE}:${part.line}: ${problem}`);
    }
  }

  /** Makes the changes of the `sysctl.NAME=VALUE` words, and reports those that are invalid. */
  applyTo(parameters: KernelParameters): void {
    for (let i = 0; i < this.parameters.length; i++) {
      const setting = this.parameters[i];
      const problem = parameters.change(setting.name, setting.value);
      if (problem != "") this.problems.push(`cmdline: ${setting.word}: ${problem}`);
    }
  }

  /**
   * Reports whether a name like Linux's `eth0` must mean the machine's only device. It might not if
   * it names a VLAN, as `eth0.100` does, or if another `ip=` has a different name.
   */
  private namesOnlyDevice(device: string): bool {
    if (this.devices != 1 || !isForeign(device)) return false;
    for (let i = 0; i < this.ipParameters.length; i++) {
      const other = this.ipParameters[i].device;
      if (isForeign(other) && other != device) return false;
    }
    return true;
  }

  /** Returns the last `ip=` that applies to the interface, preferably one that names it. */
  private parameterFor(name: string): IpParameter | null {
    let found: IpParameter | null = null;
    for (let i = 0; i < this.ipParameters.length; i++) {
      const word = this.ipParameters[i];
      const anyDevice = word.device == "" && (word.address == null || name == "net0");
      if (word.device == name || this.namesOnlyDevice(word.device)) found = word;
      else if (anyDevice && (found == null || found.device == "")) found = word;
    }
    return found;
  }
}

/** Reports whether a name is that of a physical device in Linux, rather than net0, net1, ... */
function isForeign(device: string): bool {
  return device != "" && !device.includes(".") && !isInterfaceName(device);
}
