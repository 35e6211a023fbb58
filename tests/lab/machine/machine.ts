/**
 * A PC in Node: devices on its port, memory and PCI spaces, interrupts and a virtual clock, behind
 * the functions of machine/host.ts. The kernel runs here unchanged. Each access takes a little
 * virtual time, and interrupts arrive in the middle of a turn, as on the bare machine. The same
 * inputs give the same run.
 */
import type { Exports } from "../scripted/assembly.ts";
import { AddressSpace, type BusDevice, type Line, Ram, type Width } from "./bus.ts";
import { VirtualClock } from "./clock.ts";
import type { DiskOptions } from "./disk.ts";
import { LocalApic } from "./local-apic.ts";
import { emulated, type Pace } from "./pace.ts";
import { PciBus } from "./pci.ts";
import { Pic } from "./pic.ts";
import { Pit } from "./pit.ts";
import { Rtc, type RtcOptions } from "./rtc.ts";
import type { SmbiosOptions } from "./smbios.ts";
import { tlsHeap, tlsHost } from "./tls.ts";
import { Uart16550 } from "./uart.ts";

/** Interrupts in a row that count as a storm. */
const STORM = 10_000;

/** A module with one empty function, which the kernel can call without entering JavaScript. */
const NOTHING = "0061736d010000000104016000000302010007050101660000" + "0a040102000b";
const { f: nothing } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(NOTHING, "hex")))
  .exports;

/** Physical address of the first byte of linear memory. */
export const DMA_BASE = 0x0100_0000;

/** An entry of the memory map; type 1 is RAM (Multiboot2 section 3.6.8). */
export interface MemoryRegion {
  base: number;
  length: number;
  type: number;
}

export interface MachineOptions {
  /** Frequency of the time-stamp counter in Hz, and its initial value. */
  tsc?: number;
  tscStart?: bigint;
  commandLine?: string;
  loaderName?: string;
  modules?: { name: string; bytes: Uint8Array }[];
  rtc?: Partial<RtcOptions>;
  /** False: no serial port. */
  uart?: boolean;
  /** EAX, EBX, ECX, EDX by leaf. */
  cpuid?: Record<number, number[]>;
  /** A local APIC, by its page or, in x2APIC mode, by its MSRs; none by default. */
  apic?: "page" | "x2apic";
  pace?: Pace;
  /** 64-bit words from RDRAND and from RDSEED; none: the processor does not have it. */
  random?: () => bigint;
  randomSeed?: () => bigint;
  acpiRoot?: number;
  /** Files of QEMU's fw_cfg; with any, or with disks, the processor says that it is virtual. */
  fwCfg?: Record<string, string | Uint8Array>;
  smbios?: SmbiosOptions;
  disks?: DiskOptions[];
  /** The maximum size of linear memory in bytes. */
  memoryLimit?: number;
  /** The memory map that the boot loader reports; `free` adds up its RAM. */
  memoryMap?: MemoryRegion[];
  /** A running clock: a machine that was reset continues in the same time. */
  clock?: VirtualClock;
}

/** Thrown out of the kernel when the machine is off, reset, or halted. */
export class MachineStopped extends Error {
  constructor(
    readonly reason: "power off" | "reset" | "debug exit" | "halt",
    readonly code = 0,
  ) {
    super(`machine stopped: ${reason}`);
  }
}

