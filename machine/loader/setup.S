/*
 * The first 4 KiB of anonymos.bzimage: what a loader of Linux kernels reads and, on a BIOS, runs in
 * real mode (Linux's Documentation/arch/x86/boot.rst, protocol 2.15), and the header by which UEFI
 * firmware loads the same file as an application (PE32+; Microsoft's PE Format, UEFI 2.10, 2.1.1).
 *
 *     0      the boot sector: PE headers, then the setup header at 0x1f1, which loaders fill in
 *     0x268  code: memory map and video mode from the BIOS, A20, protected mode
 *     0x1000 the kernel as it is loaded at 1 MiB, whose first byte is its entry (image.S)
 *
 * A loader copies the 4 KiB to some segment in low memory, of which the first 32 KiB are for them.
 */
.set SECTOR, 512
.set SETUP_BYTES, 4096
.set BOOT_PARAMS, SETUP_BYTES                /* in memory only: 4 KiB after the setup code */
.set STACK, 0x4000
.set LOAD_ADDRESS, 0x100000
.set SMAP, 0x534d4150

/* Offsets in boot_params (Documentation/arch/x86/zero-page.rst). */
.set VIDEO_MODE, 0x06
.set VIDEO_COLUMNS, 0x07
.set VIDEO_LINES, 0x0e
.set VIDEO_IS_VGA, 0x0f
.set MAP_ENTRIES, 0x1e8
.set SETUP_HEADER, 0x1f1
.set CODE32_START, 0x214
.set MAP, 0x2d0
.set MAP_MAXIMUM, 128

.section .setup, "ax"
.code16
image:
  .ascii "MZ"
.org 0x3c
  .long pe_header

/* --- for UEFI: sections have the same offsets in the file and in memory ----------------------- */
.org 0x40
pe_header:
  .ascii "PE\0\0"
  .short 0x8664, 3                           /* x86-64, sections */
  .long 0, 0, 0
  .short optional_header_end - optional_header
  .short 0x0206                              /* executable, no line numbers, no symbols */
optional_header:
  .short 0x20b, 0                            /* PE32+ */
  .long TEXT_SIZE, DATA_SIZES, 0
  .long efi_main, TEXT_RVA
  .quad 0                                    /* runs at any address, without relocation */
  .long 4096, SECTOR                         /* alignment of sections, and of the file */
  .short 0, 0, 0, 0, 0, 0
  .long 0, IMAGE_SIZE, SETUP_BYTES, 0
  .short 10, 0x100                           /* UEFI application; data is not executed */
  .quad 65536, 4096, 65536, 4096             /* stack and heap: unused by UEFI */
  .long 0, 6
  .quad 0, 0, 0, 0, 0, 0
optional_header_end:

.macro section name, size, start, rights
1:
  .ascii "\name"
  .org 1b + 8
  .long \size, \start, \size, \start, 0, 0, 0, \rights
.endm
  section ".kernel", KERNEL_SIZE, SETUP_BYTES, 0x40000040 /* data, readable */
  section ".text", TEXT_SIZE, TEXT_RVA, 0x60000020        /* code, readable and executable */
  section ".data", DATA_SIZE, DATA_RVA, 0xc0000040        /* data, readable and writable */

/* --- the setup header ------------------------------------------------------------------------- */
.org SETUP_HEADER
  .byte SETUP_BYTES / SECTOR - 1             /* setup_sects: after the boot sector */
  .short 0                                   /* root_flags */
  .long SYSTEM_PARAGRAPHS                    /* syssize: the rest of the file, in 16 bytes */
  .short 0, 0xffff, 0                        /* ram_size, vid_mode: normal, root_dev */
  .short 0xaa55
  .byte 0xeb, start - 1f                     /* jump */
1:
  .ascii "HdrS"
  .short 0x020f
  .long 0                                    /* realmode_swtch */
  .short 0x1000, version - SECTOR            /* start_sys_seg, kernel_version */
  .byte 0, 1                                 /* type_of_loader; loadflags: LOADED_HIGH */
  .short 0x8000                              /* setup_move_size */
  .long LOAD_ADDRESS                         /* code32_start */
  .long 0, 0, 0                              /* ramdisk_image, ramdisk_size, bootsect_kludge */
  .short STACK                               /* heap_end_ptr */
  .byte 0, 0                                 /* ext_loader_ver, ext_loader_type */
  .long 0, 0x7fffffff                        /* cmd_line_ptr, initrd_addr_max */
  .long LOAD_ADDRESS                         /* kernel_alignment */
  .byte 0, 20                                /* relocatable_kernel: no; min_alignment: 2^20 */
  .short 1                                   /* xloadflags: XLF_KERNEL_64 */
  .long 4095, 0                              /* cmdline_size, hardware_subarch */
  .quad 0                                    /* hardware_subarch_data */
  .long 0, 0                                 /* payload_offset, payload_length */
  .quad 0, LOAD_ADDRESS                      /* setup_data, pref_address */
  .long KERNEL_END - LOAD_ADDRESS            /* init_size */
  .long 0, 16                                /* handover_offset; kernel_info_offset: see boot.S */
