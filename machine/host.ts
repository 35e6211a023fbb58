/**
 * The interface between TypeScript and the machine: every function that is not in TypeScript.
 *
 * machine/native/ implements these functions on the bare machine, and tests/lab/machine/ implements
 * them in Node. No other file may declare a function that it does not define (a test enforces it).
 */

// --- port I/O (Intel SDM vol. 1, chapter 19) ---
// Every access is a barrier: earlier stores reach memory before the device sees the access.
export declare function in8(port: u32): u32;
export declare function in16(port: u32): u32;
export declare function in32(port: u32): u32;
export declare function out8(port: u32, value: u32): void;
export declare function out16(port: u32, value: u32): void;
export declare function out32(port: u32, value: u32): void;

// --- physical memory outside the module: device registers and firmware tables ---
// Addresses are physical and below 64 TiB. Each call is one volatile access of its width.
export declare function mmioRead8(address: u64): u32;
export declare function mmioRead16(address: u64): u32;
export declare function mmioRead32(address: u64): u32;
export declare function mmioWrite8(address: u64, value: u32): void;
export declare function mmioWrite16(address: u64, value: u32): void;
export declare function mmioWrite32(address: u64, value: u32): void;

/** The physical address of byte 0 of linear memory: a DMA address is pointer + dmaBase(). */
export declare function dmaBase(): u64;
/** Reads exactly once what hardware may write at any time, such as a descriptor's status. */
export declare function dmaLoad64(pointer: usize): u64;
/** Orders reads of what hardware wrote after the read that found it complete. */
export declare function dmaArrived(destination: usize, length: u32): void;
/** Orders writes of what hardware will read before the write that hands it over. */
export declare function dmaReady(pointer: usize, length: u32): void;
/** Completes earlier writes to memory before later reads, as seen by devices. */
export declare function memoryFence(): void;
/** A compiler barrier for memory that a turn and an interrupt handler share. */
export declare function interruptBarrier(): void;

// --- processor ---
/** The time-stamp counter. */
export declare function timestamp(): u64;
/** One register of CPUID: 0 is EAX, 1 EBX, 2 ECX, 3 EDX. */
export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32;
/** Reads a model-specific register, which must exist: otherwise the processor traps. */
export declare function readMsr(register: u32): u64;
/** Writes such a register. */
export declare function writeMsr(register: u32, value: u64): void;
/** 64 bits from RDSEED, or from RDRAND; 0 if the processor does not have it, or it failed. */
export declare function hardwareRandom(seed: bool): u64;
/** Halts the processor forever with interrupts disabled; called if a reset has no effect. */
export declare function halt(): void;

// --- what the boot loader passes ---
// Functions that copy a text return its full length in bytes; there is no terminating zero.
/** The texts of `bootText`. */
export const enum BootText {
  CommandLine = 0,
  LoaderName = 1,
}
/** Copies up to `capacity` bytes of a text of the loader. */
export declare function bootText(which: u32, destination: usize, capacity: u32): u32;
/** The number of modules that the loader has loaded. */
export declare function moduleCount(): u32;
/** Copies up to `capacity` bytes of a module's string. */
export declare function moduleName(index: u32, destination: usize, capacity: u32): u32;
/** The length of a module in bytes. */
export declare function moduleLength(index: u32): u32;
/** Copies up to `length` bytes of a module from `offset`. Returns the number of bytes copied. */
export declare function moduleRead(index: u32, offset: u32, destination: usize, length: u32): u32;
/** The number of regions in the memory map of the loader. */
export declare function memoryRegionCount(): u32;
/** A field of a region: 0 physical base, 1 length in bytes, 2 type (1 is usable RAM). */
export declare function memoryRegion(index: u32, field: u32): u64;
/** The physical address of ACPI's root pointer, if the loader passed it; otherwise 0. */
export declare function acpiRootPointer(): u64;
/** The size in bytes that linear memory can grow to on this machine. */
export declare function memoryLimit(): u32;

// --- screen, panic, heap ---
/**
 * Puts a byte of UTF-8 text, or of a VT100's escape sequence, on the screen (VGA text or the
 * loader's framebuffer), if there is one.
 */
export declare function screenPut(character: u32): void;
/** The columns of the screen; 0 without one. */
export declare function screenColumns(): u32;
/** Sets the seconds from a panic to a reboot (`panic=`); 0 halts forever. */
export declare function setPanicTimeout(seconds: u32): void;
/** Requests a garbage collection after this turn. */
export declare function collectGarbage(): void;
/** Bytes of objects, including uncollected garbage. */
export declare function heapUsed(): u32;
/** Crashes in ways that TypeScript cannot: 0 writes to text, 1 executes data. */
export declare function crash(kind: u32): void;
/** SOURCE_DATE_EPOCH or the commit's time, in seconds since 1970; earlier times are wrong. */
export declare function buildTime(): u64;

// --- TLS: mbedTLS with an interface of bytes (net/service/tls/glue/) ---
// Codes are in core/tls-codes.ts. No function blocks or calls back. Handles start at 1; calls with
// 0 or a freed handle have no effect. Functions that copy an object whole return its length,
// and copy it only if it fits. Errors are those of mbedTLS and negative.

