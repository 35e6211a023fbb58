# AnonymOS: from TypeScript to a kernel and an ISO. `make help` lists the targets.
#
#   kernel/main.ts --asc--> kernel.wasm --wasm2c, #line--> kernel.c --gcc, ld--> kernel.elf
#     kernel.elf --> anonymos.iso, anonymos.bzimage

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DEFAULT_GOAL := kernel
.DELETE_ON_ERROR:
.SUFFIXES:
export PATH := $(CURDIR)/build/node/bin:$(PATH):/usr/sbin:/sbin

# --- command-line variables: see `make help` ---------------------------------------------------
APP ?=
MAIN ?= kernel/main.ts
ISO ?= $(out)/anonymos.iso
# Passed on unexpanded and through the environment, so that no shell interprets them.
export KERNEL_CMDLINE := $(value CMDLINE)
export KERNEL_MODULES := $(value MODULES)

# A user's program (APP) or a test kernel (MAIN) is built beside the plain kernel.
own := $(APP) $(filter-out kernel/main.ts,$(MAIN))
missing := $(filter-out $(wildcard $(own)),$(own))
ifneq ($(missing),)
$(error $(missing): there is no such file; APP and MAIN expect the path of a TypeScript program)
endif
absent := $(filter-out $(wildcard $(value MODULES)),$(value MODULES))
ifneq ($(absent),)
$(error $(absent): there is no such file; MODULES expects paths of files)
endif
out := build$(addprefix /app-,$(subst /,-,$(basename $(strip $(own)))))
# A kernel that records itself (tools/tape/) is also built beside it, but from the same kernel.wasm.
elf := $(out)$(if $(RECORD),/record)

run_script := node --import tsx
asc := $(run_script) node_modules/assemblyscript/bin/asc.js
wasm2c := node compiler-config/wasm2c.mjs
include compiler-config/flags.mk
include compiler-config/tls.mk
include tools/tape/tape.mk

# --- the kernel --------------------------------------------------------------------------------
units := boot vectors main trap memory boot-info panic print symbols unpack screen string font \
  build-time
objects := $(units:%=build/native/%.o) $(elf)/host.o
typescript := $(shell find core machine drivers net kernel -name '*.ts') $(own)

# One build at a time: tests make ISOs while another build may run.
.PHONY: kernel iso
kernel:
	+@mkdir -p build && flock build/lock $(MAKE) -s $(elf)/kernel.elf $(elf)/anonymos.bzimage
iso:
	+@mkdir -p build && flock build/lock $(MAKE) -s $(ISO)

# asc runs after any change to a source. If its output is the same (the kernel does not import the
# file, or only a comment changed), kernel.wasm keeps its date and nothing after it is rebuilt.
$(out)/compiled: $(typescript) compiler-config/asconfig.json compiler-config/layout.ts \
  | build/installed
	@echo "asc      $(out)/kernel.wasm"
	@mkdir -p $(out)/new
	@LAYOUT=$(out)/layout.json $(asc) $(MAIN) $(APP) --config compiler-config/asconfig.json \
	  --transform ./compiler-config/layout.ts --outFile $(out)/new/kernel.wasm
	@cmp -s $(out)/new/kernel.wasm $(out)/kernel.wasm && \
	  cmp -s $(out)/new/kernel.wasm.map $(out)/kernel.wasm.map || \
	  mv $(out)/new/kernel.wasm $(out)/new/kernel.wasm.map $(out)
	@touch $@

$(out)/kernel.wasm: $(out)/compiled ;

$(out)/raw/kernel.c: $(out)/kernel.wasm compiler-config/wasm2c.mjs
	@echo "wasm2c   $@"
	@mkdir -p $(@D)
	@$(wasm2c) --num-outputs=1 --module-name=kernel $< --output $@

$(out)/kernel.c: $(out)/raw/kernel.c compiler-config/adapt.ts compiler-config/globals.ts \
  compiler-config/lines.ts compiler-config/pack.ts
	@echo "adapt    $@"
	@$(run_script) compiler-config/adapt.ts $(out)/kernel.wasm $< $@

host := $(if $(RECORD),tools/tape/record.c $(tape)/acts.h,machine/native/host.c)
$(elf)/host.o: $(host) $(out)/kernel.c compiler-config/flags.mk
	@echo "cc       $@"
	@mkdir -p $(@D)
	@$(CC) $(c_flags) $(if $(RECORD),$(tape_flags)) -I$(out) -I$(out)/raw -flto \
	  -MF $(elf)/host.d -MT $@ -c $< -o $(elf)/host.lto.o
	@$(CC) $(c_flags) -flto=$(shell nproc) -flinker-output=nolto-rel -nostdlib -r \
	  $(elf)/host.lto.o -o $@

