/* The compiled TypeScript and the host functions that it calls (machine/host.ts documents them),
 * in one translation unit, so that gcc can inline across the boundary. */
#include "native.h"
#include "cpu.h"

/* Unpacks the module's initial memory, most of which is text in UTF-16. */
static inline void unpack_image(u64 to, const u8* packed) { unpack((u8*)to, packed, 2); }

#pragma GCC diagnostic ignored "-Wunused-function" /* wasm2c emits unused helpers */
#include "kernel.c" /* made by wasm2c from kernel/main.ts and its imports */

#define FUNCTIONS 256 /* entries of the module's table of function values */
#define MIN_GARBAGE (256u << 10)
#define TOTAL kernel.w2c_0x7Elib0x2Frt0x2Ftcms0x2Ftotal /* tcms.ts: bytes in objects */
typedef struct w2c_host host;

static w2c_kernel kernel;
static bool collection_wanted;
static u32 live; /* bytes in objects after the last collection */

/* --- the module ------------------------------------------------------------------------------ */

bool wasm_rt_is_initialized(void) { return true; }

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, u32 size, u32 max) {
  static wasm_rt_funcref_t functions[FUNCTIONS];
  if (size > FUNCTIONS) panic("the module's table of functions is too large");
  *table = (wasm_rt_funcref_table_t){functions, max, size};
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) {
  (void)table; /* the module never ends */
}

void module_start(void) { wasm2c_kernel_instantiate(&kernel, NULL, NULL); }
void module_boot(void) { w2c_kernel_boot(&kernel); }
u64 module_turn(void) { return w2c_kernel_turn(&kernel); }
void module_interrupt(u32 vector) { w2c_kernel_interrupt(&kernel, vector); }

/* Collects on request, or once objects have doubled, and grown by MIN_GARBAGE, since last time. */
void module_collect_if_due(void) {
  u32 total = TOTAL;
  u32 allowance = live > MIN_GARBAGE ? live : MIN_GARBAGE;
  if (!collection_wanted && (total < live || total - live <= allowance)) return;
  collection_wanted = false;
  w2c_kernel_0x5F_collect(&kernel);
  live = TOTAL;
}

void w2c_host_collectGarbage(host* host) { collection_wanted = true; }
u32 w2c_host_heapUsed(host* host) { return TOTAL; }

/* --- ports and device registers -------------------------------------------------------------- */

static void* device(u64 address) {
  return address < FOUR_GIB ? direct(address) : device_registers(address);
}

#define DEVICE_ACCESS(width)                                                             \
  u32 w2c_host_in##width(host* host, u32 port) { return in##width(port); }               \
  void w2c_host_out##width(host* host, u32 port, u32 value) { out##width(port, value); } \
  u32 w2c_host_mmioRead##width(host* host, u64 address) {                                \
    u32 value = *(volatile u##width*)device(address);                                    \
    barrier(); /* later reads see the data that the device wrote before */               \
    return value;                                                                        \
  }                                                                                      \
  void w2c_host_mmioWrite##width(host* host, u64 address, u32 value) {                   \
    barrier(); /* earlier writes, such as data for the device, are in memory */          \
    *(volatile u##width*)device(address) = value;                                        \
  }
DEVICE_ACCESS(8)
DEVICE_ACCESS(16)
DEVICE_ACCESS(32)
u64 w2c_host_dmaBase(host* host) { return memory_base(); }
u64 w2c_host_dmaLoad64(host* host, u32 pointer) {
  u64 value = *(volatile u64*)(u64)pointer;
  barrier();
  return value;
}
void w2c_host_dmaArrived(host* host, u32 destination, u32 length) { barrier(); }
void w2c_host_dmaReady(host* host, u32 pointer, u32 length) { barrier(); }
void w2c_host_memoryFence(host* host) { asm volatile("mfence" ::: "memory"); }
void w2c_host_interruptBarrier(host* host) { barrier(); }

/* --- the processor --------------------------------------------------------------------------- */

u64 w2c_host_timestamp(host* host) { return timestamp(); }
u32 w2c_host_cpuid(host* host, u32 leaf, u32 subleaf, u32 index) {
  return cpuid(leaf, subleaf).registers[index & 3];
}

