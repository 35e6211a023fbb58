/**
 * The one door between TypeScript and the machine: every function that is not TypeScript.
 *
 * The kernel's native half (kernel/native/) implements these on the bare machine, and
 * tests/machine/ implements the same ones in Node. Nothing else in the tree may declare a
 * function it does not define (a test enforces it).
 */

// --- port I/O (Intel SDM vol. 1, chapter 19) ---
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
/** Tells the compiler that memory may have changed: between two reads of a DMA ring. */
export declare function barrier(): void;

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
