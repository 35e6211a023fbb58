/*
 * From the boot loader to C: Multiboot headers, PVH note, Linux's entries, the switch to long mode,
 * stacks.
 *
 * The same ELF64 is loaded by QEMU's -kernel (Multiboot 1; it accepts a 64-bit file only because of
 * the address fields), by GRUB's `multiboot` and by GRUB's `multiboot2`. All three enter _start
 * in 32-bit protected mode with a magic number in eax and the address of their information in ebx.
 * Loaders of microVMs, such as Firecracker, enter start_pvh in the same mode (Xen's x86/HVM direct
 * boot ABI); only the information has a magic number. QEMU does so too if it finds no Multiboot.
 *
 * anonymos.bzimage contains the bytes that are in memory from 1 MiB on. Loaders of Linux kernels,
 * and the setup code of that file (machine/loader/), enter the kernel at 1 MiB in 32-bit protected
 * mode, or 0x200 bytes further in long mode, with the address of boot_params in esi or rsi.
 */
.set KERNEL_BASE, 0xffffffff80000000
.set PVH_MAGIC, 0x336ec578
.set LINUX_MAGIC, 0x53726448                 /* "HdrS" */
.set PRESENT_WRITABLE, 3
.set PRESENT_WRITABLE_2M, 0x83

.section .head, "ax"
.code32
linux32:
  mov $LINUX_MAGIC, %eax
  mov %esi, %ebx
  jmp _start
.org 16
linux_info:                                  /* kernel_info of Linux's protocol 2.15 */
  .ascii "LToP"
  .long 16, 16, 0                            /* size, with variable data; setup_type_max */
.org 0x200
.code64
linux64:
  cli
  mov %rsi, %rbx                             /* below 4 GiB, as xloadflags asks for */
  lgdt boot_gdt_pointer
  ljmpl *compatibility_mode
.code32
1:
  mov %cr0, %eax
  and $~(1 << 31), %eax                      /* no paging */
  mov %eax, %cr0
  xor %eax, %eax                             /* neither PCIDE, LA57 nor CET */
  mov %eax, %cr4
  mov $16, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  mov $LINUX_MAGIC, %eax
  jmp _start
compatibility_mode:
  .long 1b
  .short 24

.set MULTIBOOT1_FLAGS, 0x00010003            /* page-aligned modules, memory map, address fields */
.align 8
multiboot1:
  .long 0x1badb002, MULTIBOOT1_FLAGS, -(0x1badb002 + MULTIBOOT1_FLAGS)
  .long multiboot1, LOAD_START, LOAD_END, BSS_END, _start

.align 8
multiboot2:
  .long 0xe85250d6, 0, multiboot2_end - multiboot2
  .long -(0xe85250d6 + multiboot2_end - multiboot2)
  .short 4, 1                                /* console: not required, EGA text supported */
  .long 12, 2, 0
  .short 5, 1                                /* framebuffer: any size, not required */
  .long 20, 0, 0, 0, 0
  .short 0, 0
  .long 8
multiboot2_end:

/* XEN_ELFNOTE_PHYS32_ENTRY: lengths of name and description, type, name, physical address. */
.section .note.pvh, "a", @note
.align 4
  .long 4, 8, 18
  .asciz "Xen"
  .long start_pvh, 0

.section .boot.text, "ax"
.code32
start_pvh:
  mov $PVH_MAGIC, %eax
.global _start
_start:
  cli
  cld
  mov %eax, %ebp                             /* magic and information, kept for C */
  mov %ebx, %esi

  mov $(BSS_START - KERNEL_BASE), %edi       /* not every loader clears .bss after a reset */
  mov $BSS_END, %ecx
  sub %edi, %ecx
  shr $2, %ecx
  xor %eax, %eax
  rep stosl

  /* Maps the first 4 GiB in pages of 2 MiB at zero (for the jump) and at the direct map, and the
     first GiB at KERNEL_BASE. memory.c turns these tables into the final ones. */
  mov $(direct_pointers - KERNEL_BASE + PRESENT_WRITABLE), %eax
  mov %eax, page_map - KERNEL_BASE
  mov %eax, page_map - KERNEL_BASE + 256 * 8
  movl $(kernel_pointers - KERNEL_BASE + PRESENT_WRITABLE), page_map - KERNEL_BASE + 511 * 8
  mov $(direct_directories - KERNEL_BASE + PRESENT_WRITABLE), %eax
  mov %eax, kernel_pointers - KERNEL_BASE + 510 * 8
  xor %ecx, %ecx
1:
  mov %eax, direct_pointers - KERNEL_BASE(, %ecx, 8)
  add $4096, %eax
  inc %ecx
  cmp $4, %ecx
  jne 1b
  xor %ecx, %ecx
  mov $PRESENT_WRITABLE_2M, %eax
2:
  mov %eax, direct_directories - KERNEL_BASE(, %ecx, 8)
  add $0x200000, %eax
  inc %ecx
  cmp $2048, %ecx
  jne 2b

  mov $(page_map - KERNEL_BASE), %eax
  mov %eax, %cr3
  mov %cr4, %eax
  or $(1 << 5 | 1 << 9 | 1 << 10), %eax      /* PAE, OSFXSR, OSXMMEXCPT */
  mov %eax, %cr4
  mov $0xc0000080, %ecx                      /* EFER: LME, NXE */
  rdmsr
  or $(1 << 8 | 1 << 11), %eax
  wrmsr
  mov %cr0, %eax
  and $~(1 << 2 | 1 << 3), %eax              /* no emulation, no lazy switching of SSE */
  or $(1 << 31 | 1 << 16 | 1 << 5 | 1 << 1), %eax /* PG, WP, NE, MP */
  mov %eax, %cr0
  lgdt boot_gdt_pointer
  ljmp $8, $long_mode

.align 8
boot_gdt:
  .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0x00cf9a000000ffff
boot_gdt_pointer:
  .short . - boot_gdt - 1
  .quad boot_gdt

.code64
long_mode:
  mov $16, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  xor %eax, %eax
  mov %eax, %fs
  mov %eax, %gs
  mov $stack_top, %rsp
  mov %ebp, %edi
  xor %ebp, %ebp                             /* ends a backtrace */
  movabs $kernel_main, %rax
  push $0                                    /* no return address: ends gdb's backtrace */
  jmp *%rax

.section .bss
.align 4096
.global page_map, direct_pointers, direct_directories, kernel_pointers
page_map: .skip 4096
direct_pointers: .skip 4096
direct_directories: .skip 4 * 4096
kernel_pointers: .skip 4096

/* memory.c unmaps the page below the stack, so that an overflow is a page fault. Page faults have a
   stack of their own. */
.global stack_guard, stack_top, fault_stack_top, nmi_stack_top, double_fault_stack_top
stack_guard: .skip 4096
  .skip 128 * 1024
stack_top:
  .skip 8192
fault_stack_top:
  .skip 8192
nmi_stack_top:
  .skip 8192
double_fault_stack_top:

.section .note.GNU-stack, "", @progbits