# Rewritten only when the time changes.
build/native/build-time: force
	@mkdir -p $(@D)
	@time=$(build_time); echo $$time | cmp -s - $@ || echo $$time >$@

build/native/build-time.o: build/native/build-time compiler-config/flags.mk
	@echo "const unsigned long build_time = $$(cat $<);" | $(CC) $(c_flags) -xc -c - -o $@

build/native/%.o: machine/native/%.c compiler-config/flags.mk | build/installed
	@echo "cc       $@"
	@mkdir -p $(@D)
	@$(CC) $(c_flags) -c $< -o $@

build/native/%.o: machine/native/%.S compiler-config/flags.mk | build/installed
	@echo "as       $@"
	@mkdir -p $(@D)
	@$(CC) $(c_flags) -c $< -o $@

build/native/font.o: build/font.c
	@$(CC) $(c_flags) -c $< -o $@

build/font.c: compiler-config/font.ts | build/installed
	@echo "font     $@"
	@$(run_script) $< /usr/share/grub/unicode.pf2 $@

# Linked twice: the first link yields the table of functions and lines that goes into the second.
# The table follows the text, so the addresses in the text do not change.
$(elf)/first.elf: $(objects) $(tls)/library.a compiler-config/link.ld
	@echo "ld       $@"
	@$(LD) $(ld_flags) $(objects) $(tls)/library.a -o $@

$(elf)/symbols.packed: $(elf)/first.elf compiler-config/symbols.ts compiler-config/pack.ts
	@echo "symbols  $@"
	@$(run_script) compiler-config/symbols.ts $< $(elf)

$(elf)/kernel.debug.elf: $(elf)/first.elf $(elf)/symbols.packed machine/native/symbol-table.S
	@echo "ld       $@"
	@$(CC) $(c_flags) -Wa,-I$(elf) -c machine/native/symbol-table.S -o $(elf)/symbol-table.o
	@$(LD) $(ld_flags) $(objects) $(elf)/symbol-table.o $(tls)/library.a -o $@
	@cp build/native/build-time $(elf)/build-time

$(elf)/kernel.elf: $(elf)/kernel.debug.elf
	@$(OBJCOPY) --strip-all $< $@
	@echo "         $@: $$(stat -c %s $@) bytes"

# --- the file for loaders of Linux, and for UEFI -----------------------------------------------
loader_objects := $(patsubst %,build/loader/%.o,setup efi efi-enter string)

build/loader/%.o: machine/loader/%.c compiler-config/flags.mk | build/installed
	@echo "cc       $@"
	@mkdir -p $(@D)
	@$(CC) $(loader_flags) -c $< -o $@

build/loader/%.o: machine/loader/%.S compiler-config/flags.mk | build/installed
	@echo "as       $@"
	@mkdir -p $(@D)
	@$(CC) $(loader_flags) -c $< -o $@

build/loader/string.o: machine/native/string.c compiler-config/flags.mk | build/installed
	@mkdir -p $(@D)
	@$(CC) $(loader_flags) -c $< -o $@

$(elf)/anonymos.bzimage: $(elf)/kernel.debug.elf $(loader_objects) machine/loader/image.S \
  compiler-config/bzimage.ld
	@echo "bzimage  $@"
	@$(OBJCOPY) -O binary $< $(elf)/kernel.bin
	@$(CC) $(loader_flags) -Wa,-I$(elf) -c machine/loader/image.S -o $(elf)/image.o
	@end=$$($(OBJDUMP) -t $< | sed -n 's/^\([0-9a-f]*\) .* BSS_END$$/0x\1/p') && \
	  $(LD) -T compiler-config/bzimage.ld -z noexecstack --no-warn-rwx-segments \
	  --defsym KERNEL_END=$$end $(loader_objects) $(elf)/image.o -o $(elf)/bzimage.elf
	@$(OBJCOPY) -O binary $(elf)/bzimage.elf $@

# --- the ISO -----------------------------------------------------------------------------------
$(ISO): $(elf)/kernel.elf iso/make-iso.ts iso/grub-config.ts $(ISO).recipe $(value MODULES)
	@echo "iso      $@"
	@SOURCE_DATE_EPOCH=$(build_time) $(run_script) iso/make-iso.ts $< $@

