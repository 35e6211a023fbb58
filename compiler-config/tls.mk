# Fetches mbedTLS and Mozilla's roots, and compiles them and the C around mbedTLS
# (net/service/tls/glue/) into one archive, from which the kernel links what it calls.
#
# mbedTLS uses SSE registers, for AES-NI and for plain copies. Interrupts still need not save them,
# because no code that runs in an interrupt uses any (a test checks the linked kernel).
#   -U...unix -U...linux      there is no operating system, whatever the compiler's own target is
#   -nostdinc                 the headers are in glue/libc/
#   -ffunction-sections ...   the linker leaves out functions that are not called
# The library is compiled without -g: a debugger knows its functions, but not their lines.
tls := build/tls
glue := net/service/tls/glue
mbedtls := $(tls)/mbedtls
fetched := $(or $(XDG_CACHE_HOME),$(HOME:%=%/.cache),build)/anonymos

mbedtls_units := aes aesni asn1parse asn1write base64 bignum bignum_core chacha20 chachapoly \
  cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves gcm hkdf hmac_drbg \
  md mps_reader oid pem pk pk_ecc pk_wrap pkparse platform platform_util poly1305 psa_crypto \
  psa_crypto_aead psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static \
  psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_rsa \
  psa_crypto_slot_management psa_util rsa rsa_alt_helpers sha1 sha256 sha512 ssl_ciphersuites \
  ssl_client ssl_msg ssl_ticket ssl_tls ssl_tls12_client ssl_tls12_server ssl_tls13_client \
  ssl_tls13_generic ssl_tls13_keys ssl_tls13_server x509 x509_crt
