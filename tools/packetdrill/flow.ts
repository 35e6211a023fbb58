/** The connection under test: translates the script's numbers to those on the wire, and back. */
import type { Seen } from "./host.ts";
import { decodeOptions, type SegmentPattern, type TcpOption } from "./packet-pattern.ts";

const flagBits: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, ".": 16, U: 32, E: 64, W: 128 };
const scriptLetters: Record<string, string> = { ...{ A: ".", C: "W" } };
export const ecnBits = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };
const WRAP = 2 ** 32;

/** Returns the byte of a script's flags, without "A": AccECN's third bit is in the byte before. */
export function flagsValue(flags: string): number {
  return [...flags].reduce((bits, letter) => bits | (flagBits[letter] ?? 0), 0);
}

/** Returns the flags of a sent segment in a script's letters and order. */
export function flagsText(letters: string): string {
  const own = [...letters].map((letter) => scriptLetters[letter] ?? letter);
  return [..."SFRP.UEW"].filter((letter) => own.includes(letter)).join("") || "-";
}

/** Reports whether flags are those of a segment that opens a connection. */
export function isSyn(flags: string): boolean {
  return flags.includes("S") && !flags.includes(".");
}

/** Reports whether a sent segment opens a connection. */
export function isOpening({ flags }: Seen): boolean {
  return isSyn(flags.replace("A", "."));
}

/** How the kernel's timestamps, as a script expects them, relate to the actual ones. */
export interface ClockRules {
  /** By how many ticks they may differ, once the first is known; if undefined, by any number. */
  slack?: number;
  /** Whether an echo may be of a timestamp that was not seen before. */
  interpolated?: boolean;
}

export class Flow {
  localPort = 0;
  /** The kernel's initial sequence number, and the script's number for it. */
  private local = 0;
  private localStart = 0;
  /** The remote host's initial sequence number; undefined until its SYN has arrived. */
  private remote: number | undefined;
  /** The kernel's timestamps, by the script's. */
  private readonly timestamps = new Map<number, number>();
  /** The kernel's first timestamp minus the script's. */
  private clockOffset: number | undefined;

  constructor(
    public remotePort: number,
    private readonly clock: ClockRules = {},
  ) {}

  /** Notes the kernel's initial sequence number; `scripted` is the script's. */
  learn(scripted: number, actual: number): void {
    this.local = actual;
    this.localStart = scripted;
  }

  /** Notes the initial sequence number of the remote host, if its SYN is the first. */
  learnRemote(initial: number): void {
    this.remote ??= initial;
  }

  /**
   * Returns a sequence number of the kernel's side as it is on the wire. As in packetdrill, the
   * numbers of scripts count from the initial ones, except for those of SYNs.
   */
  localOnWire(number: number): number {
    return modulo(number + this.local);
  }
  /** Likewise for the remote host's side; `syn` for the number of a SYN. */
  remoteOnWire(number: number, syn: boolean): number {
    return modulo(syn ? number : number + (this.remote ?? 0));
  }

  /** Translates the options of a segment that arrives. */
  inbound(options: TcpOption[]): TcpOption[] {
    return options.map((option) => {
      if (option.kind === "TS") {
        return { ...option, echo: this.timestamps.get(option.echo) ?? this.guess(option.echo) };
      }
      if (option.kind !== "sack") return option;
      const blocks = option.blocks.map(([from, to]) => this.localBlock(from, to));
      return { ...option, blocks };
    });
  }

  /** Returns a sent segment in the script's numbers. `pattern` is what the script expects. */
  scripted(sent: Seen, pattern: SegmentPattern): SegmentPattern {
    const syn = sent.flags.includes("S");
    const start = modulo(sent.sequence - this.local + (syn ? this.localStart : 0));
    const remote = syn ? 0 : (this.remote ?? 0);
    const length = sent.payload.length;
    const options = decodeOptions(sent.options).map((option) => this.option(option, pattern));
    const ecn = (Object.keys(ecnBits) as (keyof typeof ecnBits)[]).find(
      (name) => ecnBits[name] === sent.ecn,
    );
    return {
      ...{ kind: "tcp", inbound: false, flags: flagsText(sent.flags), ecn },
      ...{ start, end: start + length, length, window: sent.window },
      acknowledgment: sent.flags.includes("A") ? modulo(sent.acknowledgment - remote) : undefined,
      options,
    };
  }

  private localBlock(from: number, to: number): [number, number] {
    return [this.localOnWire(from), this.localOnWire(to)];
  }

  private option(option: TcpOption, pattern: SegmentPattern): TcpOption {
    if (option.kind === "sack") {
      const back = (number: number) => modulo(number - (this.remote ?? 0));
      const blocks = option.blocks.map(([from, to]): [number, number] => [back(from), back(to)]);
      return { ...option, blocks };
    }
    if (option.kind !== "TS") return option;
    const expected = pattern.options?.find(({ kind }) => kind === "TS");
    if (expected?.kind !== "TS") return option;
    return this.matches(expected.value, option.value)
      ? { ...option, value: expected.value }
      : { ...option, value: modulo(option.value - (this.clockOffset ?? 0)) };
  }

  /** Compares a timestamp, and notes it for echoes. */
  private matches(scripted: number, actual: number): boolean {
    this.clockOffset ??= actual - scripted;
    this.timestamps.set(scripted, actual);
    if (this.clock.slack === undefined) return true;
    const ahead = modulo(actual - this.clockOffset - scripted);
    return Math.min(ahead, WRAP - ahead) <= this.clock.slack;
  }

  private guess(echo: number): number {
    const known = this.clock.interpolated ? this.clockOffset : undefined;
    return known === undefined ? echo : modulo(echo + known);
  }
}

function modulo(number: number): number {
  return ((number % WRAP) + WRAP) % WRAP;
}
