/* mbedTLS does not rely on assert. */
#pragma once
#define assert(condition) ((void)0)