export class Machine {
  readonly clock: VirtualClock;
  readonly ports = new AddressSpace();
  readonly memorySpace = new AddressSpace();
  readonly pci = new PciBus();
  readonly pic = new Pic();
  readonly apic: LocalApic;
  readonly pit: Pit;
  readonly rtc: Rtc;
  readonly uart: Uart16550;
  /** Physical memory below 1 MiB. */
  readonly low = new Ram(0x100000);
  /** What the kernel wrote to the screen. */
  screen = "";
  /** True: interrupts may arrive at any access of a turn, not only between turns. */
  interruptTurns = true;
  /** Interrupts taken. */
  interrupts = 0;
  /** The number of accesses of each kind. */
  readonly count = { port: 0, mmioRead: 0, mmioWrite: 0 };
  /** The kernel asked for a collection. */
  collectionWanted = false;
  /** Bytes in objects, for `free`. */
  heapUsed: () => number = () => 0;
  /** The last turn had nothing more to do, and no interrupt has come since. */
  asleep = false;
  /** Nothing is executed before this time. */
  pausedUntil = 0;
  private interruptsOn = false;
  private inInterrupt = false;
  private exports: Exports | undefined;
  private memory: DataView | undefined;
  private readonly pace: Pace;
  private readonly portSpace: BusDevice;
  private readonly mmioSpace: BusDevice;

  constructor(readonly options: MachineOptions = {}) {
    this.clock = options.clock ?? new VirtualClock();
    this.pace = options.pace ?? emulated;
    this.apic = new LocalApic(3, options.apic === "x2apic");
    this.pit = new Pit(this.clock, this.pic.line(0));
    this.rtc = new Rtc(this.clock, { time: 1_700_000_000, ...options.rtc });
    this.uart = new Uart16550(this.clock, this.pic.line(4));
    this.ports.add(0x20, 2, this.pic.firstPorts);
    this.ports.add(0xa0, 2, this.pic.secondPorts);
    this.ports.add(0x4d0, 2, this.pic.edgeLevelPorts);
    this.ports.add(0x40, 4, this.pit.ports);
    this.ports.add(0x61, 1, this.pit.portB);
    this.ports.add(0x70, 2, this.rtc);
    if (options.uart ?? true) this.ports.add(0x3f8, 8, this.uart);
    this.ports.add(0xf4, 4, stops("debug exit"));
    this.ports.add(0x64, 1, { read: () => 0, write: (_o, v) => v === 0xfe && stop("reset") });
    this.ports.add(0xcf8, 8, this.pci);
    this.memorySpace.add(0, this.low.bytes.length, this.low);
    if (options.apic === "page") this.memorySpace.add(0xfee00000, 0x1000, this.apic);
    this.portSpace = this.pci.space(true, this.ports);
    this.mmioSpace = this.pci.space(false, this.memorySpace);
  }

  private get memoryLimit(): number {
    return this.options.memoryLimit ?? 1 << 30;
  }

  /** Returns a line of the interrupt controller for a device. */
  line(number: number): Line {
    return this.pic.line(number);
  }

  /** Attaches the kernel: the machine uses its memory and calls its `turn` and `interrupt`. */
  attach(exports: Exports): void {
    this.exports = exports;
  }

  /** Enables or disables the processor's interrupts. */
  setInterrupts(on: boolean): void {
    this.interruptsOn = on;
    if (on) this.deliver();
  }

  /** Lets virtual time pass with the processor asleep, taking interrupts. */
  sleep(nanoseconds: number): void {
    const end = this.clock.now + nanoseconds;
    while (this.clock.now < end) {
      this.clock.advance(Math.min(this.clock.due, end) - this.clock.now);
      this.deliver();
    }
  }

  /** Runs the kernel's loop up to `until`: turns, and sleep in between until something happens. */
  run(until: number): void {
    while (this.clock.now < until) this.step(until);
  }

  /** Runs one turn, or sleeps until something happens, at the latest until `until`. */
  step(until: number): void {
    if (this.suspended) {
      this.rest(Math.min(this.wakeAt(), until));
      return;
    }
    const before = this.interrupts;
    const idle = ((this.exports as Exports).turn as () => bigint)() !== 0n;
    this.pass(this.pace.turn);
    this.asleep = idle && before === this.interrupts;
  }

  /** Sleeps until `time`, unless an interrupt is already pending. */
  rest(time: number): void {
    const before = this.interrupts;
    this.deliver();
    if (before === this.interrupts && time > this.clock.now) {
      this.clock.advance(time - this.clock.now);
      this.deliver();
    }
    if (before !== this.interrupts) this.asleep = false;
  }

