/* Name constraints (RFC 5280, 4.2.1.10). Rule 5: every name must be within the permitted and
 * outside the excluded subtrees of each issuer, whether or not the extension is critical. If a
 * constraint of an unsupported form applies, verification fails. Self-issued certificates are
 * exempt unless they are the server's (RFC 5280, 6.1.3). */
#include "path.h"

/* The tags of the lists of subtrees. */
enum { PERMITTED = CONSTRUCTED_0, EXCLUDED = CONSTRUCTED_1 };

/* "good.test" covers itself and its subdomains; ".good.test" only the subdomains. */
static bool dns_within(struct bytes name, struct bytes base) {
  if (base.length == 0) return true;
  if (base.length > name.length) return false;
  size_t more = name.length - base.length;
  if (!tls_same_text(name.at + more, base.at, base.length)) return false;
  return base.at[0] == '.' ? more > 0 : more == 0 || name.at[more - 1] == '.';
}

/* A wildcard also violates the exclusion of any name below its domain. */
static bool dns_touches(struct bytes name, struct bytes base) {
  if (dns_within(name, base)) return true;
  if (name.length < 2 || name.at[0] != '*') return false;
  return dns_within(base, (struct bytes){name.at + 2, name.length - 2});
}

static bool proper_mask(const u8* mask, size_t length) {
  bool ended = false;
  for (size_t i = 0; i < 8 * length; i++) {
    bool bit = mask[i / 8] >> (7 - i % 8) & 1;
    if (bit && ended) return false;
    ended = !bit;
  }
  return true;
}

static bool address_within(struct bytes address, struct bytes base) {
  if (base.length != 2 * address.length) return false;
  const u8* mask = base.at + address.length;
  for (size_t i = 0; i < address.length; i++) {
    if (((address.at[i] ^ base.at[i]) & mask[i]) != 0) return false;
  }
  return true;
}

/* A subject is within a directoryName if it begins with the directoryName's components. */
static bool subject_within(struct bytes subject, struct bytes base) {
  struct bytes parts, wanted;
  if (!der_only(subject, SEQUENCE, &parts) || !der_only(base, SEQUENCE, &wanted)) return false;
  return wanted.length <= parts.length && memcmp(parts.at, wanted.at, wanted.length) == 0;
}

/* Compares a name with a subtree of its form. */
static u32 check_base(u8 form, bool excluded, struct bytes name, struct bytes base, bool* within) {
  if (form == DNS_NAME) {
    *within |= excluded ? dns_touches(name, base) : dns_within(name, base);
  } else if (form == IP_ADDRESS) {
    size_t half = base.length / 2;
    if (half != 4 && half != 16) return MALFORMED;
    if (!proper_mask(base.at + half, half)) return MALFORMED;
    *within |= address_within(name, base);
  } else if (form == DIRECTORY_NAME && !excluded) { /* a name has several encodings, so a match */
    *within |= subject_within(name, base);          /* can permit but not exclude */
  } else {
    return UNSUPPORTED_CONSTRAINT;
  }
  return 0;
}

/* Checks a name against a list of subtrees; only subtrees of its form apply. */
static u32 check_list(struct search* search, struct bytes subtrees, bool excluded,
                      const struct element* name) {
  struct element subtree, base;
  bool any = false, within = false;
  while (der_next(&subtrees, &subtree)) {
    struct bytes inside = subtree.content;
    search->comparisons++;
    if (subtree.tag != SEQUENCE || !der_next(&inside, &base)) return MALFORMED;
    if (base.tag != name->tag) continue;
    if (inside.length != 0) return UNSUPPORTED_CONSTRAINT; /* minimum, maximum */
    any = true;
    search->comparisons += base.content.length / 32;
    u32 refusals = check_base(base.tag, excluded, name->content, base.content, &within);
    if (refusals != 0) return refusals;
  }
  if (subtrees.length != 0) return MALFORMED;
  return any && within == excluded ? NAME_CONSTRAINT : 0;
}

static u32 check_name(struct search* search, struct bytes constraint, const struct element* name) {
  struct element list;
  u32 refusals = 0;
  search->comparisons++;
  while (der_next(&constraint, &list)) {
    if (list.tag != PERMITTED && list.tag != EXCLUDED) return MALFORMED;
    refusals |= check_list(search, list.content, list.tag == EXCLUDED, name);
  }
  return constraint.length != 0 ? refusals | MALFORMED : refusals;
}

/* Reports whether the extension has at least one list of subtrees, and no empty list. */
bool tls_constraints_present(struct bytes value) {
  struct bytes lists;
  struct element list;
  if (!der_only(value, SEQUENCE, &lists) || lists.length == 0) return false;
  while (der_next(&lists, &list)) {
    if (list.content.length == 0) return false;
  }
  return lists.length == 0;
}

/* Moves to the next pair of an issuer with constraints and a certificate below it, and loads the
   certificate's names. Returns false after the last pair. */
static bool next_pair(struct search* search) {
  struct constraint_walk* walk = &search->walk;
  for (;;) {
    if (walk->subject == 0) {
      if (walk->issuer == 0) return false;
      const mbedtls_x509_crt* issuer = path_certificate(search, walk->issuer);
      struct bytes value;
      bool any = der_extension(issuer, ID_NAME_CONSTRAINTS, &value) &&
                 der_only(value, SEQUENCE, &walk->constraint);
      walk->subject = any ? walk->issuer : 0;
      walk->issuer--;
      if (!any) continue;
    }
    walk->subject--;
    const mbedtls_x509_crt* subject = path_certificate(search, walk->subject);
    if (walk->subject != 0 && path_self_issued(subject)) continue;
    walk->whole = der_bytes(&subject->subject_raw);
    walk->names = (struct bytes){NULL, 0};
    struct bytes value;
    if (der_extension(subject, ID_ALTERNATIVE_NAME, &value)) {
      der_only(value, SEQUENCE, &walk->names);
    }
    return true;
  }
}

/* Compares a bounded number of the path's names with the constraints above them. Returns true once
   all names are compared or a fault is found. */
bool tls_check_constraints(struct search* search, u32* refusals) {
  struct constraint_walk* walk = &search->walk;
  u32 most = search->comparisons + SLICE;
  while (*refusals == 0 && search->comparisons < most) {
    struct element name = {DIRECTORY_NAME, walk->whole};
    if (walk->whole.length > 2) {
      walk->whole.length = 0;
    } else if (!der_next(&walk->names, &name)) {
      if (walk->names.length != 0) *refusals |= MALFORMED;
      if (!next_pair(search)) return true;
      continue;
    }
    *refusals |= check_name(search, walk->constraint, &name);
  }
  if (search->comparisons > COMPARISONS) *refusals |= TOO_COSTLY;
  return *refusals != 0;
}

/* Begins with the constraints of the root. */
void tls_begin_constraints(struct search* search, u32 root) {
  search->walk = (struct constraint_walk){.issuer = root};
}
