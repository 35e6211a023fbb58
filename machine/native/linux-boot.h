/* boot_params: what a loader of Linux kernels passes (Linux's Documentation/arch/x86/boot.rst,
   protocol 2.15, and zero-page.rst). Comments give offsets. */
#pragma once
#include "native.h"

#define LINUX_MAGIC 0x53726448 /* "HdrS" */
#define UEFI_STUB 0x34364c45   /* "EL64": machine/loader/efi.c made this */
#define MAP_MAXIMUM 128
#define PIXELS_BIOS 0x23
#define PIXELS_UEFI 0x70
#define HIGH_BASE 2 /* a bit of `capabilities`: base_high is valid */

struct linux_params {
  u8 unused00[6];
  u8 video_mode, columns; /* 0x06 */
  u8 unused08[6];
  u8 lines, screen_type; /* 0x0e; 1 is text */
  u16 unused10, width, height, depth;
  u32 base, size, unused20; /* 0x18 */
  u16 pitch;                /* 0x24 */
  u8 unused26[0x36 - 0x26];
  u32 capabilities, base_high; /* 0x36 */
  u8 unused3e[0x70 - 0x3e];
  u64 root_pointer; /* 0x70 */
  u8 unused78[0xc0 - 0x78];
  u32 ramdisk_high, ramdisk_size_high, command_line_high; /* 0xc0 */
  u8 unusedcc[0x1c0 - 0xcc];
  u32 uefi_signature; /* 0x1c0 */
  u8 unused1c4[0x1e8 - 0x1c4];
  u8 map_entries; /* 0x1e8 */
  u8 unused1e9[0x202 - 0x1e9];
  u32 magic;   /* 0x202 */
  u16 version; /* 0x206 */
  u8 unused208[0x210 - 0x208];
  u8 loader; /* 0x210 */
  u8 unused211[0x218 - 0x211];
  u32 ramdisk, ramdisk_size; /* 0x218 */
  u8 unused220[0x228 - 0x220];
  u32 command_line; /* 0x228 */
  u8 unused22c[0x2d0 - 0x22c];
  struct {
    u64 base, length;
    u32 type;
  } __attribute__((packed)) map[MAP_MAXIMUM]; /* 0x2d0 */
  u8 unusedcd0[0x1000 - 0xcd0];
} __attribute__((packed));
_Static_assert(sizeof(struct linux_params) == 0x1000, "boot_params has 4 KiB");