  /** Ends the processor's sleep without an interrupt, so that it runs a turn now. */
  rouse(): void {
    this.asleep = false;
  }

  /** Reports whether the processor executes nothing before `wakeAt`. */
  get suspended(): boolean {
    return this.asleep || this.paused;
  }

  /** Returns when something happens next: now, unless the processor is asleep or paused. */
  wakeAt(): number {
    if (this.paused) return Math.min(this.clock.due, this.pausedUntil);
    return this.asleep ? this.clock.due : this.clock.now;
  }

  private get paused(): boolean {
    return this.pausedUntil > this.clock.now;
  }

  /** Returns bytes at a physical address, for a device; they must be the kernel's. */
  dmaView(address: number, length: number): Uint8Array {
    const memory = (this.exports as Exports).memory.buffer;
    const start = address - DMA_BASE;
    if (start < 0 || start + length > memory.byteLength) {
      throw new Error(`DMA outside of linear memory: ${address.toString(16)}+${length}`);
    }
    return new Uint8Array(memory, start, length);
  }

  /** The kernel's memory, which may have grown. */
  private view(): DataView {
    const { buffer } = (this.exports as Exports).memory;
    if (this.memory?.buffer !== buffer) this.memory = new DataView(buffer);
    return this.memory;
  }

  /** The functions of machine/host.ts, for `load`. */
  host(): Record<string, unknown> {
    return {
      ...this.portHost(),
      ...this.memoryHost(),
      ...this.processorHost(),
      ...this.bootHost(),
      ...tlsHost({
        memory: () => (this.exports as Exports).memory.buffer,
        pass: (nanoseconds) => this.pass(nanoseconds),
        heap: tlsHeap(this.memoryLimit),
      }),
    };
  }

  private pass(nanoseconds: number): void {
    const { clock } = this;
    // Usually nothing is due meanwhile.
    if (clock.now + nanoseconds < clock.due) clock.now += nanoseconds;
    else clock.advance(nanoseconds);
    if (this.interruptTurns) this.deliver();
  }

  private deliver(): void {
    if (!this.interruptsOn || this.inInterrupt || this.paused) return;
    if (!this.pic.asks() && !this.apic.asks()) return;
    for (let i = 0; ; i++) {
      const vector = this.acknowledge();
      if (vector < 0) return;
      if (i === STORM) throw new Error(`interrupt storm at vector ${vector}`);
      this.takeInterrupt(vector);
    }
  }

  /** Acknowledges a message, or an interrupt of the 8259 pair; returns -1 if there is none. */
  private acknowledge(): number {
    const vector = this.apic.acknowledge();
    const passesPic = this.options.apic === undefined || this.apic.passesPic;
    return vector < 0 && passesPic ? this.pic.acknowledge() : vector;
  }

  /** Calls the kernel's handler, even for a vector that no controller requested. */
  takeInterrupt(vector: number): void {
    this.interrupts++;
    this.inInterrupt = true;
    (this.exports as Exports).interrupt(vector);
    this.inInterrupt = false;
  }

  private portHost(): Record<string, unknown> {
    const time = this.pace.port;
    const input = (width: Width) => (port: number) => {
      this.count.port++;
      this.pass(time);
      return this.portSpace.read(port, width);
    };
    const output = (width: Width) => (port: number, value: number) => {
      this.count.port++;
      this.portSpace.write(port, value >>> 0, width);
      this.pass(time);
    };
    return {
      in8: input(1),
      in16: input(2),
      in32: input(4),
      out8: output(1),
      out16: output(2),
      out32: output(4),
    };
  }

