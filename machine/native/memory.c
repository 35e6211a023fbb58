/* Page tables (Intel SDM vol. 3, chapter 4) and the module's linear memory.
 *
 *     0                    linear memory of the module, not executable, in 4 KiB pages up to
 *                          exactly its size. Page 0 is not mapped, nor is anything from the end
 *                          of linear memory to 8 GiB, the reach of a TypeScript pointer + offset
 *     0xffff800000000000   the first 4 GiB of physical memory, not executable; above them, device
 *                          registers that are in use
 *     0xffffffff80000000   the kernel image: text read-only, the rest not executable
 *
 * Linear memory is physically contiguous (a DMA address is pointer + constant). It grows from the
 * start of the largest free range of RAM below 4 GiB. Its page tables follow the space it can
 * grow into. The end of the range, a sixteenth of it but at most 16 MiB, is the heap of TLS.
 */
#include "native.h"
#include "wasm-rt.h"

#define PRESENT 1ul
#define WRITABLE 2ul
#define USED (1ul << 5 | 1ul << 6) /* accessed, dirty: spares the processor from setting them */
#define NO_EXECUTE (1ul << 63)
#define LARGE_PAGE (2ul << 20)
#define WASM_PAGE 65536ul
#define TLS_SHARE 16
#define TLS_MAX (16ul << 20) /* about 300 connections */
#define IMAGE_TABLES 8       /* each maps 2 MiB: the image must end below 16 MiB */
#define UNCACHED (1ul << 3 | 1ul << 4)
#define LARGE (1ul << 7)
#define APIC_PAGES 0xfec00000ul     /* IO-APICs, then the local APIC: 4 MiB */
#define APIC_PAGES_END 0xff000000ul /* firmware may have left these cached */
#define DEVICE_WINDOWS 4            /* GiB with device registers above 4 GiB */

typedef u64 table[512] __attribute__((aligned(PAGE)));
typedef u64 directories[4 * 512] __attribute__((aligned(PAGE))); /* contiguous, map 4 GiB */
extern table page_map, direct_pointers, kernel_pointers;
extern directories direct_directories;
static table window_pointers, image_directory, image_tables[IMAGE_TABLES];
static directories window_directories;
extern u8 LOAD_START[], TEXT_START[], TEXT_END[], RODATA_END[], BSS_END[], stack_guard[];

struct range {
  u64 start, end;
};
static struct range linear;   /* physical; its page tables start at its end */
static struct range tls_heap; /* physical */
static bool grow_failed;

static table device_pointers, device_directories[DEVICE_WINDOWS];
static u64 device_windows[DEVICE_WINDOWS]; /* the GiB that each maps; 0 for none */

static u64 image_physical(const void* address) { return (u64)address - KERNEL_BASE; }

/* The first 512 GiB are in direct_pointers. Above them, device_pointers holds one aligned block of
   512 GiB: that of the first device there. */
static void map_device_window(u32 window, u64 gib) {
  u64* pointers = direct_pointers;
  if (gib >= 512) {
    static u64 mapped;
    if (mapped != 0 && mapped != gib / 512) panic("devices are too far apart");
    mapped = gib / 512;
    page_map[256 + mapped] = image_physical(device_pointers) | WRITABLE | PRESENT;
    pointers = device_pointers;
  }
  u64 rights = LARGE | UNCACHED | NO_EXECUTE | USED | WRITABLE | PRESENT;
  for (u64 i = 0; i < 512; i++) {
    device_directories[window][i] = gib << 30 | i * LARGE_PAGE | rights;
  }
  pointers[gib % 512] = image_physical(device_directories[window]) | WRITABLE | PRESENT;
  device_windows[window] = gib;
}

/* Returns where device registers above 4 GiB are mapped; the first use of a GiB maps it. */
void* device_registers(u64 address) {
  u64 gib = address >> 30;
  for (u32 i = 0; i < DEVICE_WINDOWS; i++) {
    if (device_windows[i] == 0) map_device_window(i, gib);
    if (device_windows[i] == gib) return direct(address);
  }
  panic("too many devices above 4 GiB");
}

static void map_image(void) {
  u64 end = KERNEL_BASE + (u64)BSS_END;
  if ((u64)BSS_END > IMAGE_TABLES * LARGE_PAGE) panic("the kernel's image is too large");
  for (u64 address = (u64)TEXT_START; address < end; address += PAGE) {
    u64 rights = WRITABLE | NO_EXECUTE;
    if (address < (u64)RODATA_END) rights = NO_EXECUTE;
    if (address < (u64)TEXT_END) rights = 0;
    u64 physical = address - KERNEL_BASE;
    u64* entry = &image_tables[physical / LARGE_PAGE][physical / PAGE % 512];
    *entry = address == (u64)stack_guard ? 0 : physical | rights | PRESENT | USED;
  }
  for (u32 i = 0; i < IMAGE_TABLES; i++) {
    image_directory[i] = image_physical(image_tables[i]) | WRITABLE | PRESENT;
  }
}

/* Returns the lowest used range in [start, end), or an empty one at `end`. Firmware may report RAM
   that overlaps a region of another type. */