/** Adds bytes that hold `bits` of entropy to the pool. Needed again for each connection. */
export declare function tlsAddEntropy(pointer: usize, length: u32, bits: u32): void;
/** Sets the time: seconds since 1970 for certificates, milliseconds of a monotonic clock. */
export declare function tlsSetTime(seconds: i64, milliseconds: i64): void;
/** Starts the library, which needs the time and 256 bits of entropy. Returns 0 or an error. */
export declare function tlsStart(): i32;

/** Opens a client connection to a server that must prove `name`. Returns 0 on failure. */
export declare function tlsOpenClient(name: usize, length: u32, options: u32): u32;
/** Opens a server connection. Returns 0 on failure, as without a server identity. */
export declare function tlsOpenServer(options: u32): u32;
/**
 * Does a bounded amount of work: a step of the handshake, or one record of an open connection.
 * Returns how many bytes of ciphertext it consumed: 0 while there is plaintext to read.
 */
export declare function tlsStep(handle: u32, input: usize, length: u32): u32;
/** The TlsState, with the bits TLS_OUTPUT, TLS_AGAIN and TLS_NEW_SESSION. */
export declare function tlsState(handle: u32): u32;
/** Copies ciphertext to be sent, as much as fits. Returns its length. */
export declare function tlsTransmit(handle: u32, destination: usize, capacity: u32): u32;
/** Bytes of plaintext that `tlsRead` can return now. */
export declare function tlsReadable(handle: u32): u32;
/** Copies received plaintext, as much as fits. Returns its length. */
export declare function tlsRead(handle: u32, destination: usize, capacity: u32): u32;
/** Accepts plaintext to send. Returns how much: 0 until `tlsTransmit` has taken all output. */
export declare function tlsWrite(handle: u32, source: usize, length: u32): u32;
/** Queues close_notify (RFC 8446 section 6.1) after the written data, for `tlsTransmit`. */
export declare function tlsClose(handle: u32): void;
/** Ends the connection at once and frees its memory. */
export declare function tlsFree(handle: u32): void;

/** A number about a connection: see TlsNumberField. */
export declare function tlsNumber(handle: u32, what: u32): i32;
/** A text or a certificate of a connection: see TlsBytesField. */
export declare function tlsBytes(
  handle: u32,
  what: u32,
  index: u32,
  destination: usize,
  capacity: u32,
): u32;
/** Copies the session for resumption: secrets and the verification result. Returns 0 if none. */
export declare function tlsSession(handle: u32, destination: usize, capacity: u32): u32;
/** Offers a saved session in the next handshake. Returns 0, or an error if it is unsuitable. */
export declare function tlsResume(handle: u32, pointer: usize, length: u32): i32;

/**
 * Sets certificate chain and key, PEM or DER, for all later clients (0) or servers (1). Fails while
 * there is a connection. An empty chain removes both.
 */
export declare function tlsSetIdentity(
  server: u32,
  chain: usize,
  chainLength: u32,
  key: usize,
  keyLength: u32,
): i32;
/** Trusts a certificate in PEM or DER. Returns 1, 0 if it was trusted already, or an error. */
export declare function tlsAddRoot(pointer: usize, length: u32): i32;
/**
 * Adds a revocation list in PEM or DER. Returns 1; 0 if it is not newer than the issuer's present
 * list; or an error.
 */
export declare function tlsAddList(pointer: usize, length: u32): i32;
/** Removes a revocation list. Returns 1, or 0 if there is none. */
export declare function tlsRemoveList(index: u32): u32;
/** Describes a revocation list: issuer, entries, dates. Returns 0 after the last. */
export declare function tlsListText(index: u32, destination: usize, capacity: u32): u32;
/** Removes an added root. Returns 1, or 0 if there is none. */
export declare function tlsRemoveRoot(index: u32): u32;
/** The number of trusted roots of a RootKind. */
export declare function tlsRootCount(kind: u32): u32;
/** Copies a trusted root in DER. */
export declare function tlsRoot(kind: u32, index: u32, destination: usize, capacity: u32): u32;
/** The date, YYYYMMDD, from which Mozilla distrusts new certificates of a built-in root, or 0. */
export declare function tlsRootDistrusted(index: u32): u32;
/** Copies the built-in set's name: version of Mozilla's list, space, SHA-256 of certdata.txt. */
export declare function tlsRootSet(destination: usize, capacity: u32): u32;
/** Copies a CertificateField of a DER certificate as text. Returns 0 if absent or malformed. */
export declare function tlsCertificateText(
  pointer: usize,
  length: u32,
  field: u32,
  index: u32,
  destination: usize,
  capacity: u32,
): u32;

/** A statistic of the library's heap: see TlsHeap. */
export declare function tlsHeap(what: u32): u32;
/** Copies the name of self-test `which`. Returns 0 after the last. */
export declare function tlsSelfTestName(which: u32, destination: usize, capacity: u32): u32;
/** Runs a self-test. Returns 0 if it passes. */
export declare function tlsSelfTest(which: u32): i32;
/** Encrypts `bytes` in records of 16 KiB with a TlsCipher, for timing. Returns 0 or an error. */
export declare function tlsBenchmark(cipher: u32, bytes: u32): i32;
/** Runs a handshake and a transfer in memory. Returns 0, or a code for the step and the error. */
export declare function tlsLoopback(): i32;