# The command line and modules of the last ISO: if they change, the ISO is rebuilt.
$(ISO).recipe: force | build/installed
	@mkdir -p $(@D)
	@$(if $(KERNEL_CMDLINE)$(KERNEL_MODULES),$(if $(filter build/anonymos.iso,$(ISO)), \
	  echo "make: build/anonymos.iso is always the plain one; CMDLINE and MODULES need ISO=path" >&2; \
	  exit 1,:),:)
	@printf '%s\n' "$$KERNEL_CMDLINE" "$$KERNEL_MODULES" | cmp -s - $@ || \
	  printf '%s\n' "$$KERNEL_CMDLINE" "$$KERNEL_MODULES" >$@

# Disk images for hypervisors and clouds.
.PHONY: images
images: iso
	@SOURCE_DATE_EPOCH=$(build_time) $(run_script) iso/make-images.ts $(ISO) $(out)/images
	@echo "images   $(out)/images"

# --- run, test, debug --------------------------------------------------------------------------
# These targets may run make themselves; that make must not use the job server of this one.
alone := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
.PHONY: run replay test bench debug lint
run: kernel
	@sh compiler-config/install.sh build run
	@APP='$(APP)' TARGET='$(TARGET)' RECORD='$(RECORD)' $(alone) $(run_script) \
	  tools/stand-in/run.ts

# A replay or a simulated world can stop at lines of TypeScript (tools/debug/).
run_kernel := $(alone) BREAK='$(BREAK)' HITS='$(HITS)' $(run_script) $(if $(INSPECT),--inspect-brk) \
  $(if $(BREAK)$(INSPECT),--import ./tools/debug/attach.ts)

# Replays in Node what `make run RECORD=...` recorded.
replay:
	+@mkdir -p build && flock build/lock $(MAKE) -s $(out)/kernel.wasm
	@KERNEL_WASM=$(out)/kernel.wasm $(run_kernel) tools/tape/main.ts '$(FILE)'

# Only the tests run on another date, not the build. Timers and file times stay real, so a make
# that a test runs neither rebuilds anything nor leaves files from the future.
ifneq ($(filter-out +% -%,$(DATE)),)
$(error DATE=$(DATE): expected an offset from now, like +500d or -2y)
endif
at_date := $(if $(DATE),NO_FAKE_STAT=1 FAKE_UTIME=1 faketime -m --exclude-monotonic -f '$(DATE)')
test: kernel iso twin replayers
	@sh compiler-config/install.sh build run test $(if $(DATE),date)
	@$(alone) $(at_date) $(run_script) tests/run.ts $(TESTS)

bench: twin kernel iso
	@sh compiler-config/install.sh build run test bench
	@BASE='$(BASE)' ROWS='$(ROWS)' RUNS='$(RUNS)' $(alone) $(run_script) tools/bench/run.ts

# The kernel as a WebAssembly module, and TLS as another, which a kernel in Node needs.
.PHONY: twin sim soak
twin:
	@sh compiler-config/install.sh build test
	+@mkdir -p build && flock build/lock $(MAKE) -s build/kernel.wasm $(tls)/tls.wasm

# Random worlds of kernels in Node (tests/sim/).
sim: twin
	@SEED='$(SEED)' RUNS='$(RUNS)' JOBS='$(JOBS)' NATIVE='$(NATIVE)' $(run_kernel) \
	  $(if $(BREAK)$(INSPECT),tools/debug/world.ts,tests/sim/main.ts)

# Scripts in the language of packetdrill, against a kernel in Node (docs/packetdrill.md).
.PHONY: packetdrill
packetdrill: twin
	@$(alone) $(run_script) tools/packetdrill/main.ts $(if $(TOLERANCE),--tolerance=$(TOLERANCE)) \
	  $(if $(filter any,$(LAYOUT)),--any-layout) \
	  $(if $(filter undefined,$(origin SCRIPT)),tests/packetdrill,$(SCRIPT))

# Two kernels for a million virtual seconds, with occasional faults.
soak: twin
	@SEED='$(SEED)' SECONDS='$(SECONDS)' $(alone) $(run_script) tests/sim/soak-main.ts

# Lines and branches of the kernel's TypeScript that the tests in Node reach (tools/coverage/).
.PHONY: coverage
coverage: twin
	@TESTS='$(TESTS)' $(alone) $(run_script) tools/coverage/main.ts

# The kernel's parsers and state machines under libFuzzer (tests/fuzz/).
.PHONY: fuzz
fuzz: $(tls)/library.a | build/installed
	@sh compiler-config/install.sh build test
	@MINUTES='$(MINUTES)' TARGET='$(TARGET)' MERGE='$(MERGE)' $(alone) $(run_script) tests/fuzz/main.ts

# Two clones of HEAD, built under different circumstances, must be identical (tools/reproduce/).
.PHONY: reproduce
reproduce: | build/installed
	@sh compiler-config/install.sh build date
	@PUBLISHED='$(PUBLISHED)' $(alone) $(run_script) tools/reproduce/main.ts

