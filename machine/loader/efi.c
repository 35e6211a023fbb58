/* Starts the kernel as a UEFI application (UEFI Specification 2.10): collects what a loader of
 * Linux kernels would pass in boot_params, ends the boot services, and enters the kernel at 1 MiB.
 *
 *     command line   the image's load options, or else the file \anonymos.cmdline of its volume
 *     initrd         from a loader by Linux's media path, or else the file of a word initrd=PATH
 */
#include "efi.h"
#include "linux-boot.h"

#define LOAD_ADDRESS 0x100000ul
#define COMMAND_LINE 4095
#define SPARE_DESCRIPTORS 16 /* a call may split regions */
#define EXIT_TRIES 8
#define PLACE_TRIES 16
#define INITRD_MAX (1ul << 30)

extern u8 kernel_image[] __attribute__((visibility("hidden")));
extern u8 kernel_image_end[] __attribute__((visibility("hidden")));
extern u8 enter_kernel[] __attribute__((visibility("hidden")));
extern u8 enter_kernel_end[] __attribute__((visibility("hidden")));
extern const u64 kernel_bytes __attribute__((visibility("hidden"))); /* with its .bss */

/* Below 4 GiB, and apart from the kernel's place. */
struct handover {
  struct linux_params params;
  char command_line[COMMAND_LINE + 1];
  u8 code[256];
};

