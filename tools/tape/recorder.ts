/**
 * Records everything that passes between a module and its machine. It models no devices:
 * memory that hardware writes is recorded when the kernel learns of it (`dmaArrived`), and memory
 * that hardware reads is recorded when the kernel says that it is ready (`dmaReady`).
 */
import { PAGE } from "../../tests/lab/machine/kernel-module.ts";
import type { Exports } from "../../tests/lab/scripted/assembly.ts";
import {
  CALLS,
  checksum,
  FIRST_ACT,
  fingerprint,
  INTERRUPT,
  PLACES,
  RESULT,
  RETURNED,
  TapeWriter,
  TRAPPED,
  TURN,
} from "./format.ts";
import { type HostFunction, importsOf, isSilent } from "./host-functions.ts";

type Callable = (...values: never[]) => unknown;
type Value = number | bigint;
type Act = (...values: Value[]) => Value;

export class Recorder {
  private readonly writer: TapeWriter;
  private exports!: Exports;
  private memory = new Uint8Array();

  constructor(sink: (bytes: Uint8Array) => void) {
    this.writer = new TapeWriter(sink);
  }

  /**
   * Returns an instance of the module, which was compiled from the bytes `kernel` with a memory of
   * at most `limit` bytes. Everything that it does is recorded.
   */
  instantiate(
    module: WebAssembly.Module,
    kernel: Uint8Array,
    limit: number,
    imports: Record<string, Record<string, unknown>>,
  ): Exports {
    this.writer.boot(fingerprint(kernel), Math.floor(limit / PAGE));
    const recorded: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    importsOf(module).forEach((wanted, index) => {
      const act = imports[wanted.from][wanted.name] as Act;
      recorded[wanted.from] ??= {};
      recorded[wanted.from][wanted.name] = (
        isSilent(wanted) ? act : this.act(FIRST_ACT + index, wanted, act)
      ) as WebAssembly.ImportValue;
    });
    this.exports = new WebAssembly.Instance(module, recorded).exports as Exports;
    const calls = CALLS.map((name, code) => [name, this.call(code, this.exports[name])]);
    return { ...this.exports, ...Object.fromEntries(calls) };
  }

  /** Passes what is buffered to the sink. */
  flush(): void {
    this.writer.flush();
  }

  private call(code: number, call: (...values: Value[]) => Value): Callable {
    const { writer } = this;
    return (vector: number) => {
      writer.code(code);
      if (code === INTERRUPT) writer.narrow(code * PLACES, vector);
      try {
        const result = call(vector);
        writer.code(RETURNED);
        if (code === TURN) writer.wide(code * PLACES + RESULT, result as bigint);
        return result;
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) writer.code(TRAPPED);
        throw error;
      }
    };
  }

  private act(code: number, wanted: HostFunction, act: Act): Callable {
    const { parameters, result, given, taken } = wanted;
    const plain = given.length === 0 && taken === undefined && !parameters.some((p) => p.wide);
    const [count, hasResult] = [parameters.length, result !== "none"];
    if (plain && result === "wide" && count <= 1) return this.wideAct(code, count, act);
    if (plain && result !== "wide" && count === (hasResult ? 1 : 2)) {
      return this.shortAct(code, hasResult, act);
    }
    return this.anyAct(code, wanted, act);
  }

  // Nearly all acts access ports, memory or clocks: these short forms are for speed alone.

  /** An act with one narrow parameter and a narrow result, or two such parameters and no result. */
  private shortAct(code: number, hasResult: boolean, act: Act): Callable {
    const { writer } = this;
    const first = code * PLACES;
    if (hasResult) {
      return (a: number) => {
        let answer: number;
        try {
          answer = act(a) as number;
        } catch (error) {
          writer.code(code);
          writer.narrow(first, a);
          throw error;
        }
        writer.short(code, first, a, first + RESULT, answer);
        return answer;
      };
    }
    return (a: number, b: number) => {
      try {
        act(a, b);
      } finally {
        writer.short(code, first, a, first + 1, b);
      }
    };
  }

  private wideAct(code: number, count: number, act: Act): Callable {
    const { writer } = this;
    const place = code * PLACES;
    return (a: number) => {
      const answer = act(a) as bigint;
      writer.code(code);
      if (count > 0) writer.narrow(place, a);
      writer.wide(place + RESULT, answer);
      return answer;
    };
  }

  private anyAct(code: number, wanted: HostFunction, act: Act): Callable {
    const { writer } = this;
    const { parameters, result, given, taken } = wanted;
    const number = (wide: boolean, place: number, value: Value) => {
      if (wide) writer.wide(code * PLACES + place, value as bigint);
      else writer.narrow(code * PLACES + place, value as number);
    };
    const outward = (values: Value[]) => {
      writer.code(code);
      for (let i = 0; i < parameters.length; i++) number(parameters[i].wide, i, values[i]);
      for (const { address, length } of given) {
        const [start, count] = [Number(values[address]) >>> 0, Number(values[length]) >>> 0];
        writer.word(checksum(this.view(), start, count));
      }
    };
    return (...values: Value[]) => {
      let answer: Value;
      try {
        answer = act(...values);
      } catch (error) {
        outward(values);
        throw error;
      }
      outward(values);
      if (result !== "none") number(result === "wide", RESULT, answer);
      if (taken !== undefined) {
        const [start, room] = [values[taken.address], values[taken.length]].map(Number);
        const count = result === "none" ? room >>> 0 : Math.min(Number(answer) >>> 0, room >>> 0);
        writer.bytes(this.view().subarray(start >>> 0, (start >>> 0) + count));
      }
      return answer;
    };
  }

  /** Returns the module's memory, which may have grown. */
  private view(): Uint8Array {
    const { buffer } = this.exports.memory;
    if (this.memory.buffer !== buffer) this.memory = new Uint8Array(buffer);
    return this.memory;
  }
}
