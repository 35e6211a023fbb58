/* Runs the fuzz targets (tests/fuzz/targets/) under libFuzzer, as the C that wasm2c generates from
 * the kernel's TypeScript. Called as build/fuzz/NAME, it fuzzes the target NAME. The address space:
 *
 *     0                 not mapped, so that null traps
 *     4096              the module's memory, to its exact size; at most MEMORY_MOST
 *     FRAMES            frames, each at the end of a page, followed by an unmapped page
 *     COPIES            copies of pieces of the input, flush with the end
 *     INPUT             the input, flush with the end
 *     ... 8 GiB         otherwise not mapped, so that a stray pointer + offset traps
 *
 * Memory is restored before each input. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../machine/native/unpack.c"
#include "wasm-rt.h"

#define WINDOW (8ul << 30)
#define SPACE (4ul << 30)
#define PAGE 4096ul
#define WASM_PAGE 65536ul
#define MEMORY_MOST (96ul << 20)
/* The same numbers are in tests/fuzz/parts/fences.ts. */
#define FRAMES 0xc0000000ul
#define FRAME_COUNT 48ul
#define COPIES 0xd0000000ul
#define COPIES_BYTES (64ul << 10)
#define INPUT 0xe0000000ul
#define INPUT_BYTES (1ul << 20)

static uint8_t* const linear = (uint8_t*)LINEAR;

static void die(const char* what) {
  perror(what);
  exit(2);
}

static void allow(uint64_t start, uint64_t bytes, int rights) {
  if (mprotect(linear + start, bytes, rights) != 0) die("mprotect");
}

/* --- called by the generated C ---------------------------------------------------------------- */

static void unpack_image(uint32_t to, const uint8_t* packed) { unpack(linear + to, packed, 2); }

bool wasm_rt_is_initialized(void) { return true; }

void wasm_rt_trap(wasm_rt_trap_t kind) {
  fprintf(stderr, "trap %d\n", (int)kind);
  abort();
}

/* Only memory.copy and memory.fill check the size given here. SPACE lets them pass, and unmapped
 * pages trap. */
void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint64_t pages, uint64_t max_pages,
                             bool is64, uint32_t page_size) {
  *memory = (wasm_rt_memory_t){linear, pages, max_pages, page_size, SPACE, is64};
  allow(PAGE, pages * WASM_PAGE - PAGE, PROT_READ | PROT_WRITE);
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint64_t pages) {
  uint64_t before = memory->pages;
  if ((before + pages) * WASM_PAGE > MEMORY_MOST) return -1;
  allow(before * WASM_PAGE, pages * WASM_PAGE, PROT_READ | PROT_WRITE);
  memory->pages += pages;
  return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t* memory) {}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, uint32_t size, uint32_t max) {
  *table = (wasm_rt_funcref_table_t){calloc(size, sizeof(wasm_rt_funcref_t)), max, size};
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) {}

#include "kernel.c" /* by wasm2c from tests/fuzz/targets/ and their imports */

#include "host.h" /* stubs of machine/host.ts, for a machine without devices */

/* --- firmware, for the target of that name ---------------------------------------------------- */

/* Physical memory, whose beginning is also the boot loader's module and what fw_cfg sends. It is
 * all zeros unless the target writes to it, and other addresses always are. */
#define FIRMWARE 0xe0000ul
#define FIRMWARE_BYTES (128ul << 10)
#define FW_CFG_DATA 0x511
#define HYPERVISOR_BIT (1u << 31)
static uint8_t firmware[FIRMWARE_BYTES];
static uint64_t firmware_written, fw_cfg_position;

static void reset_firmware(void) {
  memset(firmware, 0, firmware_written);
  firmware_written = fw_cfg_position = 0;
}

static uint32_t firmware_at(uint64_t address, uint32_t bytes) {
  uint32_t value = 0;
  uint64_t at = address - FIRMWARE;
  if (address >= FIRMWARE && at + bytes <= FIRMWARE_BYTES) memcpy(&value, firmware + at, bytes);
  return value;
}

u32 w2c_host_mmioRead8(struct w2c_host* host, u64 address) { return firmware_at(address, 1); }
u32 w2c_host_mmioRead16(struct w2c_host* host, u64 address) { return firmware_at(address, 2); }
u32 w2c_host_mmioRead32(struct w2c_host* host, u64 address) { return firmware_at(address, 4); }

void w2c_host_mmioWrite8(struct w2c_host* host, u64 address, u32 value) {
  uint64_t at = address - FIRMWARE;
  if (address < FIRMWARE || at >= FIRMWARE_BYTES) return;
  firmware[at] = value;
  if (at >= firmware_written) firmware_written = at + 1;
}

