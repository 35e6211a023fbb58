/*
 * The 256 entries of the interrupt table, and the one way through them into C.
 *
 * Each entry is 16 bytes long, so that trap.c finds them by their number. TypeScript is compiled
 * without SSE registers and so is this half: there is nothing but general registers to save.
 */
.text
.align 16
.global vectors
vectors:
.set vector, 0
.rept 256
  .align 16
  .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
  push $0                                    /* where the processor pushes no error code */
  .endif
  push $vector
  jmp common
  .set vector, vector + 1
.endr

common:                                      /* builds struct frame (native.h), last field first */
  push %r15
  push %r14
  push %r13
  push %r12
  push %r11
  push %r10
  push %r9
  push %r8
  push %rdi
  push %rsi
  push %rbp
  push %rbx
  push %rdx
  push %rcx
  push %rax
  cld
  mov %rsp, %rdi
  mov %rsp, %rbx                             /* kept by C, and the frame has the old one */
  and $-16, %rsp
  call on_interrupt
  mov %rbx, %rsp
  pop %rax
  pop %rcx
  pop %rdx
  pop %rbx
  pop %rbp
  pop %rsi
  pop %rdi
  pop %r8
  pop %r9
  pop %r10
  pop %r11
  pop %r12
  pop %r13
  pop %r14
  pop %r15
  add $16, %rsp                              /* vector and error code */
  iretq

.section .note.GNU-stack, "", @progbits
