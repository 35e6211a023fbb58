/* Exits with 0 if memory can be mapped at address 4096, else with 77 (see replay.c). */
#include <sys/mman.h>

int main(void) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return mmap((void*)4096, 65536, PROT_READ, flags, -1, 0) == MAP_FAILED ? 77 : 0;
}
