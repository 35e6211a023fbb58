/* mbedTLS includes <stdio.h> but uses nothing of it: config.h names its snprintf. */
#pragma once
#include <stddef.h>
