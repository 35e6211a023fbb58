# mbedTLS and the C around it (net/service/tls/glue/): fetched, unpacked, compiled into one archive,
# of which the kernel takes what it calls.
#
# mbedTLS uses SSE registers: for AES-NI, and for plain copies. Interrupts save none of them all the
# same, for nothing that runs in one touches any (a test looks at the linked kernel).
#   -U...unix -U...linux      there is no operating system, whatever this compiler is for
#   -nostdinc                 the headers are glue/libc/'s
#   -ffunction-sections ...   what nobody calls is left out at linking
# No -g: a backtrace names the glue's functions, and the library's as (unknown).
tls := build/tls
glue := net/service/tls/glue
mbedtls := $(tls)/mbedtls
mbedtls_cache := $(or $(XDG_CACHE_HOME),$(HOME:%=%/.cache),build)/anonymos

mbedtls_units := aes aesni asn1parse asn1write base64 bignum bignum_core chacha20 chachapoly \
  cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp ecp_curves entropy gcm hkdf hmac_drbg \
  md mps_reader oid pem pk pk_ecc pk_wrap pkparse platform platform_util poly1305 psa_crypto \
  psa_crypto_aead psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static \
  psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_random psa_crypto_rsa \
  psa_crypto_slot_management psa_util rsa rsa_alt_helpers sha1 sha256 sha512 ssl_ciphersuites \
  ssl_client ssl_msg ssl_ticket ssl_tls ssl_tls12_client ssl_tls12_server ssl_tls13_client \
  ssl_tls13_generic ssl_tls13_keys ssl_tls13_server x509 x509_crt
mbedtls_objects := $(mbedtls_units:%=$(tls)/library/%.o)
glue_objects := $(patsubst $(glue)/%.c,$(tls)/%.o,$(wildcard $(glue)/*.c)) $(tls)/roots-data.o

tls_flags = -std=gnu11 -O2 -ffreestanding -mcmodel=kernel -mno-red-zone -fno-pic \
  -fno-stack-protector -fcf-protection=none -fno-strict-aliasing -fno-omit-frame-pointer \
  -fno-asynchronous-unwind-tables -fstack-clash-protection -ffunction-sections -fdata-sections \
  -U__unix__ -U__unix -Uunix -U__linux__ -U__linux -Ulinux \
  -nostdinc -isystem $(glue)/libc -isystem $(shell $(CC) -print-file-name=include) \
  -I$(glue) -I$(mbedtls)/include -I$(mbedtls)/library -DMBEDTLS_CONFIG_FILE='"config.h"' \
  -ffile-prefix-map=$(CURDIR)=. -MMD -MP
# What every record or computation passes is built for speed, what parses and decides for size
# (mbedTLS advises either). For size gcc copies by `rep movsb`, of which QEMU makes a step a byte.
mbedtls_fast := aes aesni bignum bignum_core chacha20 chachapoly cipher cipher_wrap constant_time \
  ecp ecp_curves gcm platform_util poly1305 sha256 sha512 ssl_msg
$(filter-out $(mbedtls_fast:%=$(tls)/library/%.o),$(mbedtls_objects)): tls_flags += -Os
# Pointers of TypeScript are small numbers.
$(glue_objects): tls_flags += -g1 -Wall -Wextra -Werror -Wno-unused-parameter \
  --param=min-pagesize=0 -Wa,-I$(tls)
# Instead of patches: the certificates that a peer sends are read and verified by glue/path.c,
# and the alerts that are sent are noted.
$(filter-out %/ssl_msg.o,$(filter $(tls)/library/ssl_%,$(mbedtls_objects))): tls_flags += \
  -Dmbedtls_ssl_send_alert_message=tls_send_alert
$(tls)/library/ssl_tls.o $(tls)/library/ssl_tls13_generic.o: tls_flags += \
  -Dmbedtls_x509_crt_parse_der=tls_parse_sent \
  -Dmbedtls_x509_crt_verify_with_ca_cb=tls_verify_sent

$(mbedtls)/unpacked: compiler-config/fetch-mbedtls.sh | build/installed
	@echo "mbedtls  $(mbedtls)"
	@sh $< $(mbedtls_cache)/mbedtls.tar.bz2
	@rm -rf $(mbedtls)
	@mkdir -p $(mbedtls) $(tls)/library
	@tar -xjf $(mbedtls_cache)/mbedtls.tar.bz2 -C $(mbedtls) --strip-components=1
	@touch $@

$(mbedtls_objects): $(tls)/library/%.o: $(mbedtls)/unpacked $(glue)/config.h compiler-config/tls.mk
	@$(CC) $(tls_flags) -c $(mbedtls)/library/$*.c -o $@

$(filter-out %/roots-data.o,$(glue_objects)): $(tls)/%.o: $(glue)/%.c $(mbedtls)/unpacked \
    compiler-config/tls.mk
	@echo "cc       $@"
	@$(CC) $(tls_flags) -c $< -o $@

$(tls)/roots-data.bin: compiler-config/roots.ts $(mbedtls)/unpacked | build/installed
	@echo "roots    $@"
	@$(run_script) $< $(build_time) $(tls)/roots-index.bin $@

$(tls)/roots-data.o: $(glue)/roots-data.S $(tls)/roots-data.bin
	@$(CC) $(tls_flags) -c $< -o $@

$(tls)/library.a: $(mbedtls_objects) $(glue_objects)
	@echo "ar       $@"
	@rm -f $@
	@ar rcs $@ $^

-include $(mbedtls_objects:.o=.d) $(glue_objects:.o=.d)
