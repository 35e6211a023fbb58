/**
 * The TLS library of a machine in Node: mbedTLS and its glue, the very sources that the kernel is
 * linked with, as WebAssembly with a memory of its own. What the kernel points to is copied there
 * and back. It begins anew with each boot, and knows no time and no chance but what it is told.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../build/tls/tls.wasm", import.meta.url));
const PAGE = 65536;
/** Bytes that are handed over at most. */
const WINDOW = 2 << 20;

/**
 * What the functions of kernel/machine/host.ts take: `n` a number, `i` bytes that go in, `o` room
 * for bytes that come out, if all of them fit: then the answer is how many there are.
 */
const door: Record<string, string> = {
  tlsAddEntropy: "in",
  tlsSetTime: "nn",
  tlsStart: "",
  tlsOpenClient: "in",
  tlsOpenServer: "n",
  tlsStep: "ni",
  tlsState: "n",
  tlsTransmit: "no",
  tlsReadable: "n",
  tlsRead: "no",
  tlsWrite: "ni",
  tlsClose: "n",
  tlsFree: "n",
  tlsNumber: "nn",
  tlsBytes: "nnno",
  tlsSession: "no",
  tlsResume: "ni",
  tlsSetIdentity: "nii",
  tlsAddRoots: "i",
  tlsRemoveRoot: "n",
  tlsRootCount: "n",
  tlsRoot: "nno",
  tlsCertificateText: "inno",
  tlsHeap: "n",
  tlsSelfTestName: "no",
  tlsSelfTest: "n",
  tlsBenchmark: "nn",
  tlsLoopback: "",
};

/** What every boot calls. */
const atBoot = ["tlsAddEntropy", "tlsSetTime", "tlsStart"];
/** These move as many bytes as they answer. */
const moving = ["tlsStep", "tlsTransmit", "tlsRead", "tlsWrite"];

/** Nanoseconds of a call, of a byte that passes, and of a step of a handshake. */
const CALL_TIME = 500;
const BYTE_TIME = 4;
const HANDSHAKE_TIME = 1e6;
/** TlsState of kernel/core/tls-codes.ts. */
const [HANDSHAKING, STATE_MASK] = [1, 15];

type Value = number | bigint;
type Argument = Value | Uint8Array;

/** The machine around the library. */
export interface TlsSurroundings {
  /** The kernel's memory. */
  memory(): ArrayBuffer;
  /** Lets time pass. */
  pass(nanoseconds: number): void;
  /** Bytes that the library's heap has. */
  heap: number;
}

let compiled: WebAssembly.Module | undefined;

class TlsLibrary {
  private readonly memory: WebAssembly.Memory;
  private readonly functions: Record<string, (...values: Value[]) => number>;
  private readonly window: number;

  constructor(heap: number) {
    compiled ??= new WebAssembly.Module(readFileSync(path));
    const tls_memory = (size: number) => {
      const start = this.grow(heap);
      new DataView(this.memory.buffer).setBigUint64(size, BigInt(heap), true);
      return start;
    };
    const { exports } = new WebAssembly.Instance(compiled, { env: { tls_memory } });
    this.memory = exports.memory as WebAssembly.Memory;
    this.functions = exports as TlsLibrary["functions"];
    this.window = this.grow(WINDOW);
  }

  /** Calls a function of the door; bytes are in the kernel's memory. */
  call(name: string, values: Argument[]): number {
    let free = this.window;
    const placed = values.map((value, i) => {
      if (!(value instanceof Uint8Array)) return [value];
      const place = free;
      free += value.length;
      if (free > this.window + WINDOW) throw new RangeError(`${name}: ${value.length} bytes`);
      if (door[name][i] === "i") this.bytes(place, value.length).set(value);
      return [place, value.length];
    });
    const answer = this.functions[`w2c_host_${name}`](0, ...placed.flat());
    const last = values.at(-1);
    if (door[name].endsWith("o") && last instanceof Uint8Array && answer <= last.length) {
      last.set(this.bytes(Number(placed.at(-1)?.[0]), answer));
    }
    return answer;
  }

  handshaking(handle: number): boolean {
    return (this.call("tlsState", [handle]) & STATE_MASK) === HANDSHAKING;
  }

  private bytes(start: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, start, length);
  }
  private grow(bytes: number): number {
    return this.memory.grow(Math.ceil(bytes / PAGE)) * PAGE;
  }
}

/** The functions of kernel/machine/host.ts that concern TLS. */
export function tlsHost(around: TlsSurroundings): Record<string, unknown> {
  let library: TlsLibrary | undefined;
  // A kernel starts TLS at each boot: the library comes into being once something else is asked.
  const starting: Array<{ name: string; values: Argument[] }> = [];
  const begin = () => {
    library = new TlsLibrary(around.heap);
    for (const { name, values } of starting) {
      if (library.call(name, values) !== 0 && name === "tlsStart") throw new Error("no TLS");
    }
    return library;
  };
  const call = (name: string, values: Argument[]) => {
    if (library === undefined && atBoot.includes(name)) {
      const copied = values.map((value) => (typeof value === "object" ? value.slice() : value));
      starting.push({ name, values: copied });
      return 0;
    }
    const used = library ?? begin();
    const step = name === "tlsStep" && used.handshaking(Number(values[0]));
    const answer = used.call(name, values);
    const bytes = name === "tlsBenchmark" ? Number(values[1]) : moving.includes(name) ? answer : 0;
    around.pass(step ? HANDSHAKE_TIME : CALL_TIME + BYTE_TIME * bytes);
    return answer;
  };
  const named = Object.entries(door).map(([name, shape]) => [
    name,
    (...values: Value[]) => call(name, resolve(around.memory(), shape, values)),
  ]);
  return Object.fromEntries(named);
}

/** Pointers and lengths as the bytes they mean; those outside of memory are an error. */
function resolve(memory: ArrayBuffer, shape: string, values: Value[]): Argument[] {
  let at = 0;
  return Array.from(shape, (kind) => {
    if (kind === "n") return values[at++];
    at += 2;
    return new Uint8Array(memory, Number(values[at - 2]) >>> 0, Number(values[at - 1]) >>> 0);
  });
}
