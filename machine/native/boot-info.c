/* Copies the boot loader's information out of memory that is about to be reused.
   Multiboot Specification 0.6.96, section 3.3; Multiboot2 Specification 2.0, section 3.6; Xen's
   x86/HVM direct boot ABI (PVH); Linux's boot protocol (linux-boot.h). */
#include "linux-boot.h"
#include "native.h"

#define MULTIBOOT1_MAGIC 0x2badb002
#define MULTIBOOT2_MAGIC 0x36d76289
#define PVH_MAGIC 0x336ec578
#define VGA_TEXT 0xb8000
#define LONGEST_TEXT 65536 /* where the search for a missing end stops */

struct boot_info boot_info;
extern u8 LOAD_START[], BSS_END[]; /* physical */

static void copy_text(struct text* text, u64 address) {
  if (address >= FOUR_GIB) return;
  const char* source = direct(address);
  u64 length = 0, limit = FOUR_GIB - address;
  while (length < limit && length < LONGEST_TEXT && source[length] != 0) length++;
  text->length = length;
  memcpy(text->bytes, source, length < TEXT_BYTES ? length : TEXT_BYTES);
}

static void set_loader_name(const char* name) {
  boot_info.loader_name.length = strlen(name);
  memcpy(boot_info.loader_name.bytes, name, strlen(name));
}

/* Ignores modules that are out of reach, and those that were overwritten by .bss. */
static void add_module(u64 start, u64 end, u64 name) {
  bool overwritten = start < (u64)BSS_END && end > (u64)LOAD_START;
  if (start > end || end > FOUR_GIB || overwritten) return;
  if (boot_info.module_count == MODULES) return;
  struct module* module = &boot_info.modules[boot_info.module_count++];
  module->start = start;
  module->end = end;
  if (name != 0) copy_text(&module->name, name);
}

static void add_region(u64 base, u64 length, u32 type) {
  if (boot_info.region_count == REGIONS) return;
  if (length > ~base) length = ~base; /* the end is a number as well */
  boot_info.regions[boot_info.region_count++] = (struct region){base, length, type};
}

/* Records a framebuffer within the direct map, if it is text or has pixels of 2 to 4 bytes. */
static void set_framebuffer(struct framebuffer found, u8 type) {
  found.text = type == 2;
  bool reachable = found.address + (u64)found.pitch * found.height <= FOUR_GIB;
  bool drawable = type == 1 && found.bits % 8 == 0 && found.bits >= 16 && found.bits <= 32;
  if (reachable && (found.text || drawable)) boot_info.framebuffer = found;
}

/* Multiboot 1: 32-bit words; the bits of the first say which others are valid. */
enum { FLAGS, MEMORY_UPPER = 2, COMMAND_LINE = 4, MODULE_COUNT, MODULE_LIST, MAP_LENGTH = 11, MAP };
enum { LOADER_NAME = 16, FRAME_ADDRESS = 22, FRAME_HIGH, PITCH, WIDTH, HEIGHT, BITS_AND_TYPE };

struct map_entry1 {
  u32 size; /* of the rest of the entry */
  u64 base, length;
  u32 type;
} __attribute__((packed));

static void read_multiboot1(const u32* info) {
  u32 flags = info[FLAGS];
  if (flags & 1 << 2) copy_text(&boot_info.command_line, info[COMMAND_LINE]);
  if (flags & 1 << 9) copy_text(&boot_info.loader_name, info[LOADER_NAME]);
  const u32* module = direct(info[MODULE_LIST]); /* start, end, string, reserved */
  for (u32 i = 0; flags & 1 << 3 && i < info[MODULE_COUNT]; i++, module += 4) {
    add_module(module[0], module[1], module[2]);
  }
  u64 end = (u64)info[MAP] + info[MAP_LENGTH];
  for (u64 at = info[MAP]; flags & 1 << 6 && at < end;) {
    const struct map_entry1* entry = direct(at);
    add_region(entry->base, entry->length, entry->type);
    at += entry->size + sizeof entry->size;
  }
  if (boot_info.region_count == 0) add_region(1 << 20, (u64)info[MEMORY_UPPER] << 10, 1);
  set_framebuffer((struct framebuffer){.address = VGA_TEXT, .width = 80, .height = 25}, 2);
  if (flags & 1 << 12) {
    u64 address = info[FRAME_ADDRESS] | (u64)info[FRAME_HIGH] << 32;
    u32 bits = info[BITS_AND_TYPE] & 255, type = info[BITS_AND_TYPE] >> 8 & 255;
    set_framebuffer((struct framebuffer){address, info[PITCH], info[WIDTH], info[HEIGHT], bits, 0},
                    type);
  }
}

/* Multiboot 2: tags, each aligned to 8 bytes. */
struct tag {
  u32 type, size, words[];
};
struct map_entry2 {
  u64 base, length;
  u32 type, reserved;
};

static void add_regions(const struct tag* tag) { /* words: size and version of an entry */
  u64 end = (u64)tag + tag->size;
  for (u64 at = (u64)&tag->words[2]; at + sizeof(struct map_entry2) <= end; at += tag->words[0]) {
    const struct map_entry2* entry = (const void*)at;
    add_region(entry->base, entry->length, entry->type);
  }
}

