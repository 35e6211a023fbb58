/**
 * The boot configuration. The command line takes precedence over the file, the console over both,
 * and DHCP's values come after everything that is configured.
 */
import { parseDecimalText } from "../../core/text";
import { InterfaceSettings } from "../../net/service/settings";
import { IpParameter } from "./ip-parameter";

export const CONFIG_FILE: string = "anonymos.conf";

/** Where the host name comes from, weakest first: a source replaces those that are not stronger. */
export const enum Source {
  Default = 0,
  File = 1,
  CommandLine = 2,
}

/** An entry of the hosts file. */
export class HostSetting {
  constructor(
    readonly name: string,
    readonly address: u32,
  ) {}
}

/** A [Match]: the interfaces that a part of the file is for; if empty, all of them. */
export class Match {
  readonly names: Array<string> = [];
  readonly hardware: Array<u64> = [];

  everything(): bool {
    return this.names.length == 0 && this.hardware.length == 0;
  }

  /** Reports whether an interface matches by name, which may end in `*`, and by address. */
  fits(name: string, hardware: u64): bool {
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
  /** It matched an interface. */
  fitting: bool = false;
  readonly match: Match = new Match();
  readonly settings: InterfaceSettings = new InterfaceSettings();
}

export class Configuration {
  /** Errors, ready to be printed: `cmdline: WORD: what was expected`. */
  readonly problems: Array<string> = [];
  /** Empty if not configured (DHCP may supply one). */
  hostname: string = "";
  hostnameSource: Source = Source.Default;
  /** `console=ttyS0,BAUD` */
  baud: u32 = 115200;
  /** `panic=`: seconds until a panic reboots; 0 = never. */
  panicSeconds: u32 = 0;
  /** `run=`: the first command line of the console, or "". */
  run: string = "";
  /** The entries of the boot module `hosts`. */
  readonly hosts: Array<HostSetting> = [];
  readonly file: Array<MatchedSettings> = [];
  readonly ipParameters: Array<IpParameter> = [];

  setHostname(name: string, source: Source): void {
    if (source < this.hostnameSource) return;
    this.hostname = name;
    this.hostnameSource = source;
  }

  /**
   * Returns the settings of one interface: those of the first matching part of the file, overridden
   * by `ip=`. An address that is not bound to an interface is for net0.
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
   * Reports each `ip=` for a device beyond the `count` present, and each [Match] that matched none
   * of the interfaces passed to `settingsFor`.
   */
  reportMissing(count: i32): void {
    for (let i = 0; i < this.ipParameters.length; i++) {
      const word = this.ipParameters[i];
      const number = parseDecimalText(word.device.substring(3));
      if (word.device == "" || number < count) continue;
      const devices = count == 0 ? "a machine with a network device" : `net0 to net${count - 1}`;
      this.problems.push(`cmdline: ip=${word.text}: expected ${devices} instead of ${word.device}`);
    }
    for (let i = 0; i < this.file.length && count > 0; i++) {
      const part = this.file[i];
      if (part.line == 0 || part.fitting) continue;
      this.problems.push(`${CONFIG_FILE}:${part.line}: expected a [Match] that fits a device`);
    }
  }

  /** Returns the last matching `ip=`; one that names the interface takes precedence. */
  private parameterFor(name: string): IpParameter | null {
    let found: IpParameter | null = null;
    for (let i = 0; i < this.ipParameters.length; i++) {
      const word = this.ipParameters[i];
      const anyDevice = word.device == "" && (word.address == null || name == "net0");
      if (word.device == name) found = word;
      else if (anyDevice && (found == null || found.device == "")) found = word;
    }
    return found;
  }
}
