/* The symbol table for backtraces, made from a first link by compiler-config/symbols.ts. */
.section .symbols, "a"
.align 4
.global symbol_table
symbol_table: .incbin "symbols.bin"
.section .note.GNU-stack, "", @progbits
