/**
 * The twin: build/kernel.wasm in Node, on the models of a PC, with all inputs of a machine: frames,
 * the cable, keys, the reset button. The same seed and inputs give the same run.
 */
import type { Recorder } from "../../../tools/tape/recorder.ts";
import { type Exports, readString } from "../scripted/assembly.ts";
import { counters } from "../scripted/coverage.ts";
import { VirtualClock } from "./clock.ts";
import {
  type KernelModule,
  kernelBytes,
  kernelMemory,
  kernelModule,
  TOTAL,
} from "./kernel-module.ts";
import { type Machine, type MachineOptions, MachineStopped } from "./machine.ts";
import type { NicOptions } from "./nic.ts";
import type { Fault, NicModel } from "./nic-model.ts";
import { buildPc, seeded } from "./pc.ts";

/** Bytes of garbage up to which it is collected only on request, as in machine/native/host.c. */
const MIN_GARBAGE = 256 << 10;
/** Virtual nanoseconds that firmware and loader take. */
const BOOT_TIME = 5e8;
/** The class id of an ArrayBuffer, in which the collector looks for no references. */
const BYTES = 1;
/** Turns without a sleep or a device access that count as an endless loop. */
const RESTLESS = 5000;

export interface TwinOptions {
  name?: string;
  seed?: number;
  mac?: number[];
  commandLine?: string;
  modules?: { name: string; bytes: Uint8Array }[];
  machine?: MachineOptions;
  nic?: NicOptions;
  /** Records everything that enters and leaves the kernel. */
  recorder?: Recorder;
}

/** Thrown when the kernel panics (a trap, a failed assertion, no memory) or loops forever. */
export class TwinPanic extends Error {}

export type TwinState = "on" | "off" | "halted";

export class Twin {
  readonly name: string;
  readonly mac: number[];
  readonly clock = new VirtualClock();
  machine!: Machine;
  nic!: NicModel;
  state: TwinState = "off";
  /** The N of `poweroff N`, or 0. */
  exitCode = 0;
  boots = 0;
  /** The number of turns, and of sleeps between them. */
  turns = 0;
  collections = 0;
  /** The console's output of all boots that have ended. */
  console = "";
  /** Called with each frame sent. */
  onSend: (frame: Uint8Array) => void = () => {};
  /** Called when the machine stops, except by a panic; after a reset, before it boots again. */
  onStop: (reason: MachineStopped["reason"]) => void = () => {};
  /** The exports of this boot's module. */
  exports!: Exports;
  private live = 0;
  private restless = 0;
  private accesses = 0;
  private linked = true;
  private rtcShift = 0;
  private readonly random: () => bigint;

  private constructor(
    readonly options: TwinOptions,
    private readonly kernel: KernelModule,
  ) {
    this.name = options.name ?? "twin";
    this.mac = options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    this.random = seeded(BigInt(options.seed ?? 1));
  }

  /** Boots a twin, and returns it before the kernel's first turn. */
  static async boot(options: TwinOptions = {}): Promise<Twin> {
    const twin = new Twin(options, await kernelModule());
    twin.start();
    return twin;
  }

  /** The console's output, this boot's included. */
  get output(): string {
    return this.console + (this.state === "on" ? this.machine.uart.output : "");
  }

  /** Returns when `step` has to be called: now, unless the twin sleeps (or is off: never). */
  wakeAt(): number {
    if (this.state !== "on") return Number.POSITIVE_INFINITY;
    return this.machine.wakeAt();
  }

  /** Runs one turn, or sleeps until something happens, at the latest until `until`. */
  step(until: number): void {
    const awake = !this.machine.suspended;
    try {
      this.machine.step(until);
    } catch (error) {
      this.broke(error);
    }
    if (this.state !== "on") return;
    this.turns++;
    if (awake) this.collectIfDue();
    const { count, suspended } = this.machine;
    const accesses = count.port + count.mmioRead + count.mmioWrite;
    this.restless = suspended || accesses !== this.accesses ? 0 : this.restless + 1;
    this.accesses = accesses;
    if (this.restless > RESTLESS) this.panic(`awake for nothing: ${RESTLESS} idle turns`);
  }

  /** Lets time pass until `until` (nanoseconds). */
  run(until: number): void {
    while (this.state === "on" && this.clock.now < until) this.step(until);
  }

  /** Lets time pass, in seconds. */
  pass(seconds: number): this {
    this.run(this.clock.now + seconds * 1e9);
    return this;
  }

  /** Sleeps until `time`, if that is in the future, so that an input can arrive then. */
  reach(time: number): void {
    if (this.state === "on" && time > this.clock.now) {
      this.guard(() => this.machine.rest(time));
    }
  }

  /** Receives a frame at `time`. */
  receive(frame: Uint8Array, time = this.clock.now, fault: Fault = {}): void {
    this.reach(time);
    if (this.state !== "on") return;
    this.nic.receive(frame, fault);
    this.wake();
  }

  /** Types keys from `time` on, at the line's speed. */
  type(text: string | Uint8Array, time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.machine.uart.type(text);
  }

