/* The runtime of wasm2c's output, as in machine/native/wasm-rt.h, but with the module's memory at
 * LINEAR instead of 0, where only the superuser may map pages. */
#pragma once
#include "../../machine/native/wasm-rt.h"

#undef WASM_RT_USE_SEGUE
#define WASM_RT_USE_SEGUE 0
/* Address 0 of the module; driver.c draws what is mapped above it. */
#define LINEAR 0x200000000000ul