static const struct guid loaded_image_guid = {
    0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct guid volume_guid = {
    0x964e5b22, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct guid graphics_guid = {
    0x9042a9de, 0x23dc, 0x4a38, {0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a}};
static const struct guid load_file2_guid = {
    0x4006c0c1, 0xfcb3, 0x403e, {0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d}};
static const struct guid acpi1_guid = {
    0xeb9d2d30, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
static const struct guid acpi2_guid = {
    0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};

/* Linux's LINUX_EFI_INITRD_MEDIA_GUID: a vendor's media path (10.3.5.3), then the end. */
static const struct {
  u8 type, subtype;
  u16 length;
  struct guid guid;
  u8 end[4];
} __attribute__((packed))
initrd_path = {4,
               3,
               20,
               {0x5568e427, 0x68fc, 0x4f3d, {0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68}},
               {0x7f, 0xff, 4, 0}};

static struct system_table* firmware;
static struct boot_services* boot;
static struct file* root; /* of the volume that the image is on; NULL if it has none */
static struct handover* handover;
static u64 kernel; /* where the kernel was copied to */

static bool same(const struct guid* left, const struct guid* right) {
  return memcmp(left, right, sizeof *left) == 0;
}

static void complain(const character* what) {
  if (firmware->output == NULL) return;
  firmware->output->print(firmware->output, u"AnonymOS: ");
  firmware->output->print(firmware->output, what);
  firmware->output->print(firmware->output, u"\r\n");
}

/* --- memory ---------------------------------------------------------------------------------- */

static bool in_kernel_place(u64 start, u64 bytes) {
  return start < LOAD_ADDRESS + kernel_bytes && start + bytes > LOAD_ADDRESS;
}

/* Allocates memory below 4 GiB and outside the kernel's place; returns 0 if there is none. What
   lies in that place stays allocated, so that the next try finds something else. */
static u64 place(u32 type, u64 bytes) {
  for (u32 i = 0; i < PLACE_TRIES; i++) {
    u64 address = FOUR_GIB - 1, pages = (bytes + PAGE - 1) / PAGE;
    if (boot->allocate_pages(MAX_ADDRESS, type, pages, &address) != 0) return 0;
    if (!in_kernel_place(address, pages * PAGE)) return address;
  }
  return 0;
}

static bool is_ram(u32 type) {
  return (type >= LOADER_CODE && type <= BOOT_DATA) || type == CONVENTIONAL;
}

struct map {
  u64 address, capacity, size, key, descriptor_size;
};

static u64 read_map(struct map* map) {
  u32 version;
  map->size = map->capacity;
  return boot->memory_map(&map->size, (void*)map->address, &map->key, &map->descriptor_size,
                          &version);
}

static struct descriptor* descriptor(const struct map* map, u64 index) {
  u64 at = index * map->descriptor_size;
  if (at + sizeof(struct descriptor) > map->size) return NULL;
  return (struct descriptor*)(map->address + at);
}

/* Reads the map for the first time, into memory with room for later ones (7.2, GetMemoryMap). */
static u64 first_map(struct map* map) {
  u64 status = read_map(map);
  if (status != EFI_BUFFER_TOO_SMALL) return status == 0 ? EFI_NOT_FOUND : status;
  map->capacity = map->size + SPARE_DESCRIPTORS * map->descriptor_size;
  map->address = place(LOADER_DATA, map->capacity);
  return map->address == 0 ? EFI_OUT_OF_RESOURCES : read_map(map);
}

/* Reports whether the kernel's place will be RAM once the boot services have ended. */
static bool place_is_ram(const struct map* map) {
  u64 at = LOAD_ADDRESS, end = LOAD_ADDRESS + kernel_bytes;
  struct descriptor* found;
  for (u64 i = 0; at < end && (found = descriptor(map, i)) != NULL; i++) {
    u64 next = found->start + found->pages * PAGE;
    if (found->start > at || next <= at || !is_ram(found->type)) continue;
    at = next;
    i = -1;
  }
  return at >= end;
}

/* Copies the kernel to its place or, if something of the firmware is there, to where enter_kernel
   can move it from. */
static u64 copy_kernel(const struct map* map) {
  u64 bytes = kernel_image_end - kernel_image;
  kernel = LOAD_ADDRESS;
  u64 pages = (kernel_bytes + PAGE - 1) / PAGE;
  if (boot->allocate_pages(AT_ADDRESS, LOADER_CODE, pages, &kernel) != 0) {
    if (!place_is_ram(map)) return EFI_OUT_OF_RESOURCES;
    kernel = place(LOADER_CODE, bytes);
    if (kernel == 0) return EFI_OUT_OF_RESOURCES;
  }
  memcpy((void*)kernel, kernel_image, bytes);
  return 0;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Opens a file of the volume, and returns its size; EFI_ERROR if there is none. */
static u64 open(const character* path, struct file** file) {
  u64 size;
  if (root == NULL || root->open(root, file, path, 1, 0) != 0) return EFI_ERROR;
  if ((*file)->seek(*file, -1) == 0 && (*file)->position(*file, &size) == 0 &&
      (*file)->seek(*file, 0) == 0) {
    return size;
  }
  (*file)->close(*file);
  return EFI_ERROR;
}

/* --- the command line ------------------------------------------------------------------------ */

/* Appends a character as UTF-8; half a surrogate pair becomes a question mark. */
static bool append(u32* length, character c) {
  char* to = &handover->command_line[*length];
  u32 bytes = c < 0x80 || c >> 11 == 0x1b ? 1 : c < 0x800 ? 2 : 3;
  if (*length + bytes > COMMAND_LINE) return false;
  if (bytes == 1) to[0] = c < 0x80 ? c : '?';
  if (bytes == 2) to[0] = 0xc0 | c >> 6;
  if (bytes == 3) to[0] = 0xe0 | c >> 12, to[1] = 0x80 | (c >> 6 & 63);
  if (bytes > 1) to[bytes - 1] = 0x80 | (c & 63);
  *length += bytes;
  return true;
}

/* Load options are any bytes (3.1.3): those with control characters are no text. */
static bool is_text(const character* options, u32 count) {
  for (u32 i = 0; i < count && options[i] != 0; i++) {
    if (options[i] < ' ' || options[i] == 0xffff) return false;
  }
  return count != 0 && options[0] != 0;
}

static u64 read_command_line(const struct loaded_image* image) {
  u32 count = image->options == NULL ? 0 : image->options_size / 2, length = 0;
  char* line = handover->command_line;
  if (is_text(image->options, count)) {
    for (u32 i = 0; i < count && image->options[i] != 0; i++) {
      if (!append(&length, image->options[i])) return EFI_BAD_BUFFER_SIZE;
    }
    return 0;
  }
  struct file* file;
  u64 size = open(u"\\anonymos.cmdline", &file);
  if (size == EFI_ERROR) return 0;
  u64 status = size > COMMAND_LINE ? EFI_BAD_BUFFER_SIZE : file->read(file, &size, line);
  file->close(file);
  for (u64 i = 0; status == 0 && i < size; i++) {
    if ((u8)line[i] < ' ') line[i] = ' ';
  }
  return status;
}

/* --- the initrd ------------------------------------------------------------------------------ */

/* Copies the path of the word initrd=PATH, with backslashes. Returns false if there is none. */
static bool initrd_word(character* path, u32 capacity) {
  const char* line = handover->command_line;
  for (const char* at = line; *at != 0; at++) {
    if (memcmp(at, "initrd=", 7) != 0 || (at != line && at[-1] != ' ')) continue;
    u32 count = 0;
    for (at += 7; *at != 0 && *at != ' ' && count < capacity - 1; at++) {
      path[count++] = *at == '/' ? '\\' : (u8)*at;
    }
    path[count] = 0;
    return count != 0;
  }
  return false;
}

static u64 place_initrd(u64 size) {
  if (size == 0 || size > INITRD_MAX) return 0;
  u64 address = place(LOADER_DATA, size);
  handover->params.ramdisk = address;
  handover->params.ramdisk_size = size;
  return address;
}

/* Loads what a loader offers (13.2); `path` is what follows the vendor node, which is the end. */
static u64 initrd_of_loader(struct load_file* loader, const void* path) {
  u64 size = 0;
  u64 status = loader->load(loader, path, false, &size, NULL);
  if (status != EFI_BUFFER_TOO_SMALL) return status;
  u64 address = place_initrd(size);
  if (address == 0) return EFI_OUT_OF_RESOURCES;
  return loader->load(loader, path, false, &size, (void*)address);
}

static u64 read_initrd(void) {
  const void* path = &initrd_path;
  handle device;
  struct load_file* loader;
  if (boot->locate_path(&load_file2_guid, &path, &device) == 0 &&
      boot->protocol(device, &load_file2_guid, (void**)&loader) == 0) {
    return initrd_of_loader(loader, path);
  }
  static character name[256];
  struct file* file;
  if (!initrd_word(name, sizeof name / sizeof *name)) return 0;
  u64 size = open(name, &file);
  if (size == EFI_ERROR) return EFI_NOT_FOUND;
  u64 address = place_initrd(size);
  u64 status = address == 0 ? EFI_OUT_OF_RESOURCES : file->read(file, &size, (void*)address);
  file->close(file);
  return status;
}

/* --- the machine ----------------------------------------------------------------------------- */

static void read_screen(struct linux_params* params) {
  struct graphics* graphics;
  if (boot->locate(&graphics_guid, NULL, (void**)&graphics) != 0) return;
  if (graphics->mode->information->format > 1) return; /* not 32 bits, or no linear buffer */
  params->screen_type = PIXELS_UEFI;
  params->width = graphics->mode->information->width;
  params->height = graphics->mode->information->height;
  params->pitch = graphics->mode->information->pitch * 4;
  params->depth = 32;
  params->base = graphics->mode->base;
  params->base_high = graphics->mode->base >> 32;
  params->size = graphics->mode->size;
  params->capabilities = HIGH_BASE;
}

static void read_tables(struct linux_params* params) {
  for (u64 i = 0; i < firmware->table_count; i++) {
    bool newer = same(&firmware->tables[i].guid, &acpi2_guid);
    bool older = same(&firmware->tables[i].guid, &acpi1_guid) && params->root_pointer == 0;
    if (newer || older) params->root_pointer = (u64)firmware->tables[i].table;
  }
}

/* Types of the BIOS's map (15.4 of ACPI 6.4, table 15.4). */
static u32 bios_type(u32 type) {
  if (is_ram(type)) return 1;
  return type == ACPI_RECLAIM ? 3 : type == ACPI_NVS ? 4 : type == UNUSABLE ? 5 : 2;
}

/* Translates the map; regions that continue the last one are merged. If it has too many, those
   after are not used. */
static void write_map(struct linux_params* params, const struct map* map) {
  u32 count = 0;
  struct descriptor* from;
  for (u64 i = 0; (from = descriptor(map, i)) != NULL; i++) {
    u32 type = bios_type(from->type);
    u64 bytes = from->pages * PAGE;
    if (count != 0 && params->map[count - 1].type == type &&
        params->map[count - 1].base + params->map[count - 1].length == from->start) {
      params->map[count - 1].length += bytes;
    } else if (count < MAP_MAXIMUM) {
      params->map[count].base = from->start;
      params->map[count].length = bytes;
      params->map[count++].type = type;
    }
  }
  params->map_entries = count;
}

/* Ends the boot services (7.4.6): a call may change the map, whose key is then no longer valid. */
static u64 end_boot_services(handle image, struct map* map) {
  u64 status = EFI_INVALID_PARAMETER;
  for (u32 i = 0; i < EXIT_TRIES && status == EFI_INVALID_PARAMETER; i++) {
    status = read_map(map);
    if (status == 0) status = boot->exit(image, map->key);
  }
  return status;
}

static u64 prepare(handle image, struct map* map) {
  struct loaded_image* loaded;
  struct volume* volume;
  u64 status = boot->protocol(image, &loaded_image_guid, (void**)&loaded);
  if (status != 0) return status;
  bool on_volume = boot->protocol(loaded->device, &volume_guid, (void**)&volume) == 0;
  if (!on_volume || volume->open(volume, &root) != 0) root = NULL;
  handover = (struct handover*)place(LOADER_CODE, sizeof *handover);
  if (handover == NULL) return EFI_OUT_OF_RESOURCES;
  memset(handover, 0, sizeof *handover);
  memcpy(handover->code, enter_kernel, enter_kernel_end - enter_kernel);
  if ((status = read_command_line(loaded)) != 0) {
    complain(u"the command line cannot be read, or has more than 4095 bytes");
    return status;
  }
  if ((status = read_initrd()) != 0) {
    complain(u"the initrd cannot be read");
    return status;
  }
  if ((status = first_map(map)) != 0) return status;
  status = copy_kernel(map);
  if (status != 0) complain(u"the memory from 1 MiB on is in use");
  return status;
}

EFI u64 efi_main(handle image, struct system_table* system) {
  firmware = system;
  boot = system->boot;
  struct map map = {0};
  u64 status = prepare(image, &map);
  if (status != 0) return status;
  struct linux_params* params = &handover->params;
  params->magic = LINUX_MAGIC;
  params->version = 0x020f;
  params->loader = 0xff;
  params->uefi_signature = UEFI_STUB;
  params->command_line = (u64)handover->command_line;
  read_screen(params);
  read_tables(params);
  status = end_boot_services(image, &map);
  if (status != 0) return status;
  write_map(params, &map);
  u64 moved = kernel == LOAD_ADDRESS ? 0 : kernel_image_end - kernel_image;
  ((void (*)(void*, u64, u64))(u64)handover->code)(params, kernel, moved);
  return EFI_ERROR;
}
