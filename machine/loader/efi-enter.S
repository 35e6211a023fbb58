/*
 * From UEFI's long mode to the kernel's 32-bit entry. This code is copied to memory below 4 GiB
 * that is no part of the kernel's place, as it ends the firmware's page tables and may overwrite
 * them: nothing of the firmware is needed any more.
 *     enter_kernel(boot_params, kernel, bytes)
 * moves `bytes` bytes to 1 MiB, and jumps there. All addresses are below 4 GiB.
 */
.set LOAD_ADDRESS, 0x100000

.text
.code64
.global enter_kernel, enter_kernel_end
.hidden enter_kernel, enter_kernel_end
enter_kernel:
  cli
  lea gdt(%rip), %rax
  mov %rax, gdt_pointer + 2(%rip)
  lgdt gdt_pointer(%rip)
  lea 1f(%rip), %rax
  push $0x10
  push %rax
  lretq
.code32
1:
  mov %cr0, %eax
  and $~(1 << 31), %eax                      /* no paging */
  mov %eax, %cr0
  mov $0x18, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %fs
  mov %eax, %gs
  mov %eax, %ss
  xor %eax, %eax                             /* neither PCIDE, LA57 nor CET */
  mov %eax, %cr4
  cld
  mov %edi, %ebx
  mov %edx, %ecx
  mov $LOAD_ADDRESS, %edi
  rep movsb
  mov %ebx, %esi
  xor %ebx, %ebx
  xor %ebp, %ebp
  xor %edi, %edi
  mov $LOAD_ADDRESS, %eax
  jmp *%eax

.align 8
gdt:
  .quad 0, 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
  .short . - gdt - 1
  .quad 0
enter_kernel_end:

.section .note.GNU-stack, "", @progbits
