/**
 * Runs a kernel again from its tape: the same module gets the same numbers and bytes in the same
 * order. All that the kernel does must be on the tape too. The first difference is reported with
 * its stack in TypeScript.
 */
import { SourceMap } from "../../compiler-config/source-map.ts";
import { kernelBytes, kernelPath, PAGE, withLimit } from "../../tests/lab/machine/kernel-module.ts";
import { type Exports, readString } from "../../tests/lab/scripted/assembly.ts";
import {
  CALLS,
  checksum,
  FIRST_ACT,
  fingerprint,
  INTERRUPT,
  PLACES,
  RESULT,
  RETURNED,
  TapeEnded,
  TapeReader,
  TRAPPED,
  TURN,
} from "./format.ts";
import { type HostFunction, importsOf, isSilent } from "./host-functions.ts";
import { stackOf } from "./stack.ts";

type Value = number | bigint;

/** The kernel did something that is not on the tape. */
export class Divergence extends Error {}

/** Data ports of COM1 and COM2, one of which is the console. */
const DATA_PORTS = [0x3f8, 0x2f8];
const LINE_CONTROL = 3;
const DIVISOR_ACCESS = 0x80;

export interface PlayerOptions {
  kernel: Uint8Array<ArrayBuffer>;
  map: SourceMap;
  tape: Uint8Array;
  /** Called with what the kernel prints on a serial port. */
  print: (character: string) => void;
}

export class Player {
  /** Boots so far, and calls of the kernel in the last one. */
  boots = 0;
  calls = 0;
  /** Calls of host functions so far. */
  acts = 0;
  private readonly reader: TapeReader;
  private readonly functions: HostFunction[];
  /** Bytes inserted into the module before its code. */
  private shift = 0;
  private exports!: Exports;
  /** The line control register of each serial port. */
  private lineControl: number[] = [];

  constructor(private readonly options: PlayerOptions) {
    this.reader = new TapeReader(options.tape);
    this.functions = importsOf(new WebAssembly.Module(options.kernel));
  }

  /** Plays all boots to the end of the tape. */
  play(): void {
    do {
      try {
        this.playBoot();
      } catch (error) {
        if (!(error instanceof TapeEnded)) throw error;
      }
    } while (this.reader.peek() >= 0);
  }

  private playBoot(): void {
    const { reader } = this;
    const head = reader.boot();
    if (!fingerprint(this.options.kernel).equals(head.fingerprint)) {
      throw new Error("the tape was recorded with another kernel.wasm");
    }
    this.boots++;
    this.calls = 0;
    this.lineControl = DATA_PORTS.map(() => 0);
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    this.functions.forEach((wanted, index) => {
      imports[wanted.from] ??= {};
      imports[wanted.from][wanted.name] = (
        isSilent(wanted) ? () => {} : this.act(FIRST_ACT + index, wanted)
      ) as WebAssembly.ImportValue;
    });
    const limited = withLimit(this.options.kernel, head.pages * PAGE);
    this.shift = limited.length - this.options.kernel.length;
    const module = new WebAssembly.Module(limited);
    this.exports = new WebAssembly.Instance(module, imports).exports as Exports;
    while (!reader.ended()) this.playCall();
  }

  private playCall(): void {
    const { reader } = this;
    const code = reader.code();
    if (code >= CALLS.length) throw this.differs(`the kernel did not call ${this.nameOf(code)}`);
    this.calls++;
    const vector = code === INTERRUPT ? reader.narrow(code * PLACES) : 0;
    const result = this.guard(() => this.exports[CALLS[code]](vector));
    if (result === TRAPPED) return;
    if (reader.ended()) throw new TapeEnded();
    const next = reader.code();
    if (next !== RETURNED) {
      throw this.differs(`${CALLS[code]} returned, expected ${this.nameOf(next)}`);
    }
    if (code !== TURN) return;
    const wanted = reader.wide(code * PLACES + RESULT);
    if (result !== wanted) throw this.differs(`turn returned ${result}, expected ${wanted}`);
  }

