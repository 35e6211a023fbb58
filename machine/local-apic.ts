/**
 * The local APIC of the boot processor (Intel SDM vol. 3, chapter 11): it accepts messages of
 * devices and of IO-APICs, and passes on the vectors of the 8259 pair. SDM here is that volume.
 */
import { cpuid, mmioRead32, mmioWrite32, readMsr, writeMsr } from "./host";

const CPUID_APIC: u32 = 1 << 9;

/** IA32_APIC_BASE (SDM 11.4.4, 11.12.1): address in bits 51..12, enabled, x2APIC mode. */
const APIC_BASE: u32 = 0x1b;
const BASE_ADDRESS: u64 = 0x000f_ffff_ffff_f000;
const BASE_ENABLED: u64 = 1 << 11;
const BASE_X2APIC: u64 = 1 << 10;
/** In x2APIC mode, the registers are MSRs: one every 16 bytes of the page (SDM 11.12.1.2). */
const X2APIC_REGISTERS: u32 = 0x800;

// Registers (SDM table 11-1).
const ID: u32 = 0x20;
const TASK_PRIORITY: u32 = 0x80;
const END_OF_INTERRUPT: u32 = 0xb0;
const SPURIOUS: u32 = 0xf0;
const IN_SERVICE: u32 = 0x100;
const IN_SERVICE_WORDS: u32 = 8;
const LOCAL_TIMER: u32 = 0x320;
const LINT0: u32 = 0x350;
const LINT1: u32 = 0x360;

const SOFTWARE_ENABLED: u32 = 0x100;
const MASKED: u32 = 0x10000;
/** Delivery modes: ExtINT (the vector comes from the 8259 pair) and NMI. */
const EXTERNAL: u32 = 0x700;
const NON_MASKABLE: u32 = 0x400;

/** The vector of spurious interrupts; older processors want ones in its low bits (SDM 11.9). */
export const SPURIOUS_VECTOR: u32 = 0xff;

/** Where devices write messages (SDM 11.11.1); the destination is in bits 19..12. */
const MESSAGES: u32 = 0xfee0_0000;

let usable: bool = false;
/** Whether the registers are MSRs. */
let x2apic: bool = false;
let registers: u64 = 0;

/**
 * Enables the APIC, without any source of its own, and lets interrupts of the 8259 pair through,
 * where firmware may have masked them ("virtual wire mode": MultiProcessor Specification 1.4,
 * section 3.6.2.2). Without an APIC, the pair is connected to the processor directly.
 */
export function initLocalApic(): void {
  usable = false;
  if ((cpuid(1, 0, 3) & CPUID_APIC) == 0) return;
  const base = readMsr(APIC_BASE);
  if ((base & BASE_ENABLED) == 0) return;
  x2apic = (base & BASE_X2APIC) != 0;
  registers = base & BASE_ADDRESS;
  // Some emulators have the bit, but no APIC.
  if (read(SPURIOUS) == 0xffff_ffff) return;
  usable = true;
  write(TASK_PRIORITY, 0);
  write(LOCAL_TIMER, MASKED);
  // This also lets an end of interrupt reach the IO-APICs, as bit 12 is 0.
  write(SPURIOUS, SOFTWARE_ENABLED | SPURIOUS_VECTOR);
  if ((read(LINT0) & (MASKED | EXTERNAL)) != EXTERNAL) write(LINT0, EXTERNAL);
  if ((read(LINT1) & (MASKED | EXTERNAL)) != NON_MASKABLE) write(LINT1, NON_MASKABLE);
  endLeftovers();
}

/**
 * Ends the interrupts that firmware or an earlier kernel has left in service, which would hold
 * others back. Each write ends the one with the highest vector.
 */
function endLeftovers(): void {
  for (let word: u32 = IN_SERVICE_WORDS; word-- > 0; ) {
    const bits = popcnt(read(IN_SERVICE + 16 * word));
    for (let ended: u32 = 0; ended < bits; ended++) endOfMessage();
  }
}

/** Reports whether messages can be delivered. */
export function acceptsMessages(): bool {
  return usable && localApicId() < 0xff;
}

/** Returns where a device writes a message for this processor. */
export function messageAddress(): u32 {
  return MESSAGES | (localApicId() << 12);
}

/** Returns the id of the boot processor's APIC; 255 if a message cannot carry it. */
export function localApicId(): u32 {
  const id = read(ID);
  return x2apic ? min<u32>(id, 0xff) : id >>> 24;
}

/** Ends the interrupt in service; not to be called for those of the 8259 pair. */
export function endOfMessage(): void {
  if (usable) write(END_OF_INTERRUPT, 0);
}

function read(register: u32): u32 {
  if (x2apic) return readMsr(X2APIC_REGISTERS + (register >>> 4)) as u32;
  return mmioRead32(registers + (register as u64));
}

function write(register: u32, value: u32): void {
  if (x2apic) writeMsr(X2APIC_REGISTERS + (register >>> 4), value);
  else mmioWrite32(registers + (register as u64), value);
}
