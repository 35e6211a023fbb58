/*
 * tls_chacha20_blocks: encrypts whole blocks with ChaCha20 (RFC 8439, 2.3), one after the other.
 *   rdi: the state, 16 words; rsi: the input; rdx: the output; ecx: how many blocks, at least one
 * It uses general registers, in a way that C cannot say, for QEMU's translator (TCG):
 * - A rotate leaves most flags as they are. TCG calls a function for that, unless it knows them, as
 *   it does after a register is cleared. Clearing one costs a real processor nothing.
 * - An access to memory takes TCG ten instructions or more, one to an SSE register only one or two.
 *   So 14 of the 16 words are in general registers; two words of the third row take turns in r13d
 *   and r14d; and whatever else has to be kept is in SSE registers.
 */
#ifdef __x86_64__
#define THIRD_ROW_0 xmm0                     /* words 8 to 11, while they are not in use */
#define THIRD_ROW_1 xmm1
#define THIRD_ROW_2 xmm2
#define THIRD_ROW_3 xmm3
#define ROUNDS %xmm4                         /* how many double rounds are left */
#define INPUT %xmm5
#define OUTPUT %xmm6
#define BLOCKS %xmm7                         /* how many blocks are left */
#define STATE_4_5 %xmm8                      /* two words of the state each */
#define STATE_6_7 %xmm9
#define STATE_8_9 %xmm10
#define STATE_10_11 %xmm11
#define STATE_12_13 %xmm12
#define STATE_14_15 %xmm13

.macro rotate count, first, second
  xor %r15d, %r15d
  rol $\count, %\first
  xor %r15d, %r15d
  rol $\count, %\second
.endm

.macro add_xor_rotate count, a, b, d, a2, b2, d2
  add %\b, %\a
  add %\b2, %\a2
  xor %\a, %\d
  xor %\a2, %\d2
  rotate \count, \d, \d2
.endm

/* Two quarter rounds, side by side. */
.macro quarter_rounds a, b, c, d, a2, b2, c2, d2
  add_xor_rotate 16, \a, \b, \d, \a2, \b2, \d2
  add_xor_rotate 12, \c, \d, \b, \c2, \d2, \b2
  add_xor_rotate 8, \a, \b, \d, \a2, \b2, \d2
  add_xor_rotate 7, \c, \d, \b, \c2, \d2, \b2
.endm

/* Sets two words of the third row aside, and takes the other two. */
.macro exchange put, put2, take, take2
  movd %r13d, %\put
  movd %r14d, %\put2
  movd %\take, %r13d
  movd %\take2, %r14d
.endm

/* Takes two words of the state into registers. Bits above the words do not matter. */
.macro take_state pair, low, high
  movq \pair, %\low
  mov %\low, %\high
  shr $32, %\high
.endm

/* Adds the state to two words and joins them in the first. */
.macro join low, high, low_word, high_word, pair
  movq \pair, %r15
  add %r15d, %\low_word
  shr $32, %r15
  add %r15d, %\high_word
  shl $32, %\high
  or %\high, %\low
.endm

.section .text.tls_chacha20_blocks, "ax", @progbits
.global tls_chacha20_blocks
.type tls_chacha20_blocks, @function
tls_chacha20_blocks:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  movq %rsi, INPUT
  movq %rdx, OUTPUT
  movd %ecx, BLOCKS
  movq 4 * 4(%rdi), STATE_4_5
  movq 6 * 4(%rdi), STATE_6_7
  movq 8 * 4(%rdi), STATE_8_9
  movq 10 * 4(%rdi), STATE_10_11
  movq 12 * 4(%rdi), STATE_12_13
  movq 14 * 4(%rdi), STATE_14_15
1:
  mov $0x61707865, %eax                      /* words 0 to 3: "expand 32-byte k" */
  mov $0x3320646e, %ebx
  mov $0x79622d32, %ecx
  mov $0x6b206574, %edx
  take_state STATE_10_11, r13, r14
  movd %r13d, %THIRD_ROW_2
  movd %r14d, %THIRD_ROW_3
  take_state STATE_4_5, rsi, rdi
  take_state STATE_6_7, rbp, r8
  take_state STATE_8_9, r13, r14
  take_state STATE_12_13, r9, r10
  take_state STATE_14_15, r11, r12
  mov $10, %r15d
2:
  movd %r15d, ROUNDS
  quarter_rounds eax, esi, r13d, r9d, ebx, edi, r14d, r10d
  exchange THIRD_ROW_0, THIRD_ROW_1, THIRD_ROW_2, THIRD_ROW_3
  quarter_rounds ecx, ebp, r13d, r11d, edx, r8d, r14d, r12d
  quarter_rounds eax, edi, r13d, r12d, ebx, ebp, r14d, r9d
  exchange THIRD_ROW_2, THIRD_ROW_3, THIRD_ROW_0, THIRD_ROW_1
  quarter_rounds ecx, r8d, r13d, r10d, edx, esi, r14d, r11d
  movd ROUNDS, %r15d
  dec %r15d
  jnz 2b

  add $0x61707865, %eax
  add $0x3320646e, %ebx
  add $0x79622d32, %ecx
  add $0x6b206574, %edx
  shl $32, %rbx
  or %rbx, %rax
  shl $32, %rdx
  or %rdx, %rcx
  join rsi, rdi, esi, edi, STATE_4_5
  join rbp, r8, ebp, r8d, STATE_6_7
  join r13, r14, r13d, r14d, STATE_8_9
  join r9, r10, r9d, r10d, STATE_12_13
  join r11, r12, r11d, r12d, STATE_14_15
  movd %THIRD_ROW_2, %ebx
  movd %THIRD_ROW_3, %edx
  join rbx, rdx, ebx, edx, STATE_10_11

  movq INPUT, %r15
  xor 0(%r15), %rax
  xor 8(%r15), %rcx
  xor 16(%r15), %rsi
  xor 24(%r15), %rbp
  xor 32(%r15), %r13
  xor 40(%r15), %rbx
  xor 48(%r15), %r9
  xor 56(%r15), %r11
  add $64, %r15
  movq %r15, INPUT
  movq OUTPUT, %r15
  mov %rax, 0(%r15)
  mov %rcx, 8(%r15)
  mov %rsi, 16(%r15)
  mov %rbp, 24(%r15)
  mov %r13, 32(%r15)
  mov %rbx, 40(%r15)
  mov %r9, 48(%r15)
  mov %r11, 56(%r15)
  add $64, %r15
  movq %r15, OUTPUT
  movq STATE_12_13, %r15                     /* the counter, which does not overflow */
  inc %r15
  movq %r15, STATE_12_13
  movd BLOCKS, %r15d
  dec %r15d
  movd %r15d, BLOCKS
  jnz 1b

  pxor STATE_4_5, STATE_4_5                  /* leaves no key behind */
  pxor STATE_6_7, STATE_6_7
  pxor STATE_8_9, STATE_8_9
  pxor STATE_10_11, STATE_10_11
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size tls_chacha20_blocks, . - tls_chacha20_blocks
.section .note.GNU-stack, "", @progbits
#endif