  /** Calls the kernel. Returns TRAPPED if it trapped where the tape has a trap or ends. */
  private guard(action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      const trapped = this.reader.peek() === TRAPPED;
      if (!trapped && !this.reader.ended()) throw this.differs(error.message, error);
      if (trapped) this.reader.code();
      this.say(`panic: ${error.message}`, error);
      return TRAPPED;
    }
  }

  private act(code: number, wanted: HostFunction): (...values: Value[]) => Value | undefined {
    const { reader } = this;
    const { name, parameters, result, taken } = wanted;
    return (...given: Value[]) => {
      const values = parameters.map(({ wide }, i) =>
        wide ? BigInt.asUintN(64, given[i] as bigint) : (given[i] as number) >>> 0,
      );
      this.acts++;
      while (reader.peek() >= 0 && reader.peek() < CALLS.length) this.playCall();
      if (reader.ended()) throw new TapeEnded();
      const found = reader.code();
      if (found !== code) {
        throw this.differs(
          `the kernel called ${call(name, values)}, expected ${this.nameOf(found)}`,
        );
      }
      const expected = parameters.map(({ wide }, i) =>
        wide ? reader.wide(code * PLACES + i) : reader.narrow(code * PLACES + i),
      );
      if (values.some((value, i) => value !== expected[i])) {
        const [got, right] = [call(name, values), call(name, expected)];
        throw this.differs(`the kernel called ${got}, expected ${right}`);
      }
      this.checkGiven(wanted, values);
      if (name === "out8") this.watch(values as number[]);
      if (name === "abort") this.sayAbort(values as number[]);
      if (reader.ended()) throw new TapeEnded();
      if (result === "none" && taken === undefined) return undefined;
      return this.answer(code, wanted, values);
    };
  }

  /** Returns the result of an act, and writes the bytes that the host wrote. */
  private answer(code: number, { result, taken }: HostFunction, values: Value[]) {
    const { reader } = this;
    const place = code * PLACES + RESULT;
    const none = result === "none";
    const value = none ? undefined : result === "wide" ? reader.wide(place) : reader.narrow(place);
    if (taken !== undefined) {
      const room = values[taken.length] as number;
      const bytes = reader.bytes(none ? room : Math.min(value as number, room));
      new Uint8Array(this.exports.memory.buffer).set(bytes, values[taken.address] as number);
    }
    return value;
  }

  private checkGiven({ name, given }: HostFunction, values: Value[]): void {
    const bytes = new Uint8Array(this.exports.memory.buffer);
    for (const { address, length } of given) {
      const [start, count] = [values[address] as number, values[length] as number];
      if (checksum(bytes, start, count) === this.reader.word()) continue;
      const text = Buffer.from(bytes.subarray(start, start + Math.min(count, 64))).toString("hex");
      const more = count > 64 ? "..." : "";
      throw this.differs(`${call(name, values)} has other bytes: ${text}${more}`);
    }
  }

  /** Prints what is sent through a serial port. */
  private watch([port, value]: number[]): void {
    DATA_PORTS.forEach((base, i) => {
      if (port === base + LINE_CONTROL) this.lineControl[i] = value;
      else if (port === base && (this.lineControl[i] & DIVISOR_ACCESS) === 0) {
        this.options.print(String.fromCharCode(value & 255));
      }
    });
  }

  private sayAbort([message, file, line, column]: number[]): void {
    const { memory } = this.exports;
    const where = `${readString(memory, file)}:${line}:${column}`;
    this.say(`panic: ${readString(memory, message)} at ${where}`, new Error());
  }

  private say(text: string, error: Error): void {
    const lines = [text, ...this.stack(error).map((at) => `  ${at}`)];
    for (const character of `\n${lines.join("\n")}\n`) this.options.print(character);
  }

  private stack(error: Error): string[] {
    return stackOf(error.stack ?? "", this.options.map, this.shift);
  }

  private nameOf(code: number): string {
    if (code === RETURNED) return "a return";
    if (code === TRAPPED) return "a trap";
    return CALLS[code] ?? this.functions[code - FIRST_ACT]?.name ?? `code ${code}`;
  }

  private differs(what: string, error?: Error): Divergence {
    const where = `boot ${this.boots}, call ${this.calls}, act ${this.acts}`;
    const divergence = new Divergence(`${where}: ${what}`);
    const stack = this.stack(error ?? divergence);
    divergence.message += stack.map((at) => `\n  ${at}`).join("");
    return divergence;
  }
}

/** `out8(0x3f8, 0x41)` */
function call(name: string, values: Value[]): string {
  return `${name}(${values.map((value) => `0x${value.toString(16)}`).join(", ")})`;
}

/** Returns all that the kernel in build/ prints when it is run from this tape. */
export function consoleOf(tape: Uint8Array): string {
  let console = "";
  const print = (character: string) => {
    console += character;
  };
  new Player({ kernel: kernelBytes(), map: SourceMap.of(kernelPath()), tape, print }).play();
  return console;
}