u32 w2c_host_moduleRead(struct w2c_host* host, u32 index, u32 offset, u32 to, u32 length) {
  if (offset >= firmware_written) return 0;
  uint64_t left = firmware_written - offset, count = length < left ? length : left;
  memcpy(linear + to, firmware + offset, count);
  return count;
}

u32 w2c_host_in8(struct w2c_host* host, u32 port) {
  return port == FW_CFG_DATA ? firmware_at(FIRMWARE + fw_cfg_position++, 1) : 0;
}

u32 w2c_host_cpuid(struct w2c_host* host, u32 leaf, u32 subleaf, u32 which) {
  return firmware_written != 0 && leaf == 1 && which == 2 ? HYPERVISOR_BIT : 0;
}

/* Prints an AssemblyScript string: UTF-16, preceded by its length in bytes. */
static void print_wide(uint32_t pointer) {
  uint32_t length = pointer == 0 ? 0 : *(uint32_t*)(linear + pointer - 4);
  for (uint32_t i = 0; i < length; i += 2) fputc(linear[pointer + i], stderr);
}

void w2c_env_abort(struct w2c_env* env, uint32_t message, uint32_t file, uint32_t line,
                   uint32_t column) {
  print_wide(message);
  fputs(" at ", stderr);
  print_wide(file);
  fprintf(stderr, ":%u:%u\n", line, column);
  abort();
}

/* --- targets ---------------------------------------------------------------------------------- */

typedef void target(w2c_kernel*, u32 pointer, u32 length);
static const struct {
  const char* name;
  target* run;
} targets[] = {
#define TARGET(name) {#name, w2c_kernel_##name},
#include "targets.h" /* a line per file of tests/fuzz/targets/ */
};

static w2c_kernel first_kernel;
static target* chosen;

static void choose(const char* path) {
  const char* slash = strrchr(path, '/');
  const char* name = slash == NULL ? path : slash + 1;
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    if (strcmp(targets[i].name, name) == 0) chosen = targets[i].run;
  if (chosen != NULL) return;
  fprintf(stderr, "%s: no such target\n", name);
  exit(2);
}

/* --- restoring memory ------------------------------------------------------------------------- */

static int snapshot;

static void map_window(void) {
  int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
  snapshot = memfd_create("snapshot", MFD_CLOEXEC);
  if (snapshot < 0 || ftruncate(snapshot, SPACE) != 0) die("memfd");
  void* behind = linear + SPACE;
  if (mmap(linear, SPACE, PROT_NONE, flags, snapshot, 0) != linear) die("mmap");
  if (mmap(behind, WINDOW - SPACE, PROT_NONE, flags | MAP_ANONYMOUS, -1, 0) != behind) die("mmap");
  for (uint64_t i = 0; i < FRAME_COUNT; i++)
    allow(FRAMES + 2 * PAGE * i, PAGE, PROT_READ | PROT_WRITE);
  allow(COPIES, COPIES_BYTES, PROT_READ | PROT_WRITE);
  allow(INPUT, INPUT_BYTES, PROT_READ | PROT_WRITE);
}

static void keep(uint64_t start, uint64_t bytes) {
  for (uint64_t at = start; at < start + bytes; at += PAGE)
    if (pwrite(snapshot, linear + at, PAGE, at) != (ssize_t)PAGE) die("pwrite");
}

static void forget(uint64_t start, uint64_t bytes) {
  if (madvise(linear + start, bytes, MADV_DONTNEED) != 0) die("madvise");
}

static void put_back(void) {
  uint64_t size = first_kernel.w2c_memory.pages * WASM_PAGE;
  uint64_t grown = kernel.w2c_memory.pages * WASM_PAGE;
  forget(0, grown);
  forget(FRAMES, INPUT + INPUT_BYTES - FRAMES);
  if (grown > size) allow(size, grown - size, PROT_NONE);
  kernel = first_kernel;
}

/* --- libFuzzer -------------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(int* argc, char*** argv) {
  choose((*argv)[0]);
  map_window();
  wasm2c_kernel_instantiate(&kernel, NULL, NULL);
  keep(PAGE, kernel.w2c_memory.pages * WASM_PAGE - PAGE);
  for (uint64_t i = 0; i < FRAME_COUNT; i++) keep(FRAMES + 2 * PAGE * i, PAGE);
  first_kernel = kernel;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > INPUT_BYTES) return -1;
  put_back();
  reset_firmware();
  uint64_t at = INPUT + INPUT_BYTES - size;
  memcpy(linear + at, data, size);
  chosen(&kernel, at, size);
  return 0;
}