header_end:

/* --- real mode -------------------------------------------------------------------------------- */
start:
  cld
  mov %cs, %ax                               /* cs is 0x20 above the segment of the boot sector */
  sub $(SECTOR / 16), %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %ss
  mov $STACK, %esp
  push %ax
  push $normalized
  lret                                       /* now cs is the same segment */
normalized:
  sti
  xor %eax, %eax
  mov $BOOT_PARAMS, %di
  mov $1024, %cx
  rep stosl
  mov $SETUP_HEADER, %si
  mov $(BOOT_PARAMS + SETUP_HEADER), %di
  mov $(header_end - image - SETUP_HEADER), %cx
  rep movsb
  call read_memory_map
  call read_video_mode
  call enable_a20
  jmp enter_protected_mode

/* INT 15h, E820 (ACPI 6.4, section 15.1): one region at a time, until ebx is 0 again. */
read_memory_map:
  xor %ebx, %ebx
  mov $(BOOT_PARAMS + MAP), %di
1:
  mov $0xe820, %eax
  mov $20, %ecx
  mov $SMAP, %edx
  int $0x15
  jc 2f                                      /* also marks the end, on some machines */
  cmp $SMAP, %eax
  jne 2f
  add $20, %di
  incb BOOT_PARAMS + MAP_ENTRIES
  cmpb $MAP_MAXIMUM, BOOT_PARAMS + MAP_ENTRIES
  je 2f
  test %ebx, %ebx
  jnz 1b
2:
  ret

/* INT 10h, 0Fh. Only the usual text mode is reported: 3, with cells at 0xb8000. */
read_video_mode:
  mov $0x0f00, %ax
  int $0x10
  and $0x7f, %al
  cmp $3, %al
  jne 1f
  mov %al, BOOT_PARAMS + VIDEO_MODE
  mov %ah, BOOT_PARAMS + VIDEO_COLUMNS
  movb $25, BOOT_PARAMS + VIDEO_LINES
  movb $1, BOOT_PARAMS + VIDEO_IS_VGA
1:
  ret

/* Without A20, odd megabytes are those below them. Loaders have enabled it as a rule. */
enable_a20:
  call test_a20
  jne 1f
  mov $0x2401, %ax
  int $0x15
  call test_a20
  jne 1f
  in $0x92, %al                              /* the chipset's fast gate; bit 0 is reset */
  or $2, %al
  and $0xfe, %al
  out %al, $0x92
  mov $200, %bx
2:
  call test_a20
  jne 1f
  dec %bx
  jnz 2b
  mov $no_a20, %si
  jmp fail
1:
  ret

/* Clears ZF if A20 is enabled: 0:200h and ffff:210h are then different words. */
test_a20:
  xor %ax, %ax
  mov %ax, %fs
  dec %ax
  mov %ax, %gs
  mov $32, %cx
  mov %fs:0x200, %ax
  push %ax
1:
  inc %ax
  mov %ax, %fs:0x200
  out %al, $0x80                             /* a microsecond */
  cmp %gs:0x210, %ax
  loope 1b
  popw %fs:0x200
  ret

fail:
  lodsb
  test %al, %al
1:
  jz 1b
  mov $0x0e, %ah
  mov $7, %bx
  int $0x10
  jmp fail

enter_protected_mode:
  cli
  mov $0xff, %al                             /* no interrupt until the kernel has set up the 8259 */
  out %al, $0xa1
  out %al, $0x21
  xor %ebx, %ebx
  mov %ds, %bx
  shl $4, %ebx
  add %ebx, gdt_pointer + 2
  add %ebx, protected_pointer
  lidtl no_interrupts
  lgdtl gdt_pointer
  mov %cr0, %eax
  or $1, %al
  mov %eax, %cr0
  ljmpl *protected_pointer

.code32
protected:
  mov $0x18, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %fs
  mov %eax, %gs
  mov %eax, %ss
  lea STACK(%ebx), %esp
  lea BOOT_PARAMS(%ebx), %esi
  mov CODE32_START(%esi), %eax
  xor %ebx, %ebx
  xor %ebp, %ebp
  xor %edi, %edi
  jmp *%eax

.align 8
gdt:                                         /* 0x10 is the code, 0x18 the data, as Linux's */
  .quad 0, 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
  .short . - gdt - 1
  .long gdt
no_interrupts:
  .short 0
  .long 0
protected_pointer:
  .long protected
  .short 0x10
version:
  .asciz "AnonymOS"
no_a20:
  .asciz "AnonymOS: the A20 gate does not open\r\n"

.section .note.GNU-stack, "", @progbits
