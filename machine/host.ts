/**
 * The one door between TypeScript and the machine: every function that is not TypeScript.
 *
 * The kernel's native half (machine/native/) implements these on the bare machine, and
 * tests/lab/machine/ implements the same ones in Node. Nothing else in the tree may declare a
 * function it does not define (a test enforces it).
 */

// --- port I/O (Intel SDM vol. 1, chapter 19) ---
// What was stored before is in memory before a device is told, here and with its registers.
export declare function in8(port: u32): u32;
export declare function in16(port: u32): u32;
export declare function in32(port: u32): u32;
export declare function out8(port: u32, value: u32): void;
export declare function out16(port: u32, value: u32): void;
export declare function out32(port: u32, value: u32): void;

// --- physical memory outside the module: device registers and firmware tables ---
// Addresses are physical and below 4 GiB; each access is one volatile access of its width.
export declare function mmioRead8(address: u64): u32;
export declare function mmioRead16(address: u64): u32;
export declare function mmioRead32(address: u64): u32;
export declare function mmioWrite8(address: u64, value: u32): void;
export declare function mmioWrite16(address: u64, value: u32): void;
export declare function mmioWrite32(address: u64, value: u32): void;

/** Physical address of byte 0 of linear memory: a DMA address is pointer + dmaBase(). */
export declare function dmaBase(): u64;
/** Reads once what hardware may write at any time: a descriptor's status, an index. */
export declare function dmaLoad64(pointer: usize): u64;
/** Hardware has written these bytes, as a descriptor told: they are read after this. */
export declare function dmaArrived(destination: usize, length: u32): void;
/** These bytes are complete, for hardware to read once it is told. */
export declare function dmaReady(pointer: usize, length: u32): void;
/** Orders what a turn and an interrupt share: stores before this are seen, loads after it new. */
export declare function interruptBarrier(): void;

// --- processor ---
/** The time-stamp counter. */
export declare function timestamp(): u64;
/** One register of CPUID: register 0 = EAX, 1 = EBX, 2 = ECX, 3 = EDX. */
export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32;
/** 64 bits from RDSEED or RDRAND, or 0 when the processor has neither or it failed. */
export declare function hardwareRandom(): u64;
/** Stops the processor for ever, interrupts off (after a power-off that did not happen). */
export declare function halt(): void;

// --- what the boot loader left ---
/** Which of the loader's texts `bootText` copies. */
export const enum BootText {
  CommandLine = 0,
  LoaderName = 1,
}
/** Copies a text of the loader (no final zero); answers its whole length in bytes. */
export declare function bootText(which: u32, destination: usize, capacity: u32): u32;
/** How many modules the loader brought. */
export declare function moduleCount(): u32;
/** Copies a module's string, as the loader gave it; answers its whole length in bytes. */
export declare function moduleName(index: u32, destination: usize, capacity: u32): u32;
/** Length of a module in bytes. */
export declare function moduleLength(index: u32): u32;
/** Copies `length` bytes of a module from `offset`; answers how many there were. */
export declare function moduleRead(index: u32, offset: u32, destination: usize, length: u32): u32;
/** Memory map: how many regions the loader reported. */
export declare function memoryRegionCount(): u32;
/** One field of a region: 0 = physical base, 1 = length in bytes, 2 = type (1 = usable RAM). */
export declare function memoryRegion(index: u32, field: u32): u64;
/** Physical address of ACPI's root pointer as the loader gave it, or 0. */
export declare function acpiRootPointer(): u64;
/** The most bytes that linear memory can grow to on this machine. */
export declare function memoryLimit(): u32;

// --- screen, panic, heap ---
/** One character to the screen: VGA text or the loader's framebuffer; nothing where neither is. */
export declare function screenPut(character: u32): void;
/** After a panic: reboot after so many seconds, or 0 = stay halted (`panic=`). */
export declare function setPanicTimeout(seconds: u32): void;
/** Asks for a garbage collection once this turn has returned. */
export declare function collectGarbage(): void;
/** Bytes held by live and not yet collected objects. */
export declare function heapUsed(): u32;
/** Does on purpose what TypeScript cannot: 0 = write to text, 1 = execute data. */
export declare function crash(kind: u32): void;
/** The build's date in seconds since 1970 (SOURCE_DATE_EPOCH): no clock may be before it. */
export declare function buildTime(): u64;

// --- TLS: mbedTLS behind a door of bytes (net/service/tls/glue/) ---
// The numbers are in core/tls-codes.ts. Nothing here waits or calls back. Handles are 1 and
// up; 0 and ended ones are harmless. Who asks for bytes is told how many there are, and gets them
// only where all of them fit. Errors are mbedTLS's: negative.

