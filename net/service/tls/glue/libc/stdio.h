/* mbedTLS includes <stdio.h> but uses nothing from it: config.h names its snprintf. */
#pragma once
#include <stddef.h>
