/*
 * The 256 interrupt entries and their common path into C.
 *
 * Entries are 16 bytes apart, so that trap.c can compute their addresses. The kernel is compiled
 * without SSE, so only general registers are saved: interrupted code may use SSE (TLS does), but
 * code that runs in an interrupt never does.
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
  push $0                                    /* the processor pushes no error code here */
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
  mov %rsp, %rbx                             /* C preserves rbx; the frame has its old value */
  and $-16, %rsp
  call on_interrupt
  mov %rbx, %rsp
  .irp register, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
  pop %\register
  .endr
  add $16, %rsp                              /* vector and error code */
  iretq

.section .note.GNU-stack, "", @progbits
