/**
 * The TLS library of a machine in Node: mbedTLS and its glue, from the same sources as the
 * kernel's, as WebAssembly with a memory of its own. Bytes that the kernel points to are copied in
 * and out. Each boot gets a new library; all its time and randomness come from the kernel.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../../../build/tls/tls.wasm", import.meta.url));
const PAGE = 65536;
/** The most bytes copied at once. */
const WINDOW = 2 << 20;

/**
 * Parameters of the functions of machine/host.ts: `n` a number, `i` bytes that go in, `o` room for
 * bytes that come out; if all of them fit, the result is their count.
 */
const signatures: Record<string, string> = {
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
  tlsAddRoot: "i",
  tlsAddList: "i",
  tlsRemoveList: "n",
  tlsListText: "no",
  tlsRemoveRoot: "n",
  tlsRootCount: "n",
  tlsRoot: "nno",
  tlsRootDistrusted: "n",
  tlsRootSet: "o",
  tlsCertificateText: "inno",
  tlsHeap: "n",
  tlsSelfTestName: "no",
  tlsSelfTest: "n",
  tlsBenchmark: "nn",
  tlsLoopback: "",
};

/** Called at every boot. */
const atBoot = ["tlsAddEntropy", "tlsSetTime", "tlsStart"];
/** These move as many bytes as they return. */
const moving = ["tlsStep", "tlsTransmit", "tlsRead", "tlsWrite"];

/** Costs in nanoseconds: of a call, of a byte that passes, of a step of a handshake. */
const CALL_TIME = 500;
const BYTE_TIME = 4;
const HANDSHAKE_TIME = 1e6;
/** TlsState in core/tls-codes.ts. */
const [HANDSHAKING, STATE_MASK] = [1, 15];

type Value = number | bigint;

/** The machine around the library. */
export interface TlsSurroundings {
  /** The kernel's memory. */
  memory(): ArrayBuffer;
  /** Lets time pass. */
  pass(nanoseconds: number): void;
  /** The size of the library's heap in bytes. */
  heap: number;
}

/** The names that the functions in `signatures` have in the library's module. */
const exported = Object.fromEntries(
  Object.keys(signatures).map((name) => [name, `w2c_host_${name}`]),
);

const empty = new ArrayBuffer(0);
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

  /** Calls a function as the kernel does, with pointers into `kernel`. */
  call(name: string, values: Value[], kernel: ArrayBuffer): number {
    const shape = signatures[name];
    const given: Value[] = [0];
    let place = this.window;
    for (let kind = 0, at = 0; kind < shape.length; kind++) {
      if (shape[kind] === "n") {
        given.push(values[at++]);
        continue;
      }
      const [from, length] = [Number(values[at++]) >>> 0, Number(values[at++]) >>> 0];
      given.push(place, length);
      if (from + length > kernel.byteLength || place + length > this.window + WINDOW) {
        throw new RangeError(`${name}: ${length} bytes at ${from}`);
      }
      if (shape[kind] === "i") copy(kernel, from, length, this.memory.buffer, place);
      place += length;
    }
    const answer = this.functions[exported[name]](...given);
    if (shape.endsWith("o")) {
      const [to, room] = [Number(values.at(-2)) >>> 0, Number(values.at(-1)) >>> 0];
      if (answer <= room) copy(this.memory.buffer, place - room, answer, kernel, to);
    }
    return answer;
  }

  handshaking(handle: Value): boolean {
    return (this.functions.w2c_host_tlsState(0, handle) & STATE_MASK) === HANDSHAKING;
  }

  private grow(bytes: number): number {
    return this.memory.grow(Math.ceil(bytes / PAGE)) * PAGE;
  }
}

function copy(from: ArrayBuffer, start: number, length: number, to: ArrayBuffer, place: number) {
  if (length > 0) new Uint8Array(to, place, length).set(new Uint8Array(from, start, length));
}

/** TLS has a byte for every TLS_SHARE of linear memory, up to TLS_MAX; see native/memory.c. */
const TLS_SHARE = 15;
const TLS_MAX = 16 << 20;

/** Returns the size of the library's heap on a machine with this much linear memory. */
export function tlsHeap(memoryLimit: number): number {
  return Math.min(TLS_MAX, Math.floor(memoryLimit / TLS_SHARE));
}

/** The functions of machine/host.ts that concern TLS. */
export function tlsHost(around: TlsSurroundings): Record<string, unknown> {
  let library: TlsLibrary | undefined;
  // Every kernel starts TLS at boot, but the library is created only by the first call after that.
  const early: Array<(library: TlsLibrary) => number> = [];
  const begin = () => {
    library = new TlsLibrary(around.heap);
    for (const call of early) if (call(library) < 0) throw new Error("TLS does not start");
    return library;
  };
  const call = (name: string, values: Value[]) => {
    const used = library ?? begin();
    const step = name === "tlsStep" && used.handshaking(values[0]);
    const answer = used.call(name, values, around.memory());
    const bytes = moving.includes(name) ? answer : name === "tlsBenchmark" ? Number(values[1]) : 0;
    around.pass(step ? HANDSHAKE_TIME : CALL_TIME + BYTE_TIME * bytes);
    return answer;
  };
  const later = (name: string, values: Value[]) => {
    if (library !== undefined) return call(name, values);
    // Keep a copy, because the kernel wipes its entropy after the call.
    const [start, length] = values.map((value) => Number(value) >>> 0);
    const entropy = name === "tlsAddEntropy" ? around.memory().slice(start, start + length) : empty;
    const given = entropy === empty ? values : [0, ...values.slice(1)];
    early.push((library) => library.call(name, given, entropy));
    return 0;
  };
  const host = (name: string) => {
    const way = atBoot.includes(name) ? later : call;
    return [name, (...values: Value[]) => way(name, values)];
  };
  return Object.fromEntries(Object.keys(signatures).map(host));
}
