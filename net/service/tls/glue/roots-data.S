/* The built-in roots as compiler-config/roots.ts wrote them: the index, and the certificates. */
.section .rodata.tls_roots, "a"
.align 8
.global tls_root_count, tls_root_index_start, tls_root_data, tls_root_data_end
tls_root_index_start:
  .incbin "roots-index.bin"
tls_root_index_end:
tls_root_count:
  .long (tls_root_index_end - tls_root_index_start) / 12
tls_root_data:
  .incbin "roots-data.bin"
tls_root_data_end:

.section .note.GNU-stack, "", @progbits
