/* The search for a certification path, shared by the files that check certificates. */
#pragma once
#include "der.h"

#define CONSIDERED 64        /* the peer's first certificates; the rest are ignored */
#define DEPTH 9              /* certificates in a path without its root */
#define SIGNATURES 100       /* verified in one search, to bound its time */
#define ATTEMPTS 20000       /* issuers tried in one search */
#define COMPARISONS 1000000u /* of names with name constraints in one search */
#define SLICE 10000u         /* of these comparisons in one step */

enum { UNKNOWN, GOOD, BAD }; /* verdicts on a signature */

/* A root that is a candidate issuer; roots.c parses it. */
struct trusted {
  mbedtls_x509_crt certificate;
  i32 index;    /* its index among the roots of its kind, << 1, | that kind */
  u8 signature; /* verdict on its signature on the certificate for which it was found */
  struct trusted* next;
};

struct constraint_walk {
  u32 issuer, subject; /* positions in the path; both count down */
  struct bytes constraint, whole, names;
};

struct search {
  struct connection* connection;
  mbedtls_x509_crt* sent[CONSIDERED];
  u32 faults[CONSIDERED]; /* of each certificate as an issuer; of the first as the server's */
  struct trusted* roots[CONSIDERED];
  bool roots_found[CONSIDERED], faults_found[CONSIDERED];
  bool lenient;     /* issuers with faults are accepted, to find the faults to report */
  bool complete;    /* the path ends with a root, and is to be judged */
  bool own;         /* the user has added the server's certificate itself as a root */
  bool found, done; /* a valid path was found; the search is over */
  u8 signature[CONSIDERED][CONSIDERED]; /* [certificate][issuer] */
  u32 generation;                       /* of the trusted roots */
  u32 sent_count, signatures, attempts, comparisons;
  u32 path[DEPTH];      /* indexes into `sent`, the server's first; `length` of them */
  u32 candidate[DEPTH]; /* by position in the path: the next in `sent` to try as its issuer */
  u32 length;
  bool listed[DEPTH];       /* by position: its roots are in `next_root` */
  bool extended[DEPTH];     /* by position: an issuer was found */
  u32 staple_position;      /* staple.c: the certificate whose staple is checked */
  u32 intermediate_staples; /* good ones */
  u32 faulty_staple;        /* the position of an intermediate with a bad one, or 0 */
  bool delegate_verified;   /* the certificate of the staple's responder was verified */
  struct trusted *next_root[DEPTH], *root;
  struct constraint_walk walk;
  u32 listed_position, list; /* lists.c: the next certificate and list to check */
  u32 refusals, dead_end;
  int failure;
};

/* Returns the certificate at a position of the path: 0 is the server's, `length` the root's. */
static inline const mbedtls_x509_crt* path_certificate(const struct search* search, u32 position) {
  return position < search->length ? search->sent[search->path[position]]
                                   : &search->root->certificate;
}
static inline bool path_self_issued(const mbedtls_x509_crt* certificate) {
  return der_same(der_bytes(&certificate->subject_raw), der_bytes(&certificate->issuer_raw));
}

/* path.c */
bool tls_afford(struct search* search);
bool tls_signed_by(const mbedtls_x509_crt* certificate, const mbedtls_x509_crt* issuer);
bool tls_cheap_to_verify(const mbedtls_x509_crt* certificate);

/* signature.c */
bool tls_verify_signed(const struct signed_data* data, const mbedtls_pk_context* key);

/* lists.c */
bool tls_check_lists(struct search* search, u32* refusals);

/* staple.c */
bool tls_check_staples(struct search* search, u32* refusals);
bool tls_is_feature(const struct extension* extension);

/* describe.c */
#define DATE_BYTES 24
void tls_put_date(char* text, i64 seconds);

/* constraints.c */
bool tls_constraints_present(struct bytes value);
void tls_begin_constraints(struct search* search, u32 root);
bool tls_check_constraints(struct search* search, u32* refusals);

/* policies.c */
u32 tls_check_policies(const struct search* search);
bool tls_qualifiers_known(struct bytes value);

/* roots.c */
int tls_find_roots(struct connection* connection, const mbedtls_x509_crt* child,
                   struct trusted** found);
void tls_free_roots(struct trusted* list);
i32 tls_add_pem(u32 address, u32 length, const char* begin, const char* end,
                i32 (*add)(const u8* der, u32 length));
i32 tls_find_added(const mbedtls_x509_crt* certificate);

/* verify.c */
bool tls_same_text(const u8* left, const u8* right, size_t length);
u32 tls_leaf_faults(const struct connection* connection, const mbedtls_x509_crt* leaf, bool own);
u32 tls_issuer_faults(const mbedtls_x509_crt* issuer);
u32 tls_delegate_faults(const mbedtls_x509_crt* responder);
u32 tls_root_faults(const mbedtls_x509_crt* root);
