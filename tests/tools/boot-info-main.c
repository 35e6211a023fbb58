/* Reads a Linux loader's boot_params with the kernel's boot-info.c, and prints what it found. The
   input is memory from 64 KiB on, which begins with boot_params; the 4 GiB of memory end with what
   the argument says, and reading beyond them is a fault. */
#define DIRECT_MAP 0x200000000000ul
#include "../../machine/native/boot-info.c"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PARAMETERS 0x10000

_Noreturn void panic(const char* why) {
  printf("panic: %s\n", why);
  exit(0);
}

int main(int count, char** words) {
  u8* memory = mmap((void*)DIRECT_MAP, FOUR_GIB + PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (count != 2 || memory == MAP_FAILED) return 1;
  if (mprotect(memory + FOUR_GIB, PAGE, PROT_NONE) != 0) return 1;
  memcpy(memory + FOUR_GIB - strlen(words[1]), words[1], strlen(words[1]));
  if (fread(memory + PARAMETERS, 1, 1 << 20, stdin) < sizeof(struct linux_params)) return 1;
  boot_info_read(LINUX_MAGIC, PARAMETERS);
  u32 kept = boot_info.command_line.length;
  if (kept > TEXT_BYTES) kept = TEXT_BYTES;
  printf("loader: %.*s\n", (int)boot_info.loader_name.length, boot_info.loader_name.bytes);
  printf("line: %u %.*s\n", boot_info.command_line.length, (int)kept,
         boot_info.command_line.bytes);
  for (u32 i = 0; i < boot_info.module_count; i++) {
    printf("module: %lx %lx\n", boot_info.modules[i].start, boot_info.modules[i].end);
  }
  for (u32 i = 0; i < boot_info.region_count; i++) {
    struct region* region = &boot_info.regions[i];
    printf("region: %lx %lx %lu\n", region->base, region->length, region->type);
  }
  struct framebuffer* frame = &boot_info.framebuffer;
  printf("screen: %lx %u %u %u %u %d\n", frame->address, frame->pitch, frame->width,
         frame->height, frame->bits, frame->text);
  printf("acpi: %d %.8s\n", boot_info.acpi_found, (const char*)boot_info.acpi_root_pointer);
}