  private memoryHost(): Record<string, unknown> {
    const time = this.pace.mmio;
    const read = (width: Width) => (address: bigint) => {
      this.count.mmioRead++;
      this.pass(time);
      return this.mmioSpace.read(Number(BigInt.asUintN(64, address)), width);
    };
    const write = (width: Width) => (address: bigint, value: number) => {
      this.count.mmioWrite++;
      this.mmioSpace.write(Number(BigInt.asUintN(64, address)), value, width);
      this.pass(time);
    };
    return {
      mmioRead8: read(1),
      mmioRead16: read(2),
      mmioRead32: read(4),
      mmioWrite8: write(1),
      mmioWrite16: write(2),
      mmioWrite32: write(4),
      dmaBase: () => BigInt(DMA_BASE),
      dmaLoad64: (pointer: number) => this.view().getBigUint64(pointer >>> 0, true),
      dmaArrived: () => {},
      dmaReady: () => {},
      memoryFence: nothing,
      interruptBarrier: nothing,
    };
  }

  private processorHost(): Record<string, unknown> {
    const ticks = (this.options.tsc ?? 2_500_000_000) / 1e9;
    const start = this.options.tscStart ?? 0n;
    return {
      timestamp: () => {
        this.pass(this.pace.timestamp);
        const now = BigInt(Math.floor(this.clock.now * ticks));
        return start === 0n ? now : BigInt.asUintN(64, start + now);
      },
      cpuid: (leaf: number, _subleaf: number, register: number) => {
        const own = this.options.apic && leaf === 1 && register === 3 ? 1 << 9 : 0;
        return (this.options.cpuid?.[leaf >>> 0]?.[register] ?? 0) | own;
      },
      readMsr: (register: number) => this.apic.readMsr(register),
      writeMsr: (register: number, value: bigint) => this.apic.writeMsr(register, value),
      hardwareRandom: (seed: number) => this.options[seed ? "randomSeed" : "random"]?.() ?? 0n,
      halt: () => stop("halt"),
      crash: () => stop("halt"),
      screenPut: (character: number) => {
        this.screen += String.fromCharCode(character);
      },
      screenColumns: () => 0,
      setPanicTimeout: () => {},
      collectGarbage: () => {
        this.collectionWanted = true;
      },
      heapUsed: () => this.heapUsed(),
      buildTime: () => 1_700_000_000n,
    };
  }

  private bootHost(): Record<string, unknown> {
    const { commandLine = "", loaderName = "", modules = [], acpiRoot = 0 } = this.options;
    const { memoryMap = [] } = this.options;
    const fields = ["base", "length", "type"] as const;
    const copy = (bytes: Uint8Array, destination: number, capacity: number) => {
      const view = new Uint8Array((this.exports as Exports).memory.buffer);
      view.set(bytes.subarray(0, capacity), destination);
      return bytes.length;
    };
    const give = (text: string, destination: number, capacity: number) =>
      copy(Buffer.from(text), destination, capacity);
    return {
      bootText: (which: number, destination: number, capacity: number) =>
        give(which === 0 ? commandLine : loaderName, destination, capacity),
      moduleCount: () => modules.length,
      moduleName: (index: number, destination: number, capacity: number) =>
        give(modules[index]?.name ?? "", destination, capacity),
      moduleLength: (index: number) => modules[index]?.bytes.length ?? 0,
      moduleRead: (index: number, offset: number, destination: number, length: number) => {
        const bytes = modules[index]?.bytes.subarray(offset, offset + length) ?? new Uint8Array();
        return copy(bytes, destination, length);
      },
      memoryRegionCount: () => memoryMap.length,
      memoryRegion: (index: number, field: number) =>
        BigInt(memoryMap[index]?.[fields[field]] ?? 0),
      acpiRootPointer: () => BigInt(acpiRoot),
      memoryLimit: () => this.memoryLimit,
    };
  }
}

function stop(reason: MachineStopped["reason"], code = 0): never {
  throw new MachineStopped(reason, code);
}

function stops(reason: MachineStopped["reason"]): BusDevice {
  return { read: () => 0, write: (_offset, value) => stop(reason, value) };
}
