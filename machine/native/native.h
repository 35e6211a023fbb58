/* Types, addresses and functions that the C files share. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define KERNEL_BASE 0xffffffff80000000ul /* maps physical address 0, for the image */
#ifndef DIRECT_MAP                       /* a test has its own */
#define DIRECT_MAP 0xffff800000000000ul  /* the first 4 GiB of physical memory, for data */
#endif
#define PAGE 4096ul
#define FOUR_GIB (1ul << 32)

static inline void* direct(u64 physical) { return (void*)(DIRECT_MAP + physical); }

/* boot-info.c: the boot loader's information, copied before it is overwritten. */
#define TEXT_BYTES 4096
#define MODULES 8
#define REGIONS 256
struct text {
  u32 length; /* of the original, even if it did not fit */
  char bytes[TEXT_BYTES];
};
struct module {
  u64 start, end; /* physical */
  struct text name;
};
struct region {
  u64 base, length, type; /* type 1 is usable RAM */
};
struct framebuffer {
  u64 address; /* physical; 0 if there is none */
  u32 pitch, width, height, bits;
  bool text; /* cells of VGA text instead of pixels */
};
struct boot_info {
  struct text command_line, loader_name;
  u32 module_count, region_count;
  struct module modules[MODULES];
  struct region regions[REGIONS];
  struct framebuffer framebuffer;
  u8 acpi_root_pointer[64]; /* a copy: Multiboot 2 hands over the structure, not its address */
  bool acpi_found;
};
extern struct boot_info boot_info;
void boot_info_read(u32 magic, u64 address);
extern const u64 build_time; /* seconds since 1970; made by the Makefile */

/* memory.c: the page tables and the module's linear memory. */
void memory_start(void);
void* device_registers(u64 address);
u64 memory_base(void);        /* physical address of byte 0 of linear memory */
u64 memory_limit(void);       /* bytes that linear memory can grow to */
void* tls_memory(u64* bytes); /* RAM outside linear memory, for TLS's heap */
bool memory_exhausted(void);  /* reports whether the last memory.grow failed */

/* trap.c: descriptor tables, and the entry of every interrupt and exception. */
struct frame {
  u64 rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
  u64 vector, error, rip, cs, flags, rsp, ss;
};
void trap_start(void);
extern volatile u64 interrupt_count;
extern u64 interrupted; /* the address that was interrupted; 0 outside interrupts */

/* panic.c: all fatal errors end here. */
_Noreturn void panic(const char* reason);
_Noreturn void panic_at(u32 message, u32 file, u32 line, u32 column); /* strings of TypeScript */
_Noreturn void panic_frame(const struct frame* frame);
void panic_set_timeout(u32 seconds);

/* unpack.c: data that compiler-config/pack.ts packed. */
void unpack(u8* to, const u8* packed, u32 step);

/* print.c: text on the serial line and the screen, for panics. */
void serial_flush(void); /* waits until the UART has sent everything */
void print_character(char character);
void print_text(const char* text);
void print_decimal(u64 value);
void print_hex(u64 value, u32 digits);
void print_address(u64 value);  /* 0x and hex digits without leading zeros */
void print_string(u64 pointer); /* an AssemblyScript string: UTF-16, preceded by its length */

/* symbols.c: function names and source lines, for backtraces. */
void print_location(u64 address);

/* screen.c */
void screen_start(void);
void screen_put(u32 character);
u32 screen_columns(void); /* 0 without a screen */

/* host.c: the exports of the compiled TypeScript. */
void module_start(void);
void module_boot(void);
u64 module_turn(void);
void module_interrupt(u32 vector);
void module_collect_if_due(void);
