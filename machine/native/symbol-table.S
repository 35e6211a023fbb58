/* The packed symbol table for backtraces, made from a first link by compiler-config/symbols.ts. */
.section .symbols, "a"
.align 4
.global packed_symbol_table
packed_symbol_table: .incbin "symbols.packed"
.section .note.GNU-stack, "", @progbits