static void add_acpi(const struct tag* tag) {
  u32 length = tag->size - sizeof *tag, capacity = sizeof boot_info.acpi_root_pointer;
  memcpy(boot_info.acpi_root_pointer, tag->words, length < capacity ? length : capacity);
  boot_info.acpi_found = true;
}

static void read_tag(const struct tag* tag, u64 text) {
  const u32* words = tag->words;
  struct framebuffer frame;
  switch (tag->type) {
    case 1: return copy_text(&boot_info.command_line, text);
    case 2: return copy_text(&boot_info.loader_name, text);
    case 3: return add_module(words[0], words[1], text + 8);
    case 6: return add_regions(tag);
    case 8:
      frame = (struct framebuffer){
          words[0] | (u64)words[1] << 32, words[2], words[3], words[4], words[5] & 255, false};
      return set_framebuffer(frame, words[5] >> 8 & 255);
    case 14: /* ACPI 1.0; a newer one takes precedence */
      if (!boot_info.acpi_found) add_acpi(tag);
      return;
    case 15: return add_acpi(tag);
  }
}

static void read_multiboot2(u64 address) {
  u64 end = address + *(const u32*)direct(address);
  for (address += 8; address + sizeof(struct tag) <= end;) {
    const struct tag* tag = direct(address);
    if (tag->type == 0 || tag->size < sizeof *tag) return;
    read_tag(tag, address + sizeof *tag);
    address += (tag->size + 7) & -8;
  }
}

/* PVH: addresses are physical, and 0 if there is nothing. */
struct pvh_info {
  u32 magic, version, flags, module_count;
  u64 modules, command_line, root_pointer, map;
  u32 map_entries, reserved;
};
struct pvh_module {
  u64 start, size, name, reserved;
};

static void add_acpi_at(u64 address) {
  u64 size = sizeof boot_info.acpi_root_pointer;
  if (address == 0 || address > FOUR_GIB - size) return;
  memcpy(boot_info.acpi_root_pointer, direct(address), size);
  boot_info.acpi_found = true;
}

static void read_pvh(const struct pvh_info* info) {
  if (info->magic != PVH_MAGIC) panic("the PVH loader's information is invalid");
  set_loader_name("PVH");
  if (info->command_line != 0) copy_text(&boot_info.command_line, info->command_line);
  const struct pvh_module* module = direct(info->modules);
  for (u32 i = 0; i < info->module_count; i++, module++) {
    add_module(module->start, module->start + module->size, module->name);
  }
  const struct map_entry2* entry = direct(info->map); /* as Multiboot 2's */
  for (u32 i = 0; info->version >= 1 && i < info->map_entries; i++, entry++) {
    add_region(entry->base, entry->length, entry->type);
  }
  add_acpi_at(info->root_pointer);
}

/* Linux. The map's count may be wrong, but not point outside of it. */
static void read_screen(const struct linux_params* params) {
  bool pixels = params->screen_type == PIXELS_BIOS || params->screen_type == PIXELS_UEFI;
  u64 high = params->capabilities & HIGH_BASE ? params->base_high : 0;
  if (pixels) {
    struct framebuffer frame = {params->base | high << 32,
                                params->pitch,
                                params->width,
                                params->height,
                                params->depth,
                                false};
    set_framebuffer(frame, 1);
  } else if (params->screen_type == 1 && params->columns == 80) {
    set_framebuffer((struct framebuffer){.address = VGA_TEXT, .width = 80, .height = 25}, 2);
  }
}

/* Names of type_of_loader's high digit; unassigned ones are the protocol's. */
static const char* linux_loader(const struct linux_params* params) {
  static const char names[16][9] = {"LILO",     "Loadlin", "",       "Syslinux", "iPXE",  "ELILO",
                                    "",         "GRUB",    "U-Boot", "Xen",      "Gujin", "QEMU",
                                    "Arcturus", "kexec",   "",       ""};
  if (params->uefi_signature == UEFI_STUB && params->loader == 0xff) return "UEFI";
  const char* name = names[params->loader >> 4];
  return *name != 0 ? name : "Linux boot protocol";
}

static void read_linux(const struct linux_params* params) {
  if (params->magic != LINUX_MAGIC) panic("the Linux loader's information is invalid");
  set_loader_name(linux_loader(params));
  u64 line = params->command_line | (u64)params->command_line_high << 32;
  if (line != 0) copy_text(&boot_info.command_line, line);
  u64 start = params->ramdisk | (u64)params->ramdisk_high << 32;
  u64 size = params->ramdisk_size | (u64)params->ramdisk_size_high << 32;
  if (start != 0 && size != 0 && size <= FOUR_GIB) add_module(start, start + size, 0);
  for (u32 i = 0; i < params->map_entries && i < MAP_MAXIMUM; i++) {
    add_region(params->map[i].base, params->map[i].length, params->map[i].type);
  }
  read_screen(params);
  add_acpi_at(params->root_pointer);
}

void boot_info_read(u32 magic, u64 address) {
  if (magic == MULTIBOOT1_MAGIC) {
    read_multiboot1(direct(address));
  } else if (magic == MULTIBOOT2_MAGIC) {
    read_multiboot2(address);
  } else if (magic == PVH_MAGIC) {
    read_pvh(direct(address));
  } else if (magic == LINUX_MAGIC) {
    read_linux(direct(address));
  } else {
    panic("not started by a loader of Multiboot, PVH or Linux");
  }
}
