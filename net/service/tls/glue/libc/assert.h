/* mbedTLS does its checks without assert. */
#pragma once
#define assert(condition) ((void)0)
