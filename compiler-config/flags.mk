# Flags for gcc and ld, and the reasons for them:
#   -mno-red-zone             interrupts use the stack of the code that they interrupt
#   -mgeneral-regs-only       interrupts need not save SSE registers, and a float in the kernel,
#                             which would also need libm, is an error
#   -fno-delete-null-...      the module's memory begins at address zero
#   -fno-omit-frame-pointer   for backtraces
#   -fstack-clash-protection  a large frame must not jump over the guard page
#   -flto                     for host.c only: gcc translates its parts in parallel
#   -g1 -gstatement-...       functions and lines, also of inlined code, for backtraces of panics,
#                             without variables and types
# libgcc is not linked: it was compiled with a red zone.
#
# CROSS_COMPILE is the prefix of the tools' names. On machines other than x86-64 the default is the
# prefix of Debian's cross compiler, which install.sh installs there.
CROSS_COMPILE ?= $(if $(filter x86_64 amd64,$(shell uname -m)),,x86_64-linux-gnu-)
export CROSS_COMPILE
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
OBJDUMP := $(CROSS_COMPILE)objdump
# For programs that run on this machine: tests, and the replay of tapes.
HOST_CC := gcc
c_flags = -std=gnu11 -O2 -g1 -gstatement-frontiers -ffreestanding -mcmodel=kernel -mno-red-zone \
  -mgeneral-regs-only -fno-pic -fno-stack-protector -fcf-protection=none \
  -fno-delete-null-pointer-checks -fno-strict-aliasing -fno-omit-frame-pointer \
  -fno-asynchronous-unwind-tables -fstack-clash-protection -ffile-prefix-map=$(CURDIR)=. \
  -DNDEBUG -Imachine/native -Wall -Wextra -Werror -Wno-unused-parameter -MMD -MP
# Zero is an address like any other in the module's memory.
$(elf)/host.o: c_flags += --param=min-pagesize=0 -Wno-nonnull
# The loops in memset and the like must not be compiled to calls of themselves.
build/native/string.o build/loader/string.o: c_flags += -fno-tree-loop-distribute-patterns

# The code before the kernel in anonymos.bzimage. UEFI firmware chooses its address.
loader_flags = $(c_flags) -mcmodel=small -fpie -fvisibility=hidden

# QEMU's -kernel needs a constant difference of file offset and load address: no -n, no -N.
ld_flags := -T compiler-config/link.ld -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments \
  --gc-sections

# In seconds since 1970; the kernel rejects a clock behind it. SOURCE_DATE_EPOCH, or the time of
# the commit: from git or, in an archive made by git, from compiler-config/commit-time. It is never
# the time of the build, because the same source must make the same kernel on any day.
build_time = $(or $(SOURCE_DATE_EPOCH),$(archived_time),$(committed_time),$(error \
  the commit time is unknown: this is neither a git clone nor a git archive; \
  set SOURCE_DATE_EPOCH))
archived_time = $(filter-out $$Format%,$(shell cat compiler-config/commit-time))
committed_time = $(shell git -c safe.directory='*' log -1 --format=%ct 2>/dev/null)
