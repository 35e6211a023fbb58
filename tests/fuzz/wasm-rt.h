/* What wasm2c's output expects of its surroundings, as in machine/native/wasm-rt.h, but with the
 * module's memory at LINEAR: an ordinary user may not map address zero. */
#pragma once
#include "../../machine/native/wasm-rt.h"

#undef WASM_RT_USE_SEGUE
#define WASM_RT_USE_SEGUE 0
/* Where address 0 of the module is; nothing is mapped there but what driver.c says. */
#define LINEAR 0x200000000000ul
