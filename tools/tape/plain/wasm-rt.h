/* machine/native/wasm-rt.h for a program whose linear memory may lie anywhere: every access is
   checked in software. */
#pragma once
#include "../../../machine/native/wasm-rt.h"

#undef WASM_RT_USE_SEGUE
#define WASM_RT_USE_SEGUE 0
#undef WASM_RT_MEMCHECK_GUARD_PAGES
#define WASM_RT_MEMCHECK_GUARD_PAGES 0
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 1
