/* mbedTLS includes <stdlib.h> and uses nothing of it: config.h names the allocator. */
#pragma once
#include <stddef.h>
