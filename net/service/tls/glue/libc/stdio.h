/* mbedTLS includes <stdio.h> and uses nothing of it: config.h names its snprintf. */
#pragma once
#include <stddef.h>
