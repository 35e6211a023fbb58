/* The built-in roots, as compiler-config/roots.ts wrote them: index, certificates, set's name. */
#ifdef __wasm__
#define READ_ONLY "", @
#else
#define READ_ONLY "a", @progbits
.section .note.GNU-stack, "", @progbits
#endif
.macro data name, bytes
  .global \name
  .size \name, \bytes
  \name:
.endm

.section .rodata.tls_roots, READ_ONLY
.p2align 3
data tls_root_index_start, (1f-tls_root_index_start)
  .incbin "roots-index.bin"
1:
data tls_root_count, 4
  .long (1b - tls_root_index_start) / 24
data tls_root_data, (tls_root_data_end-tls_root_data)
  .incbin "roots-data.bin"
data tls_root_data_end, 0
data tls_root_set, (tls_root_set_end-tls_root_set)
  .incbin "roots-set.bin"
data tls_root_set_end, 0
