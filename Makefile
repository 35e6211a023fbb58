# AnonymOS: from TypeScript to a kernel and an ISO. `make help` says what can be made.
#
#   kernel/main.ts --asc--> kernel.wasm --wasm2c--> kernel.c --gcc--> kernel.elf --grub--> .iso

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
export PATH := $(CURDIR)/build/node/bin:$(PATH)

APP ?=
CMDLINE ?=
MODULES ?=
ISO ?= build/anonymos.iso
CC := gcc

node := node
asc := $(node) node_modules/assemblyscript/bin/asc.js
wasm2c := $(node) node_modules/wabt/bin/wasm2c
script := $(node) --import tsx

# --- flags -------------------------------------------------------------------------------------
# No red zone (interrupts use the same stack), no SSE (so that interrupts need not save it, and a
# float in the kernel is an error), no libgcc (it has a red zone), no merging of null checks (the
# module's memory begins at address zero), frame pointers for backtraces.
flags := -std=gnu11 -O2 -g1 -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
  -fno-pic -fno-stack-protector -fno-delete-null-pointer-checks -fno-omit-frame-pointer \
  -fno-strict-aliasing -fno-asynchronous-unwind-tables -fcf-protection=none -DNDEBUG \
  -Ikernel/native -Ibuild -MMD -MP
warnings := -Wall -Wextra -Werror -Wno-unused-parameter
# These must not become calls of themselves.
build/string.o: flags += -fno-tree-loop-distribute-patterns
link := ld -T compiler-config/link.ld -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments

# --- the kernel --------------------------------------------------------------------------------
native := boot vectors main trap memory boot-info panic symbols screen host string font
objects := $(native:%=build/%.o)
typescript := $(shell find kernel net drivers -name '*.ts')

.PHONY: all
all: build/kernel.elf

build/installed:
	@sh compiler-config/install.sh build

build/kernel.wasm: $(typescript) compiler-config/asconfig.json build/app | build/installed
	@echo "asc      $@"
	@$(asc) kernel/main.ts $(APP) --config compiler-config/asconfig.json --outFile $@

# The APP of the last build, so that another one is a reason to build.
build/app: force | build/installed
	@mkdir -p build; echo '$(APP)' | cmp -s - $@ || echo '$(APP)' >$@

build/module.c: build/kernel.wasm
	@echo "wasm2c   $@"
	@$(wasm2c) --num-outputs=1 --module-name=kernel $< --output build/kernel.c
	@sed -i '1i #pragma GCC system_header'  build/kernel.c
	@sed -i 's/^#define FORCE_READ_INT(var) __asm__.*/#define FORCE_READ_INT(var)/' build/kernel.c
	@touch $@

build/host.o build/panic.o: build/module.c
build/host.o: flags += -DBUILD_TIME=$(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct))

build/%.o: kernel/native/%.c Makefile | build/installed
	@echo "cc       $@"
	@$(CC) $(flags) $(warnings) -c $< -o $@

build/%.o: kernel/native/%.S Makefile | build/installed
	@echo "as       $@"
	@$(CC) $(flags) -c $< -o $@

build/font.c: compiler-config/font.ts | build/installed
	@$(script) $< /usr/share/grub/unicode.pf2 $@
build/font.o: build/font.c
	@$(CC) $(flags) -c $< -o $@

build/kernel.debug.elf: $(objects) compiler-config/link.ld
	@echo "ld       $@"
	@$(link) $(objects) -o $@

build/kernel.elf: build/kernel.debug.elf
	@objcopy --strip-all $< $@
	@ls -l $@

.PHONY: force
-include $(objects:.o=.d)
