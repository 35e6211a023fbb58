/* Unpacks its input with the kernel's unpack.c; the argument is the step. */
#include <stdio.h>
#include <stdlib.h>
#include "../../machine/native/unpack.c"

static u8 packed[1 << 20], bytes[1 << 20];

int main(int count, char** words) {
  if (count != 2 || fread(packed, 1, sizeof packed, stdin) < 8) return 1;
  unpack(bytes, packed, atoi(words[1]));
  fwrite(bytes, 1, *(const u32*)packed, stdout);
}