debug: kernel
	@sh compiler-config/install.sh build run debug
	@$(alone) KERNEL=$(elf)/kernel APPEND="$$KERNEL_CMDLINE" gdb -q -x compiler-config/debug.gdb

lint: | build/installed
	@node_modules/.bin/tsc -p tsconfig.json
	@node_modules/.bin/tsc -p tests/tsconfig.json
	@node_modules/.bin/biome ci --max-diagnostics=50 .

# Pins the newest of Mozilla's root sets that Debian has.
.PHONY: update-roots
update-roots: | build/installed
	@$(run_script) compiler-config/update-roots.ts $(fetched)

# --- the rest ----------------------------------------------------------------------------------
# Checks on each run whether anything is missing (0.02 s). Order-only, so it never causes a rebuild.
build/installed: force
	@sh compiler-config/install.sh build

.PHONY: clean help force
clean:
	@rm -rf build

help:
	@sed -n 's/^#| \{0,1\}//p' Makefile

-include $(objects:.o=.d) $(loader_objects:.o=.d)
# A .d file may name a source that has moved since the last build; that is no error.
%.c %.S %.h: ;

#| make                 builds the kernel: build/kernel.elf, and build/kernel.debug.elf for gdb;
#|                      and build/anonymos.bzimage, for loaders of Linux kernels and for UEFI
#|   MBEDTLS_TARBALL=path MBEDTLS_MIRROR=URL   where to get mbedTLS if apt's archives lack it
#|   ROOTS_TARBALL=path ROOTS_MIRROR=URL       the same for the sources of Mozilla's roots
#|   CROSS_COMPILE=x86_64-linux-gnu-   prefix of the compiler's name; not needed on Debian
#| make iso             builds build/anonymos.iso, which boots on BIOS and UEFI
#|   CMDLINE='...' MODULES='anonymos.conf ca.pem' ISO=path     an ISO with these in it
#| make images          builds disk images from the ISO: raw, qcow2, vmdk, GCE's, an OCI layout
#| make run             boots the kernel in this terminal, on a stand-in network; Ctrl-A x leaves
#|   TARGET=URL           ... on the real network, and runs `check URL`
#|   RECORD=file          ... and records the boot to a file
#| make replay FILE=... replays a recorded boot in Node
#|   BREAK='acknowledgment.ts:35 ...'  ... stops at these lines and prints variables and stack
#|   HITS=n               ... at most n times (default 5)
#|   INSPECT=1            ... under the inspector of Chrome or an editor
#| make APP=path.ts ... builds a program of yours into the kernel, in build/app-*
#| make debug           boots QEMU with gdb attached: break main.ts:20, continue, bt
#| make test            runs all tests
#|   TESTS='boot unit/net'  ... only files whose path contains one of these words
#|   DATE=+500d           ... as if run 500 days from now; -2y is two years ago
#| make twin            builds the kernel and what it needs in Node: TLS as WebAssembly
#| make bench           measures speed beside Linux and iPXE
#|   BASE=commit ROWS=text ... beside another commit too; only rows with the text in their names
#| make sim             runs 2,000 random worlds of kernels in Node; failures go to build/sim/
#|   SEED=n RUNS=n JOBS=n ... RUNS worlds from seed SEED on, JOBS at a time
#|   NATIVE=1             ... also with the kernels as native programs, with sanitizers
#|   BREAK=... INSPECT=1  ... one world, stopped as by make replay
#| make packetdrill SCRIPT='FILE|FOLDER ...'   plays packetdrill scripts against a kernel in Node
#|   TOLERANCE=usecs      ... and allows times to differ by this much from a script's
#|   LAYOUT=any           ... and ignores the order and padding of TCP options
#| make soak            runs two kernels in Node for a million virtual seconds, with faults
#|   SEED=n SECONDS=n     ... with another seed, or for another time
#| make coverage        reports the lines and branches of TypeScript that tests in Node reach
#|   TESTS='socket/tcp'   ... only tests whose path contains one of these words
#| make fuzz            fuzzes each target of tests/fuzz/ for a minute; findings go to build/fuzz/
#|   MINUTES=n TARGET=name  ... for n minutes, or only one target
#| make lint            runs the type checker, the linter and the formatter
#| make reproduce       builds two clones of HEAD elsewhere and compares them byte by byte
#|   PUBLISHED=file.iso   ... and compares that ISO with theirs
#| make update-roots    pins the newest of Mozilla's root sets that Debian has
#| make clean           removes build/, including what was installed there
