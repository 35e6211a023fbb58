/*
 * The 256 entries of the interrupt table, and the one way through them into C.
 *
 * Each entry is 16 bytes long, so that trap.c finds them by their number. TypeScript is compiled
 * without SSE registers and so is this half: there is nothing but general registers to save. What
 * is interrupted may use more (TLS does); nothing that runs in an interrupt does.
 */
.text
.align 16
.global vectors
vectors:
.set vector, 0
.rept 256
  .align 16
  .set pushed, vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21
  .if !(pushed || vector == 29 || vector == 30)
  push $0                                    /* where the processor pushes no error code */
  .endif
  push $vector
  jmp common
  .set vector, vector + 1
.endr

common:                                      /* builds struct frame (native.h), last field first */
  .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
  push %\register
  .endr
  cld
  mov %rsp, %rdi
  mov %rsp, %rbx                             /* kept by C, and the frame has the old one */
  and $-16, %rsp
  call on_interrupt
  mov %rbx, %rsp
  .irp register, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
  pop %\register
  .endr
  add $16, %rsp                              /* vector and error code */
  iretq

.section .note.GNU-stack, "", @progbits
