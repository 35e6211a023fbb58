/* mbedTLS includes <stdlib.h> and uses only this of it: config.h names the allocator. */
#pragma once
#include <stddef.h>
int rand(void); /* the self-test of RSA pads with it */
