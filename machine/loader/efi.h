/* What is used of UEFI's tables and protocols (UEFI Specification 2.10; sections in parentheses).
   Members that are not used are left out by count. */
#pragma once
#include "native.h"

#define EFI __attribute__((ms_abi))
#define UNUSED(first, count) void* unused##first[count]
typedef void* handle;
typedef u16 character; /* UCS-2 */

#define EFI_ERROR (1ul << 63)
#define EFI_INVALID_PARAMETER (EFI_ERROR | 2)
#define EFI_BAD_BUFFER_SIZE (EFI_ERROR | 4)
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR | 5)
#define EFI_OUT_OF_RESOURCES (EFI_ERROR | 9)
#define EFI_NOT_FOUND (EFI_ERROR | 14)

struct guid {
  u32 a;
  u16 b, c;
  u8 d[8];
};

/* Kinds of AllocatePages, and types of memory (7.2). */
enum { MAX_ADDRESS = 1, AT_ADDRESS = 2 };
enum {
  LOADER_CODE = 1,
  LOADER_DATA,
  BOOT_CODE,
  BOOT_DATA,
  CONVENTIONAL = 7,
  UNUSABLE,
  ACPI_RECLAIM,
  ACPI_NVS
};
struct descriptor {
  u32 type, padding;
  u64 start, virtual, pages, attributes;
};

struct text_output { /* 12.4 */
  void* reset;
  u64(EFI* print)(struct text_output*, const character*);
};
struct loaded_image { /* 9.1 */
  UNUSED(0, 3);
  handle device;
  UNUSED(1, 2);
  u32 options_size;
  character* options;
};
struct file { /* 13.5 */
  u64 revision;
  u64(EFI* open)(struct file*, struct file**, const character*, u64 mode, u64 attributes);
  u64(EFI* close)(struct file*);
  void* delete;
  u64(EFI* read)(struct file*, u64* size, void* buffer);
  void* write;
  u64(EFI* position)(struct file*, u64*);
  u64(EFI* seek)(struct file*, u64);
};
struct volume { /* 13.4 */
  u64 revision;
  u64(EFI* open)(struct volume*, struct file**);
};
struct load_file { /* 13.2 */
  u64(EFI* load)(struct load_file*, const void* path, bool policy, u64* size, void* buffer);
};
struct graphics { /* 12.9 */
  UNUSED(0, 3);
  struct {
    u32 count, current;
    struct {
      u32 version, width, height, format, masks[4], pitch; /* pitch in pixels */
    } * information;
    u64 information_size, base, size;
  } * mode;
};

struct boot_services { /* 4.4 */
  u8 header[24];
  UNUSED(0, 2);
  u64(EFI* allocate_pages)(u32 kind, u32 type, u64 pages, u64* address);
  u64(EFI* free_pages)(u64 address, u64 pages);
  u64(EFI* memory_map)(u64* size, void* map, u64* key, u64* descriptor_size, u32* version);
  UNUSED(1, 11);
  u64(EFI* protocol)(handle, const struct guid*, void** interface); /* HandleProtocol */
  UNUSED(2, 3);
  u64(EFI* locate_path)(const struct guid*, const void** path, handle*);
  UNUSED(3, 5);
  u64(EFI* exit)(handle image, u64 key); /* ExitBootServices */
  UNUSED(4, 10);
  u64(EFI* locate)(const struct guid*, void* registration, void** interface);
};
_Static_assert(offsetof(struct boot_services, protocol) == 152, "4.4: HandleProtocol");
_Static_assert(offsetof(struct boot_services, exit) == 232, "4.4: ExitBootServices");
_Static_assert(offsetof(struct boot_services, locate) == 320, "4.4: LocateProtocol");

struct system_table { /* 4.3 */
  u8 header[24];
  UNUSED(0, 5);
  struct text_output* output;
  UNUSED(1, 3);
  struct boot_services* boot;
  u64 table_count;
  struct {
    struct guid guid;
    void* table;
  } * tables;
};
_Static_assert(offsetof(struct system_table, output) == 64, "4.3: ConOut");
_Static_assert(offsetof(struct system_table, boot) == 96, "4.3: BootServices");
