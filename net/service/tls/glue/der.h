/* Reading DER (X.690): elements, and the extensions of certificates (RFC 5280, 4.1). */
#pragma once
#include "tls.h"

enum {
  BOOLEAN = 0x01,
  INTEGER = 0x02,
  BITS = 0x03,
  OCTETS = 0x04,
  OBJECT_ID = 0x06,
  ENUMERATED = 0x0a,
  UTC_TIME = 0x17,
  GENERALIZED_TIME = 0x18,
  SEQUENCE = 0x30
};
/* Constructed elements with the context-specific tags [0], [1] and [2], EXPLICIT or IMPLICIT. */
enum { CONSTRUCTED_0 = 0xa0, CONSTRUCTED_1 = 0xa1, CONSTRUCTED_2 = 0xa2 };
enum { RFC822_NAME = 0x81, DNS_NAME = 0x82, DIRECTORY_NAME = 0xa4, IP_ADDRESS = 0x87 };

/* The last byte of the identifiers 2.5.29.x. */
enum { ID_KEY_USAGE = 15, ID_ALTERNATIVE_NAME = 17, ID_BASIC_CONSTRAINTS = 19 };
enum { ID_NAME_CONSTRAINTS = 30, ID_POLICIES = 32, ID_POLICY_MAPPINGS = 33 };
enum { ID_POLICY_CONSTRAINTS = 36, ID_EXTENDED_KEY_USAGE = 37, ID_INHIBIT_ANY_POLICY = 54 };

struct element {
  u8 tag;
  struct bytes content;
};
/* SEQUENCE { content, AlgorithmIdentifier, BIT STRING }: what is signed, and how. */
struct signed_data {
  struct bytes signed_bytes; /* the content with its header: what the signature covers */
  struct bytes content, algorithm, signature;
};
struct extension {
  struct bytes id, value;
  bool critical;
};

bool der_next(struct bytes* from, struct element* element);
bool der_next_if(struct bytes* from, u8 tag, struct element* element);
bool der_only(struct bytes from, u8 tag, struct bytes* content);
bool der_next_whole(struct bytes* from, struct element* element, struct bytes* whole);
bool der_signed(struct bytes from, struct signed_data* data, struct bytes* rest);
bool der_time(const struct element* element, i64* seconds);
bool der_next_extension(struct bytes* from, struct extension* extension);
bool der_extensions(const mbedtls_x509_crt* certificate, struct bytes* list);
u32 der_id(const struct extension* extension);
bool der_extension(const mbedtls_x509_crt* certificate, u32 id, struct bytes* value);
bool der_same(struct bytes left, struct bytes right);
static inline struct bytes der_bytes(const mbedtls_x509_buf* of) {
  return (struct bytes){of->p, of->len};
}