  /** Types a line, waits up to `seconds` for the prompt, and returns what was printed. */
  command(line: string, seconds = 60): string {
    const before = this.output.length;
    this.type(`${line}\r`);
    const end = this.clock.now + seconds * 1e9;
    while (this.state === "on" && this.clock.now < end) {
      this.run(Math.min(end, this.clock.now + 1e7));
      const said = this.output.slice(before + line.length);
      if (said.endsWith("\nanonymos> ")) break;
    }
    return this.output.slice(before);
  }

  setLink(up: boolean, time = this.clock.now): void {
    this.reach(time);
    this.linked = up;
    if (this.state !== "on") return;
    this.nic.setLink(up);
    this.wake();
  }

  /** Stalls the processor from `time` on, as a hypervisor or firmware may. */
  pause(nanoseconds: number, time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.machine.pausedUntil = time + nanoseconds;
  }

  /** Runs a turn now, even if nothing has happened that the kernel would wake for. */
  rouse(): void {
    this.machine.rouse();
    this.step(this.clock.now);
  }

  /** Sets the real-time clock `seconds` ahead of the right time; may be negative. */
  setClock(seconds: number): void {
    this.rtcShift = seconds;
    this.machine.rtc.shift = this.rtcShift;
  }

  /** Presses the reset button at `time`. */
  reset(time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.stopped(new MachineStopped("reset"));
  }

  /** Returns the bytes in the kernel's objects, garbage included. */
  heapBytes(): number {
    return (this.exports[TOTAL] as WebAssembly.Global).value >>> 0;
  }

  /** Returns the size of linear memory in bytes. */
  memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Allocates all memory, which must have a limit, except one block of `left` bytes. */
  hog(left: number): void {
    const { __new, __pin, __unpin, __collect } = this.exports;
    const spare = __pin(__new(left, BYTES));
    for (const size of [65536, 4096, 256, 16]) {
      try {
        for (;;) __pin(__new(size, BYTES));
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      }
    }
    __unpin(spare);
    __collect();
  }

  private start(): void {
    const { options, mac } = this;
    const { commandLine, modules } = options;
    const own: MachineOptions = { commandLine, modules, random: this.random, ...options.machine };
    const { machine, nic } = buildPc({ ...own, clock: this.clock }, { mac, ...options.nic });
    this.machine = machine;
    this.nic = nic;
    if (!this.linked) nic.setLink(false);
    machine.rtc.shift = this.rtcShift;
    nic.onSend = (frame) => {
      nic.sent.length = 0;
      this.onSend(frame);
    };
    machine.heapUsed = () => this.heapBytes();
    this.exports = this.instantiate(machine);
    machine.attach(this.exports);
    this.state = "on";
    this.live = 0;
    this.restless = 0;
    this.boots++;
    this.guard(() => {
      this.exports.boot();
      machine.setInterrupts(true);
    });
  }

  private instantiate(machine: Machine): Exports {
    const host = machine.host() as Record<string, WebAssembly.ImportValue>;
    const abort = (message: number, file: number, line: number, column: number) => {
      const { memory } = this.exports;
      const where = `${readString(memory, file)}:${line}:${column}`;
      this.panic(`${readString(memory, message)} at ${where}`);
    };
    const { recorder, machine: { memoryLimit: limit = 2 ** 32 } = {} } = this.options;
    const { module } = this.kernel;
    const memory = kernelMemory(this.kernel, limit);
    const imports = { host, env: { abort }, twin: { memory }, ...counters };
    if (recorder) return recorder.instantiate(module, kernelBytes(), limit, imports);
    return new WebAssembly.Instance(module, imports).exports as Exports;
  }

  /** Collects as the native loop does: on request, or after enough growth (`allowance`). */
  private collectIfDue(): void {
    const total = this.heapBytes();
    const allowance = Math.max(this.live, MIN_GARBAGE);
    const { machine } = this;
    if (!machine.collectionWanted && total - this.live <= allowance) return;
    machine.collectionWanted = false;
    this.exports.__collect();
    this.live = this.heapBytes();
    this.collections++;
  }

  private wake(): void {
    this.guard(() => this.machine.rest(this.clock.now));
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.broke(error);
    }
  }

  private broke(error: unknown): void {
    if (error instanceof MachineStopped) this.stopped(error);
    else if (error instanceof WebAssembly.RuntimeError) this.panic(this.trapReason(error));
    // V8 throws this when the stack is exhausted.
    else if (error instanceof RangeError) this.panic(`stack overflow: ${error.message}`);
    else throw error;
  }

  /** As in machine/native/host.c: the allocator traps when memory cannot grow. */
  private trapReason(error: WebAssembly.RuntimeError): string {
    const inAllocator = /at ~lib\/rt\/tlsf\//.test(String(error.stack));
    return `${inAllocator ? "out of memory: " : ""}${error.stack}`;
  }

  private stopped(why: MachineStopped): void {
    this.console += this.machine.uart.output;
    this.clock.clear();
    this.state = why.reason === "halt" ? "halted" : "off";
    this.exitCode = why.code;
    this.onStop(why.reason);
    if (why.reason !== "reset") return;
    this.clock.advance(BOOT_TIME);
    this.start();
  }

  private panic(reason: string): never {
    this.console += `${this.machine.uart.output}\npanic: ${reason}\n`;
    this.state = "halted";
    throw new TwinPanic(`${this.name} at ${this.clock.now / 1e9} s: panic: ${reason}`);
  }
}
