# Flags for gcc and ld. Why each:
#   -mno-red-zone             interrupts use the stack of what they interrupt
#   -mgeneral-regs-only       an interrupt need not save SSE registers; a float in the kernel,
#                             which would also want libm, is an error
#   -fno-delete-null-...      the module's memory begins at address zero
#   -fno-omit-frame-pointer   for backtraces
#   -fstack-clash-protection  a large frame must not jump over the guard page
#   -g1 -gstatement-...       functions and lines, also of inlined code: the table of a panic is
#                             made of them; neither variables nor types
# libgcc is not linked: it was compiled with a red zone.
#
# CROSS_COMPILE is what precedes the tools' names. On other machines than x86-64 it is that of
# Debian's cross compiler, which install.sh installs there.
CROSS_COMPILE ?= $(if $(filter x86_64 amd64,$(shell uname -m)),,x86_64-linux-gnu-)
export CROSS_COMPILE
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
# For programs that run here: tests, and the replay of tapes.
HOST_CC := gcc
c_flags = -std=gnu11 -O2 -g1 -gstatement-frontiers -ffreestanding -mcmodel=kernel -mno-red-zone \
  -mgeneral-regs-only -fno-pic -fno-stack-protector -fcf-protection=none \
  -fno-delete-null-pointer-checks -fno-strict-aliasing -fno-omit-frame-pointer \
  -fno-asynchronous-unwind-tables -fstack-clash-protection -ffile-prefix-map=$(CURDIR)=. \
  -DNDEBUG -Imachine/native -Wall -Wextra -Werror -Wno-unused-parameter -MMD -MP
# Zero is an address like any other in the module's memory.
$(elf)/host.o: c_flags += --param=min-pagesize=0 -Wno-nonnull
# memset and its kind must not become calls of themselves.
build/native/string.o: c_flags += -fno-tree-loop-distribute-patterns

# QEMU's -kernel wants file offset and load address to differ by one constant: no -n, no -N.
ld_flags := -T compiler-config/link.ld -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments \
  --gc-sections

# The kernel believes no clock that is before this, in seconds since 1970: SOURCE_DATE_EPOCH, else
# the time of the commit, from git or, in an archive that git made, compiler-config/commit-time.
# It is never the time of the build: the same source makes the same kernel on any day.
build_time = $(or $(SOURCE_DATE_EPOCH),$(archived_time),$(committed_time),$(error \
  the commit time is unknown: this is neither a git clone nor a git archive; \
  set SOURCE_DATE_EPOCH))
archived_time = $(filter-out $$Format%,$(shell cat compiler-config/commit-time))
committed_time = $(shell git -c safe.directory='*' log -1 --format=%ct 2>/dev/null)
