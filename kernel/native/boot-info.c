/* What the boot loader left, copied out of memory that is about to be used for something else.
   Multiboot Specification 0.6.96, section 3.3; Multiboot2 Specification 2.0, section 3.6. */
#include "native.h"

#define MULTIBOOT1_MAGIC 0x2badb002
#define MULTIBOOT2_MAGIC 0x36d76289
#define VGA_TEXT 0xb8000

struct boot_info boot_info;

static u32 copy_text(char* destination, u32 capacity, u64 address) {
  const char* source = direct(address);
  u32 length = 0;
  for (; source[length] != 0; length++) {
    if (length < capacity) destination[length] = source[length];
  }
  return length;
}

static void add_text(struct text* text, u64 address) {
  text->length = copy_text(text->bytes, sizeof text->bytes, address);
}

static void add_command_line(u64 address) {
  boot_info.command_line_length =
      copy_text(boot_info.command_line, sizeof boot_info.command_line, address);
}

static void add_module(u64 start, u64 end, u64 name) {
  if (boot_info.module_count == MODULES) return;
  struct module* module = &boot_info.modules[boot_info.module_count++];
  module->start = start;
  module->end = end;
  add_text(&module->name, name);
}

static void add_region(u64 base, u64 length, u32 type) {
  if (boot_info.region_count == REGIONS) return;
  boot_info.regions[boot_info.region_count++] = (struct region){base, length, type};
}

/* A frame of pixels is of use where the direct map reaches it and each pixel is whole bytes. */
static void set_framebuffer(struct framebuffer found, u8 type) {
  found.text = type == 2;
  bool reachable = found.address + (u64)found.pitch * found.height <= FOUR_GIB;
  bool drawable = type == 1 && found.bits % 8 == 0 && found.bits >= 16 && found.bits <= 32;
  if (reachable && (found.text || drawable)) boot_info.framebuffer = found;
}

struct multiboot1 {
  u32 flags, memory_lower, memory_upper, boot_device, command_line;
  u32 module_count, modules, symbols[4], map_length, map;
  u32 drives_length, drives, config_table, loader_name, apm_table;
  u32 vbe_control, vbe_mode, vbe_details[2];
  u64 framebuffer;
  u32 pitch, width, height;
  u8 bits, type;
} __attribute__((packed));

struct map_entry1 {
  u32 size; /* of what follows it */
  u64 base, length;
  u32 type;
} __attribute__((packed));

static void read_multiboot1(u64 address) {
  const struct multiboot1* info = direct(address);
  if (info->flags & 1 << 2) add_command_line(info->command_line);
  if (info->flags & 1 << 9) add_text(&boot_info.loader_name, info->loader_name);
  const u32* module = direct(info->modules); /* start, end, string, reserved */
  for (u32 i = 0; info->flags & 1 << 3 && i < info->module_count; i++, module += 4) {
    add_module(module[0], module[1], module[2]);
  }
  for (u64 at = info->map, end = at + info->map_length; info->flags & 1 << 6 && at < end;) {
    const struct map_entry1* entry = direct(at);
    add_region(entry->base, entry->length, entry->type);
    at += entry->size + sizeof entry->size;
  }
  if (boot_info.region_count == 0) add_region(1 << 20, (u64)info->memory_upper << 10, 1);
  set_framebuffer((struct framebuffer){.address = VGA_TEXT, .width = 80, .height = 25}, 2);
  if (info->flags & 1 << 12) {
    set_framebuffer((struct framebuffer){info->framebuffer, info->pitch, info->width, info->height,
                                         info->bits, false},
                    info->type);
  }
}

struct tag {
  u32 type, size;
};
struct map_tag {
  struct tag tag;
  u32 entry_size, entry_version;
};
struct map_entry2 {
  u64 base, length;
  u32 type, reserved;
};
struct framebuffer_tag {
  struct tag tag;
  u64 address;
  u32 pitch, width, height;
  u8 bits, type;
};

static void add_regions(const struct map_tag* map) {
  u64 end = (u64)map + map->tag.size;
  for (u64 at = (u64)(map + 1); at + sizeof(struct map_entry2) <= end; at += map->entry_size) {
    const struct map_entry2* entry = (const void*)at;
    add_region(entry->base, entry->length, entry->type);
  }
}

static void add_acpi(const struct tag* tag) {
  u32 length = tag->size - sizeof *tag;
  u32 capacity = sizeof boot_info.acpi_root_pointer;
  memcpy(boot_info.acpi_root_pointer, tag + 1, length < capacity ? length : capacity);
  boot_info.acpi_found = true;
}

static void read_tag(const struct tag* tag, u64 address) {
  const u32* words = (const u32*)(tag + 1);
  const struct framebuffer_tag* frame = (const void*)tag;
  switch (tag->type) {
    case 1:
      return add_command_line(address + sizeof *tag);
    case 2:
      return add_text(&boot_info.loader_name, address + sizeof *tag);
    case 3:
      return add_module(words[0], words[1], address + sizeof *tag + 8);
    case 6:
      return add_regions((const void*)tag);
    case 8:
      return set_framebuffer((struct framebuffer){frame->address, frame->pitch, frame->width,
                                                  frame->height, frame->bits, false},
                             frame->type);
    case 14: /* ACPI 1.0's, where there is no newer one */
      if (boot_info.acpi_found) return;
      return add_acpi(tag);
    case 15:
      return add_acpi(tag);
  }
}

static void read_multiboot2(u64 address) {
  u64 end = address + *(const u32*)direct(address);
  for (address += 8; address + sizeof(struct tag) <= end;) {
    const struct tag* tag = direct(address);
    if (tag->type == 0 || tag->size < sizeof *tag) return;
    read_tag(tag, address);
    address += (tag->size + 7) & -8;
  }
}

void boot_info_read(u32 magic, u64 address) {
  if (magic == MULTIBOOT1_MAGIC) {
    read_multiboot1(address);
  } else if (magic == MULTIBOOT2_MAGIC) {
    read_multiboot2(address);
  } else {
    panic("not started by a Multiboot loader");
  }
}
