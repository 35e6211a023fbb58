/* Revocation lists (RFC 5280, 5), shared by lists.c and list.c. */
#pragma once
#include "path.h"

/* A parsed list. */
struct list {
  struct signed_data data;
  struct bytes issuer, entries; /* the issuer's Name, as in certificates */
  struct bytes scope;           /* the value of issuingDistributionPoint; empty if there is none */
  struct bytes key;             /* the value of authorityKeyIdentifier; empty if there is none */
  i64 updated, next;            /* seconds since 1970; `next` is 0 if none is given */
};

/* An entry: a certificate that is revoked. */
struct revoked {
  struct bytes serial;
  i64 when;
};

/* list.c */
enum { LIST_GOOD, LIST_MALFORMED, LIST_UNSUPPORTED };
u32 tls_parse_list(struct bytes from, struct list* list);
bool tls_next_revoked(struct bytes* from, struct revoked* revoked);