/** Adds to the pool of entropy what holds so many `bits`; wanted again with each connection. */
export declare function tlsAddEntropy(pointer: usize, length: u32, bits: u32): void;
/** Seconds since 1970 for the dates of certificates, and milliseconds of a clock never set back. */
export declare function tlsSetTime(seconds: i64, milliseconds: i64): void;
/** Prepares the library, once there are time and 256 bits of entropy; 0, or why not. */
export declare function tlsStart(): i32;

/** A client's connection to that host (name or IP literal: it must be certified); 0 = no memory. */
export declare function tlsOpenClient(name: usize, length: u32, options: u32): u32;
/** A server's connection, with the server's identity; 0 = no memory or no identity. */
export declare function tlsOpenServer(options: u32): u32;
/**
 * One bounded piece of work: a step of the handshake, or one record once it is open. Takes from
 * ciphertext that came and answers how much; takes none while there is plaintext to be read.
 */
export declare function tlsStep(handle: u32, input: usize, length: u32): u32;
/** TlsState, and the bits TLS_OUTPUT, TLS_AGAIN, TLS_NEW_SESSION. */
export declare function tlsState(handle: u32): u32;
/** Ciphertext to be sent: answers how many bytes it gave (as many as there are and fit). */
export declare function tlsTransmit(handle: u32, destination: usize, capacity: u32): u32;
/** Bytes of plaintext that `tlsRead` has at once. */
export declare function tlsReadable(handle: u32): u32;
/** Plaintext that came: answers how many bytes it gave. */
export declare function tlsRead(handle: u32, destination: usize, capacity: u32): u32;
/** Plaintext to be sent: answers how much was taken, 0 until `tlsTransmit` gave all it had. */
export declare function tlsWrite(handle: u32, source: usize, length: u32): u32;
/** Says close_notify (RFC 8446, 6.1) behind what was written; `tlsTransmit` then has it. */
export declare function tlsClose(handle: u32): void;
/** Ends the connection at once and gives back its memory. */
export declare function tlsFree(handle: u32): void;

/** A number about a connection: see TlsNumber. */
export declare function tlsNumber(handle: u32, what: u32): i32;
/** A text or a certificate of a connection: see TlsBytes. */
export declare function tlsBytes(
  handle: u32,
  what: u32,
  index: u32,
  destination: usize,
  capacity: u32,
): u32;
/** The session to resume later (it holds secrets, and who was verified how); 0 = there is none. */
export declare function tlsSession(handle: u32, destination: usize, capacity: u32): u32;
/** Offers a saved session in the handshake to come; 0, or an error: it no longer fits. */
export declare function tlsResume(handle: u32, pointer: usize, length: u32): i32;

/** Certificate chain and private key, PEM or DER, of all later clients (0) or servers (1). */
export declare function tlsSetIdentity(
  server: u32,
  chain: usize,
  chainLength: u32,
  key: usize,
  keyLength: u32,
): i32;
/** Trusts the certificates of a PEM text or a DER one as well; how many were new, or an error. */
export declare function tlsAddRoots(pointer: usize, length: u32): i32;
/** Forgets one that was added; 1 where there was such a one. */
export declare function tlsRemoveRoot(index: u32): u32;
/** How many trusted roots there are of that RootKind. */
export declare function tlsRootCount(kind: u32): u32;
/** A trusted root in DER. */
export declare function tlsRoot(kind: u32, index: u32, destination: usize, capacity: u32): u32;
/** The date YYYYMMDD on which Mozilla distrusted a built-in root for later certificates, or 0. */
export declare function tlsRootDistrusted(index: u32): u32;
/** The built-in set in ASCII: version of Mozilla's list, a space, SHA-256 of its certdata.txt. */
export declare function tlsRootSet(destination: usize, capacity: u32): u32;
/** Something of a certificate (DER) in words: see CertificateField; 0 = nothing or unreadable. */
export declare function tlsCertificateText(
  pointer: usize,
  length: u32,
  field: u32,
  index: u32,
  destination: usize,
  capacity: u32,
): u32;

/** Figures of the library's heap: see TlsHeap. */
export declare function tlsHeap(what: u32): u32;
/** Name of self-test number `which` of a primitive; 0 after the last. */
export declare function tlsSelfTestName(which: u32, destination: usize, capacity: u32): u32;
/** Runs it; 0 = passed. */
export declare function tlsSelfTest(which: u32): i32;
/** Encrypts so many bytes in records of 16 KiB by a TlsCipher, for the caller to time; 0 = done. */
export declare function tlsBenchmark(cipher: u32, bytes: u32): i32;
/** A handshake and data between a client and a server in memory; 0, or where and why it failed. */
export declare function tlsLoopback(): i32;