static struct range first_used(u64 start, u64 end) {
  struct range first = {end, end};
  struct range image = {(u64)LOAD_START, (u64)BSS_END};
  if (image.start < first.start && image.end > start) first = image;
  for (u32 i = 0; i < boot_info.module_count; i++) {
    struct range used = {boot_info.modules[i].start, boot_info.modules[i].end};
    if (used.start < first.start && used.end > start) first = used;
  }
  for (u32 i = 0; i < boot_info.region_count; i++) {
    struct region* region = &boot_info.regions[i];
    struct range used = {region->base, region->base + region->length};
    if (region->type != 1 && used.start < first.start && used.end > start) first = used;
  }
  return first;
}

/* Returns the end of the RAM that contains `address`, over adjacent regions, at most 4 GiB. */
static u64 ram_end(u64 address) {
  u64 end = address;
  for (u32 i = 0; i < boot_info.region_count; i++) {
    struct region* region = &boot_info.regions[i];
    if (region->type != 1 || region->base > end || region->base + region->length <= end) continue;
    end = region->base + region->length;
    i = -1;
  }
  return end < FOUR_GIB ? end : FOUR_GIB;
}

static struct range largest_free(void) {
  struct range largest = {0, 0};
  for (u32 i = 0; i < boot_info.region_count; i++) {
    struct region* region = &boot_info.regions[i];
    if (region->type != 1) continue;
    u64 end = ram_end(region->base);
    u64 start = region->base > (u64)LOAD_START ? region->base : (u64)LOAD_START;
    while (start < end) {
      struct range used = first_used(start, end);
      struct range free = {(start + PAGE - 1) & -PAGE, used.start & -PAGE};
      bool larger = free.end > free.start && free.end - free.start > largest.end - largest.start;
      if (larger) largest = free;
      start = used.end > start ? used.end : end;
    }
  }
  return largest;
}

void memory_start(void) {
  map_image();
  kernel_pointers[510] = image_physical(image_directory) | WRITABLE | PRESENT;
  for (u32 i = 0; i < 4 * 512; i++) direct_directories[i] |= NO_EXECUTE | USED;
  for (u64 address = APIC_PAGES; address < APIC_PAGES_END; address += LARGE_PAGE) {
    direct_directories[address / LARGE_PAGE] |= UNCACHED;
  }
  for (u32 i = 0; i < 4; i++) {
    window_pointers[i] = image_physical(&window_directories[i * 512]) | WRITABLE | PRESENT;
  }
  page_map[0] = image_physical(window_pointers) | WRITABLE | PRESENT;
  asm volatile("mov %0, %%cr3" ::"r"(image_physical(page_map)) : "memory");

  linear = largest_free();
  u64 share = (linear.end - linear.start) / TLS_SHARE / PAGE * PAGE;
  if (share > TLS_MAX) share = TLS_MAX;
  tls_heap = (struct range){linear.end - share, linear.end};
  u64 bytes = tls_heap.start - linear.start;
  u64 tables = (bytes / LARGE_PAGE + 1) * PAGE;
  if (bytes < tables + WASM_PAGE) panic("no memory below 4 GiB");
  linear.end = linear.start + ((bytes - tables) & -WASM_PAGE);
}

void* tls_memory(u64* bytes) {
  *bytes = tls_heap.end - tls_heap.start;
  return direct(tls_heap.start);
}

u64 memory_base(void) { return linear.start; }
u64 memory_limit(void) { return linear.end - linear.start; }
bool memory_exhausted(void) { return grow_failed; }

static void map_linear(u64 from, u64 to) {
  for (u64 address = from; address < to; address += PAGE) {
    u64 physical = linear.end + address / LARGE_PAGE * PAGE;
    u64* entries = direct(physical);
    if (address % LARGE_PAGE == 0) {
      memset(entries, 0, PAGE);
      window_directories[address / LARGE_PAGE] = physical | WRITABLE | PRESENT;
    }
    u64 entry = (linear.start + address) | WRITABLE | PRESENT | NO_EXECUTE | USED;
    if (address != 0) entries[address / PAGE % 512] = entry;
  }
  memset(direct(linear.start + from), 0, to - from);
}

/* memory.grow: returns the previous number of pages, or -1 if there is not enough memory. */
u64 wasm_rt_grow_memory(wasm_rt_memory_t* memory, u64 pages) {
  u64 before = memory->pages;
  grow_failed = (before + pages) * WASM_PAGE > memory_limit();
  if (grow_failed) return (u64)-1;
  map_linear(memory->size, (before + pages) * WASM_PAGE);
  memory->pages = before + pages;
  memory->size = memory->pages * WASM_PAGE;
  return before;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, u64 pages, u64 max_pages, bool is64,
                             u32 page_size) {
  *memory = (wasm_rt_memory_t){.max_pages = max_pages, .page_size = page_size, .is64 = is64};
  if (wasm_rt_grow_memory(memory, pages) != 0) panic("out of memory");
}

void wasm_rt_free_memory(wasm_rt_memory_t* memory) { (void)memory; /* the module never ends */ }