mbedtls_objects := $(mbedtls_units:%=$(tls)/library/%.o)
glue_sources := $(sort $(wildcard $(glue)/*.c))
assembled := $(tls)/roots-data.o $(tls)/chacha20-blocks.o
glue_objects := $(patsubst $(glue)/%.c,$(tls)/%.o,$(glue_sources)) $(assembled)
node_objects := $(patsubst $(tls)/%,$(tls)/node/%,$(mbedtls_objects) \
  $(filter-out %/chacha20-blocks.o,$(glue_objects))) \
  $(tls)/node/string.o

tls_flags = $(mbedtls_flags) -mcmodel=kernel -mno-red-zone -fno-pic \
  -fno-stack-protector -fcf-protection=none -fno-omit-frame-pointer \
  -fno-asynchronous-unwind-tables -fstack-clash-protection \
  -U__unix__ -U__unix -Uunix -U__linux__ -U__linux -Ulinux \
  -nostdinc -isystem $(shell $(CC) -print-file-name=include)
mbedtls_flags = -std=gnu11 -O2 -ffreestanding -fno-strict-aliasing -ffunction-sections \
  -fdata-sections -isystem $(glue)/libc -I$(glue) -I$(tls) \
  -I$(mbedtls)/include -I$(mbedtls)/library \
  -DMBEDTLS_CONFIG_FILE='"config.h"' -Wa,-I$(tls) -ffile-prefix-map=$(CURDIR)=. -MMD -MP
# Code that handles every record or computation is built for speed, because with -Os gcc copies with
# `rep movsb`, which takes QEMU a step per byte. Code that parses and decides is built for size.
mbedtls_fast := aes aesni bignum bignum_core chacha20 chachapoly cipher cipher_wrap constant_time \
  ecp ecp_curves gcm platform_util poly1305 sha256 sha512 ssl_msg
$(filter-out $(mbedtls_fast:%=$(tls)/library/%.o),$(mbedtls_objects)): tls_flags += -Os
# Pointers from TypeScript are small numbers, which gcc would take for invalid addresses.
$(glue_objects): tls_flags += -g1 -Wall -Wextra -Werror -Wno-unused-parameter \
  --param=min-pagesize=0
# These replace functions of mbedTLS without a patch: glue/path.c reads and verifies the peer's
# certificates, glue/signature.c checks their keys and signatures, glue/chain.c sends our own,
# glue/hello.c checks ClientHellos and chooses among the peer's signature schemes, glue/pss.c adds
# keys for RSASSA-PSS,
# glue/alerts.c records the alerts sent, glue/fragments.c reads handshake messages in parts,
# glue/strict.c checks extensions, glue/verify.c checks what a certificate may be used for,
# glue/session.c signs, glue/settings.c makes ticket keys, glue/staple.c asks for a stapled OCSP
# response, glue/heap.c frees what ssl_tls13_keys does not, glue/chacha20.c encrypts faster.
in_both = $(1:%=$(tls)/library/%.o) $(1:%=$(tls)/node/library/%.o)
$(tls)/library/chachapoly.o: mbedtls_flags += -Dmbedtls_chacha20_update=tls_chacha20_update
$(call in_both,$(filter-out ssl_msg,$(filter ssl_%,$(mbedtls_units)))): mbedtls_flags += \
  -Dmbedtls_ssl_send_alert_message=tls_send_alert \
  -Dmbedtls_ssl_read_record=tls_read_record \
  -Dmbedtls_ssl_pend_fatal_alert=tls_pend_alert
$(call in_both,ssl_tls12_server ssl_tls13_server): mbedtls_flags += \
  -Dmbedtls_ssl_read_version=tls_read_version
$(call in_both,ssl_tls13_server): mbedtls_flags += \
  -Dmbedtls_ssl_add_hs_hdr_to_checksum=tls_hash_hello
$(call in_both,ssl_tls13_generic): mbedtls_flags += \
  -Dmbedtls_ssl_add_hs_msg_to_checksum=tls_hash_message
$(call in_both,ssl_tls12_server ssl_tls13_client ssl_tls13_server): mbedtls_flags += \
  -Dmbedtls_ssl_parse_sig_alg_ext=tls_parse_schemes
$(call in_both,ssl_client): mbedtls_flags += -Dmbedtls_ssl_write_sig_alg_ext=tls_write_extensions
$(call in_both,ssl_ticket): mbedtls_flags += -Dmbedtls_cipher_setkey=tls_set_ticket_key
$(call in_both,ssl_tls13_keys): mbedtls_flags += -Dtls_release=tls_release_keys
$(call in_both,ssl_tls13_client): mbedtls_flags += \
  -Dmbedtls_ssl_tls13_check_received_extension=tls_check_extension
$(call in_both,ssl_tls ssl_tls13_generic): mbedtls_flags += \
  -Dmbedtls_x509_crt_parse_der=tls_parse_sent \
  -Dmbedtls_x509_crt_verify_with_ca_cb=tls_verify_sent
$(call in_both,ssl_tls12_client ssl_tls12_server ssl_tls13_client ssl_tls13_server): \
  mbedtls_flags += -Dmbedtls_ssl_write_certificate=tls_write_certificate_12 \
  -Dmbedtls_ssl_tls13_write_certificate=tls_write_certificate_13
$(call in_both,x509_crt): mbedtls_flags += -Dmbedtls_x509_get_subject_alt_name=tls_skip_names \
  -Dmbedtls_asn1_get_sequence_of=tls_skip_purposes \
  -Dmbedtls_oid_get_x509_ext_type=tls_extension_kind \
  -Dmbedtls_pk_parse_subpubkey=tls_parse_key
$(call in_both,ssl_tls): mbedtls_flags += \
  -Dmbedtls_x509_crt_check_extended_key_usage=tls_check_purpose
$(call in_both,ssl_tls12_client ssl_tls13_generic): mbedtls_flags += \
  -Dmbedtls_pk_verify_ext=tls_verify_signature \
  -Dmbedtls_pk_verify_restartable=tls_verify_restartable
$(call in_both,ssl_tls12_client ssl_tls12_server ssl_tls13_generic): mbedtls_flags += \
  -Dmbedtls_pk_sign=tls_sign -Dmbedtls_pk_sign_ext=tls_sign_ext \
  -Dmbedtls_pk_sign_restartable=tls_sign_restartable

$(mbedtls)/unpacked: compiler-config/pins/mbedtls compiler-config/fetch.sh | build/installed
	@echo "mbedtls  $(mbedtls)"
	@rm -rf $(mbedtls)
	@mkdir -p $(mbedtls) $(tls)/library
	@tarball=$$(sh compiler-config/fetch.sh mbedtls $(fetched)) && \
	  tar -xf "$$tarball" -C $(mbedtls) --strip-components=1
	@touch $@

$(mbedtls_objects): $(tls)/library/%.o: $(mbedtls)/unpacked $(glue)/config.h compiler-config/tls.mk
	@$(CC) $(tls_flags) -c $(mbedtls)/library/$*.c -o $@

# The one bound that C and TypeScript share.
$(tls)/limits-of-typescript.h: core/limits.ts
	@mkdir -p $(@D)
	@sed -n 's/^export const \(TLS_CONNECTIONS\): u32 = \([0-9]*\);$$/#define \1 \2/p' $< >$@
$(filter-out $(mbedtls_objects) $(tls)/node/library/%,$(glue_objects) $(node_objects)): | \
  $(tls)/limits-of-typescript.h

$(filter-out $(assembled),$(glue_objects)): $(tls)/%.o: $(glue)/%.c $(mbedtls)/unpacked \
    compiler-config/tls.mk
	@echo "cc       $@"
	@$(CC) $(tls_flags) -c $< -o $@

pins := compiler-config/pins
$(tls)/certdata.txt: $(pins)/roots $(pins)/certdata compiler-config/fetch.sh | build/installed
	@echo "roots    $@"
	@mkdir -p $(@D)
	@tarball=$$(sh compiler-config/fetch.sh roots $(fetched)) && \
	  tar -xOf "$$tarball" --wildcards '*/certdata.txt' >$@

$(tls)/roots-data.bin: compiler-config/roots.ts compiler-config/certdata.ts $(tls)/certdata.txt
	@echo "roots    $@"
	@$(run_script) $< $(tls)/certdata.txt $(pins)/certdata $(@D)

$(tls)/roots-data.o: $(tls)/roots-data.bin
$(assembled): $(tls)/%.o: $(glue)/%.S
	@$(CC) $(tls_flags) -c $< -o $@

$(tls)/library.a: $(mbedtls_objects) $(glue_objects)
	@echo "ar       $@"
	@rm -f $@
	@$(AR) rcs $@ $^

# --- the same sources for the machine in Node (tests/lab/machine/tls.ts), as WebAssembly -------
# The module exports the tls functions of host.ts. It imports tls_memory: where its heap is.
node_flags = --target=wasm32 $(mbedtls_flags) -nostdlibinc
node_exports = sed -n 's/^export declare function \(tls[A-Z][A-Za-z]*\)(.*/--export=w2c_host_\1/p' \
  machine/host.ts
$(tls)/node/string.o: mbedtls_flags += -DSTRING_FUNCTIONS

$(filter $(tls)/node/library/%,$(node_objects)): $(tls)/node/%.o: $(mbedtls)/unpacked
	@mkdir -p $(@D)
	@clang $(node_flags) -c $(mbedtls)/$*.c -o $@

$(tls)/node/string.o: machine/native/string.c
$(tls)/node/roots-data.o: $(glue)/roots-data.S $(tls)/roots-data.bin
$(patsubst $(glue)/%.c,$(tls)/node/%.o,$(glue_sources)): $(tls)/node/%.o: $(glue)/%.c
$(filter-out $(tls)/node/library/%,$(node_objects)): $(mbedtls)/unpacked
	@mkdir -p $(@D)
	@clang $(node_flags) -c $(filter %.c %.S,$^) -o $@

$(node_objects): $(glue)/config.h compiler-config/tls.mk

$(tls)/tls.wasm: $(node_objects) machine/host.ts
	@echo "wasm-ld  $@"
	@echo tls_memory | wasm-ld --no-entry --gc-sections --strip-debug --stack-first \
	  -z stack-size=65536 --allow-undefined-file=/dev/stdin $$($(node_exports)) \
	  $(node_objects) -o $@

-include $(patsubst %.o,%.d,$(mbedtls_objects) $(glue_objects) $(node_objects))
