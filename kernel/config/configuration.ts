/**
 * What was configured, and from where: the command line wins over the file, the console over
 * both, and what DHCP sends comes after everything that was given by hand.
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

/** A name that needs no name server. */
export class HostSetting {
  constructor(
    readonly name: string,
    readonly address: u32,
  ) {}
}

/** Which interfaces a part of the file is for: [Match]. Nothing given: all of them. */
export class Match {
  readonly names: Array<string> = [];
  readonly hardware: Array<u64> = [];

  everything(): bool {
    return this.names.length == 0 && this.hardware.length == 0;
  }

  /** A name may end in `*`. What is given of both kinds must fit. */
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

/** One part of the file: a [Match] and what belongs to it. */
export class MatchedSettings {
  /** Of its [Match] in the file; 0: it has none. */
  line: i32 = 0;
  /** It fits an interface that there is. */
  fitting: bool = false;
  readonly match: Match = new Match();
  readonly settings: InterfaceSettings = new InterfaceSettings();
}

export class Configuration {
  /** What was wrong, a line each, ready to be printed: `cmdline: WORD: what was expected`. */
  readonly problems: Array<string> = [];
  /** Empty when nobody gave one (DHCP may). */
  hostname: string = "";
  hostnameSource: Source = Source.Default;
  /** `console=ttyS0,BAUD` */
  baud: u32 = 115200;
  /** `panic=`: seconds until a panic reboots, 0 = never. */
  panicSeconds: u32 = 0;
  /** `run=`: what the console does first, or "". */
  run: string = "";
  /** What the module `hosts` says. */
  readonly hosts: Array<HostSetting> = [];
  readonly file: Array<MatchedSettings> = [];
  readonly ipParameters: Array<IpParameter> = [];

  setHostname(name: string, source: Source): void {
    if (source < this.hostnameSource) return;
    this.hostname = name;
    this.hostnameSource = source;
  }

  /**
   * The settings of one interface: those of the first part of the file that fits, and over them
   * what `ip=` says. An address that is not bound to an interface is meant for net0.
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
   * Reports each `ip=` that is meant for a device beyond the `count` that there are, and each
   * [Match] that fitted none of those that `settingsFor` was asked for.
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

  /** The last `ip=` that fits; one that names the interface comes before one that does not. */
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
