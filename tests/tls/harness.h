/* Shared by the files of the harness: command line, clock, and the host's TLS functions. */
#pragma once
#include <stdbool.h>

#include "door.h"

enum { NONE, HANDSHAKING, OPEN, PEER_CLOSED, FAILED };

static inline u32 at(const void* address) { return (u32)(uintptr_t)address; }

/* harness.c */
void die(const char* what);
void tick(void);
void let_pass(u32 seconds); /* advances the wall clock */
void add_entropy(void);
const char* value_of(const char* key);
u32 number_of(const char* key, u32 otherwise);
void print_rest(void); /* prints what is left on the heap, the longest step, and the CPU time */

/* alone.c: without a network */
void run_pairs(const char* name);
void run_changes(const char* name);
bool run_alone(const char* verb);
