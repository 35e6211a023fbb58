/* The runtime interface of wasm2c's output (WABT 1.0.39), for a bare machine.
 *
 * Linear memory lies at virtual address zero, so a load by the module is one instruction, whose
 * bounds the page tables check. wasm2c has no such mode, but its "segue" mode addresses memory
 * relative to a segment register, without a base; here the segment override is empty. */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WABT_BIG_ENDIAN 0
#define WASM_RT_USE_SEGUE 1
#define WASM_RT_SEGUE_FREE_SEGMENT 0 /* 1 keeps state that is not re-entrant */
#define __seg_gs
#define wasm_rt_fsgsbase_inst_supported 0
#define __builtin_ia32_rdgsbase64() 0
#define __builtin_ia32_wrgsbase64(base) ((void)(base))
#define wasm_rt_syscall_get_segue_base() ((void*)0)
#define wasm_rt_syscall_set_segue_base(base) ((void)(base))

#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#define WASM_RT_SANITY_CHECKS 0
#define WASM_RT_STACK_DEPTH_COUNT 0
#define WASM_RT_NONCONFORMING_UNCHECKED_STACK_EXHAUSTION 1 /* the guard page detects it */
#define WASM_RT_NO_RETURN __attribute__((noreturn))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy __builtin_memcpy

enum { WASM_RT_TRAP_OOB = 1, WASM_RT_TRAP_INT_OVERFLOW, WASM_RT_TRAP_DIV_BY_ZERO };
enum { WASM_RT_TRAP_INVALID_CONVERSION = 4, WASM_RT_TRAP_UNREACHABLE, WASM_RT_TRAP_CALL_INDIRECT };
typedef int wasm_rt_trap_t;
void wasm_rt_trap(wasm_rt_trap_t kind) WASM_RT_NO_RETURN;

enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64, WASM_RT_FUNCREF, WASM_RT_EXTERNREF };
typedef void (*wasm_rt_function_ptr_t)(void);
typedef const char* wasm_rt_func_type_t;
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void**, void*, struct wasm_rt_tailcallee_t*);
} wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void* module_instance;
} wasm_rt_funcref_t;
typedef void* wasm_rt_externref_t;
static const wasm_rt_funcref_t wasm_rt_funcref_null_value = {0};
static const wasm_rt_externref_t wasm_rt_externref_null_value = 0;

typedef struct {
  wasm_rt_funcref_t* data;
  uint32_t max_size, size;
} wasm_rt_funcref_table_t;
typedef struct {
  wasm_rt_externref_t* data;
  uint32_t max_size, size;
} wasm_rt_externref_table_t;
typedef struct {
  uint8_t* data; /* always address zero */
  uint64_t pages, max_pages, page_size, size;
  bool is64;
} wasm_rt_memory_t;

bool wasm_rt_is_initialized(void);
void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint64_t pages, uint64_t max_pages,
                             bool is64, uint32_t page_size);
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint64_t pages);
void wasm_rt_free_memory(wasm_rt_memory_t* memory);
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, uint32_t size, uint32_t max);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table);
