/* The kernel in anonymos.bzimage: the bytes that belong at 1 MiB, up to its .bss. */
.section .kernel, "a"
.global kernel_image, kernel_image_end
.hidden kernel_image, kernel_image_end
kernel_image:
.incbin "kernel.bin"
kernel_image_end:

.section .rodata, "a"
.global kernel_bytes
.hidden kernel_bytes
.align 8
kernel_bytes:                                /* with its .bss */
  .quad KERNEL_END - 0x100000

.section .note.GNU-stack, "", @progbits
