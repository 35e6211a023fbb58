/* Stapled OCSP responses (RFC 6960), shared by ocsp.c and staple.c. */
#pragma once
#include "path.h"

enum {
  OCSP_GOOD = 0x80,
  OCSP_REVOKED = CONSTRUCTED_1,
  OCSP_UNKNOWN = 0x82
}; /* tags of CertStatus */

/* A successful basic response. */
struct ocsp {
  struct signed_data data;
  struct element responder; /* CONSTRUCTED_1: by name, CONSTRUCTED_2: by the hash of its key */
  struct bytes answers, certificates;
};

/* What it says about one certificate. */
struct ocsp_answer {
  struct bytes hash_id, name_hash, key_hash, serial;
  u8 status;
  i64 updated, next, revoked; /* seconds since 1970; `next` is 0 if none is given */
};

/* ocsp.c */
i32 tls_parse_ocsp(struct bytes response, struct ocsp* ocsp);
bool tls_next_answer(struct bytes* from, struct ocsp_answer* answer);
bool tls_answer_is_about(const struct ocsp_answer* answer, const mbedtls_x509_crt* certificate,
                         const mbedtls_x509_crt* issuer);
bool tls_is_responder(const struct ocsp* ocsp, const mbedtls_x509_crt* certificate);
