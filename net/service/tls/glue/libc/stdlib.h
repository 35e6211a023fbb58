/* mbedTLS includes <stdlib.h> but uses only rand: config.h names the allocator. */
#pragma once
#include <stddef.h>
int rand(void); /* for the RSA self-test */
