/**
 * The twin: build/kernel.wasm in Node on the models of a PC, with everything that can happen to
 * a machine from outside: frames, a cable, keys, a reset button. Same seed and inputs, same run.
 */
import type { Recorder } from "../../../tools/tape/recorder.ts";
import { type Exports, readString } from "../scripted/assembly.ts";
import { counters } from "../scripted/coverage.ts";
import { VirtualClock } from "./clock.ts";
import type { E1000Model, E1000Options, Fault } from "./e1000.ts";
import {
  type KernelModule,
  kernelBytes,
  kernelMemory,
  kernelModule,
  TOTAL,
} from "./kernel-module.ts";
import { type Machine, type MachineOptions, MachineStopped } from "./machine.ts";
import { buildPc, seeded } from "./pc.ts";

/** As machine/native/host.c: garbage below which nobody collects. */
const LEAST_GARBAGE = 256 << 10;
/** Virtual nanoseconds that firmware and loader take. */
const BOOT_TIME = 5e8;
/** What the collector calls an ArrayBuffer: nothing is in it that it looks at. */
const BYTES = 1;
/** Turns without a sleep or an access to a device that are called a loop. */
const RESTLESS = 5000;

export interface TwinOptions {
  name?: string;
  seed?: number;
  mac?: number[];
  commandLine?: string;
  modules?: { name: string; bytes: Uint8Array }[];
  machine?: MachineOptions;
  nic?: E1000Options;
  /** Writes down all that the kernel is given and does. */
  recorder?: Recorder;
}

/** The kernel panicked: a trap, an assertion, memory at its end. */
export class TwinPanic extends Error {}

export type TwinState = "on" | "off" | "halted";

export class Twin {
  readonly name: string;
  readonly mac: number[];
  readonly clock = new VirtualClock();
  machine!: Machine;
  nic!: E1000Model;
  state: TwinState = "off";
  /** What `poweroff N` gave, or 0. */
  exitCode = 0;
  boots = 0;
  turns = 0;
  collections = 0;
  /** Everything the console printed, over all boots. */
  console = "";
  /** Takes each frame that leaves. */
  onSend: (frame: Uint8Array) => void = () => {};
  /** Called once the machine has gone off, or before it boots again. */
  onStop: (reason: MachineStopped["reason"]) => void = () => {};
  /** What the module of this boot exports. */
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

  /** A machine that has just been switched on, before the kernel's first turn. */
  static async boot(options: TwinOptions = {}): Promise<Twin> {
    const twin = new Twin(options, await kernelModule());
    twin.start();
    return twin;
  }

  /** What the console printed, this boot's included. */
  get output(): string {
    return this.console + (this.state === "on" ? this.machine.uart.output : "");
  }

  /** Nanoseconds at which it wants to be stepped: now, unless it sleeps. */
  wakeAt(): number {
    if (this.state !== "on") return Number.POSITIVE_INFINITY;
    return this.machine.wakeAt();
  }

  /** One turn or one sleep, up to `until` at the latest. */
  step(until: number): void {
    const turns = !this.machine.still;
    try {
      this.machine.step(until);
    } catch (error) {
      this.broke(error);
    }
    if (this.state !== "on") return;
    this.turns++;
    if (turns) this.collectIfDue();
    const { count, still } = this.machine;
    const accesses = count.port + count.mmioRead + count.mmioWrite;
    this.restless = still || accesses !== this.accesses ? 0 : this.restless + 1;
    this.accesses = accesses;
    if (this.restless > RESTLESS) this.panic(`${RESTLESS} turns in which nothing was done`);
  }

  /** Lets time pass, up to `until` nanoseconds. */
  run(until: number): void {
    while (this.state === "on" && this.clock.now < until) this.step(until);
  }

  /** Lets so many seconds pass. */
  pass(seconds: number): this {
    this.run(this.clock.now + seconds * 1e9);
    return this;
  }

  /** Comes to `time` asleep, if it is not there yet; what happens at it comes next. */
  reach(time: number): void {
    if (this.state === "on" && time > this.clock.now) {
      this.guard(() => this.machine.rest(time));
    }
  }

  /** A frame arrives at `time`. */
  receive(frame: Uint8Array, time = this.clock.now, fault: Fault = {}): void {
    this.reach(time);
    if (this.state !== "on") return;
    this.nic.receive(frame, fault);
    this.wake();
  }

  /** Keys arrive from `time` on, each in its time. */
  type(text: string | Uint8Array, time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.machine.uart.type(text);
  }

  /** Types a line, lets time pass until the prompt is back, and answers what was printed. */
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

  /** From `time` on the processor stands still for so long, as a hypervisor or firmware has it. */
  pause(nanoseconds: number, time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.machine.pausedUntil = time + nanoseconds;
  }

  /** Somebody sets the real-time clock, to so many seconds before or after the right time. */
  setClock(seconds: number): void {
    this.rtcShift = seconds;
    this.machine.rtc.shift = this.rtcShift;
  }

  /** The reset button, at `time`. */
  reset(time = this.clock.now): void {
    this.reach(time);
    if (this.state === "on") this.stopped(new MachineStopped("reset"));
  }

  /** Bytes in the kernel's objects and garbage. */
  heapBytes(): number {
    return (this.exports[TOTAL] as WebAssembly.Global).value >>> 0;
  }

  /** All that the kernel wrote to memory, grown or not, in bytes. */
  memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Leaves the kernel one free block of `left` bytes and none besides; its memory has an end. */
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

  /** As the native loop: when asked to, or when as much was allocated as lived before. */
  private collectIfDue(): void {
    const total = this.heapBytes();
    const allowance = Math.max(this.live, LEAST_GARBAGE);
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
    // What V8 makes of a stack that has no room left.
    else if (error instanceof RangeError) this.panic(`stack overflow: ${error.message}`);
    else throw error;
  }

  /** As machine/native/panic.c: the allocator traps when memory does not grow any more. */
  private trapReason(error: WebAssembly.RuntimeError): string {
    const ended = /at ~lib\/rt\/tlsf\//.test(String(error.stack));
    return `${ended ? "out of memory: " : ""}${error.stack}`;
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