u64 w2c_host_readMsr(host* host, u32 index) {
  u32 low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (u64)high << 32 | low;
}
void w2c_host_writeMsr(host* host, u32 index, u64 value) {
  asm volatile("wrmsr" ::"c"(index), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

/* Rejects all zeros and all ones, which some broken processors return. */
#define TRY_RANDOM(instruction)                                          \
  for (u32 tries = 0; tries < 16; tries++) {                             \
    asm volatile(instruction " %0; pause" : "=r"(value), "=@ccc"(done)); \
    if (done && value + 1 > 1) return value;                             \
  }

u64 w2c_host_hardwareRandom(host* host, u32 seed) {
  u64 value;
  bool done;
  bool has_seed = cpuid(0, 0).registers[0] >= 7 && cpuid(7, 0).registers[1] >> 18 & 1;
  bool has_random = cpuid(1, 0).registers[2] >> 30 & 1;
  if (seed && has_seed) TRY_RANDOM("rdseed")
  if (!seed && has_random) TRY_RANDOM("rdrand")
  return 0;
}
void w2c_host_halt(host* host) { halt_for_ever(); }

/* --- what the boot loader passes ------------------------------------------------------------- */

/* The module's pointers are addresses, because its memory begins at zero. */
static u32 give_text(u32 destination, u32 capacity, const struct text* text) {
  u32 kept = text->length < TEXT_BYTES ? text->length : TEXT_BYTES;
  memcpy((void*)(u64)destination, text->bytes, kept < capacity ? kept : capacity);
  return text->length;
}

u32 w2c_host_bootText(host* host, u32 which, u32 destination, u32 capacity) {
  const struct text* text = which == 1 ? &boot_info.loader_name : &boot_info.command_line;
  return give_text(destination, capacity, text);
}
u32 w2c_host_moduleCount(host* host) { return boot_info.module_count; }
u32 w2c_host_moduleName(host* host, u32 index, u32 destination, u32 capacity) {
  if (index >= boot_info.module_count) return 0;
  return give_text(destination, capacity, &boot_info.modules[index].name);
}
u32 w2c_host_moduleLength(host* host, u32 index) {
  if (index >= boot_info.module_count) return 0;
  return boot_info.modules[index].end - boot_info.modules[index].start;
}
u32 w2c_host_moduleRead(host* host, u32 index, u32 offset, u32 destination, u32 length) {
  u32 whole = w2c_host_moduleLength(host, index);
  if (offset >= whole) return 0;
  u32 count = length < whole - offset ? length : whole - offset;
  memcpy((void*)(u64)destination, direct(boot_info.modules[index].start + offset), count);
  return count;
}
u32 w2c_host_memoryRegionCount(host* host) { return boot_info.region_count; }
u64 w2c_host_memoryRegion(host* host, u32 index, u32 field) {
  if (index >= boot_info.region_count) return 0;
  struct region* region = &boot_info.regions[index];
  return field == 0 ? region->base : field == 1 ? region->length : region->type;
}
u64 w2c_host_acpiRootPointer(host* host) {
  return boot_info.acpi_found ? (u64)boot_info.acpi_root_pointer - KERNEL_BASE : 0;
}
u32 w2c_host_memoryLimit(host* host) { return memory_limit(); }

/* --- screen, panic --------------------------------------------------------------------------- */

void w2c_host_screenPut(host* host, u32 character) { screen_put(character); }
u32 w2c_host_screenColumns(host* host) { return screen_columns(); }
void w2c_host_setPanicTimeout(host* host, u32 seconds) { panic_set_timeout(seconds); }
void w2c_host_crash(host* host, u32 kind) {
  static u8 data[16] = {0xc3}; /* a return instruction that must not be executed */
  if (kind == 0) *(volatile u8*)(u64)&w2c_host_crash = 0;
  if (kind == 1) ((void (*)(void))(u64)data)();
}
u64 w2c_host_buildTime(host* host) { return build_time; }

void w2c_env_abort(struct w2c_env* env, u32 message, u32 file, u32 line, u32 column) {
  panic_at(message, file, line, column);
}

void wasm_rt_trap(wasm_rt_trap_t kind) {
  switch (kind) {
    case WASM_RT_TRAP_OOB: panic("out of bounds of memory");
    case WASM_RT_TRAP_INT_OVERFLOW: panic("integer overflow");
    case WASM_RT_TRAP_DIV_BY_ZERO: panic("division by zero");
    case WASM_RT_TRAP_CALL_INDIRECT: panic("indirect call of the wrong type");
    case WASM_RT_TRAP_UNREACHABLE: /* also if AssemblyScript's allocator is out of memory */
      panic(memory_exhausted() ? "out of memory" : "unreachable");
    default: panic("trap");
  }
}
