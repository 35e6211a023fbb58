# Programs that replay tapes of the kernel natively, built from the kernel's generated C.
# `checked` has sanitizers; `plain` is for machines where `probe` cannot map address 4096.
tape := $(out)/tape
replayers := $(addprefix $(tape)/,replay replay-checked replay-plain replay-checked-plain)

$(tape)/acts.h: tools/tape/generate.ts tools/tape/host-functions.ts tools/tape/format.ts \
  machine/host.ts $(out)/kernel.wasm
	@echo "tape     $@"
	@$(run_script) $< $(out)/kernel.wasm $(tape)

tape_flags = -I$(tape) -Itools/tape -DKERNEL='"$(out)/kernel.c"' -I.
replay_flags = -std=gnu11 -g1 -fPIE -pie -ffunction-sections -Wl,--gc-sections -fno-strict-aliasing \
  -fno-delete-null-pointer-checks -fno-omit-frame-pointer -Wall -Wextra -Wno-unused-parameter \
  -Wno-unknown-pragmas -I. -Imachine/native -I$(tape) -I$(out)/raw
checked_cc = clang -O0 -fsanitize=address,undefined -fno-sanitize-recover=undefined
$(replayers): tools/tape/replay.c tools/tape/tape.h $(tape)/acts.h $(out)/kernel.c \
  machine/native/host.c tools/tape/plain/wasm-rt.h
	@echo "cc       $@"
	@$(if $(findstring checked,$@),$(checked_cc),$(HOST_CC) -O2 --param=min-pagesize=0) \
	  $(if $(findstring plain,$@),-DPLAIN -Itools/tape/plain) $(replay_flags) \
	  -DKERNEL='"$(out)/$(if $(findstring plain,$@),raw/)kernel.c"' $< -o $@

$(tape)/probe: tools/tape/probe.c
	@mkdir -p $(@D)
	@$(HOST_CC) $< -o $@

.PHONY: replayers
replayers: kernel
	@sh compiler-config/install.sh build test
	+@flock build/lock $(MAKE) -s $(tape)/probe
	+@$(tape)/probe || kind=-plain; \
	  flock build/lock $(MAKE) -s $(tape)/replay$$kind $(tape)/replay-checked$$kind
