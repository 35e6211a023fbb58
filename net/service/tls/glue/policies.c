/* Certificate policies (RFC 5280, 6.1), with any-policy as the initial set. With that set, the only
 * question is whether some policy is valid for the whole path, if a certificate requires one. The
 * policies valid so far are therefore kept as a set, not as a tree (RFC 9618). */
#include "path.h"

#define POLICIES 32 /* in a set; the rest are dropped: no invalid path becomes valid by that */

struct set {
  struct bytes policy[POLICIES];
  u32 count;
  bool any;
};
static const struct bytes any_policy = {(const u8*)"\x55\x1d\x20", 4}; /* 2.5.29.32.0 */

struct state {
  struct set valid;
  u32 explicit, inhibit_any, inhibit_mapping;
};

static bool contains(const struct set* set, struct bytes policy) {
  for (u32 i = 0; i < set->count; i++) {
    if (der_same(set->policy[i], policy)) return true;
  }
  return false;
}

static void add(struct set* set, struct bytes policy) {
  if (set->count < POLICIES && !contains(set, policy)) set->policy[set->count++] = policy;
}

static void drop(struct set* set, struct bytes policy) {
  for (u32 i = 0; i < set->count; i++) {
    if (der_same(set->policy[i], policy)) set->policy[i--] = set->policy[--set->count];
  }
}

static bool empty(const struct set* set) { return set->count == 0 && !set->any; }

/* Takes the next SEQUENCE { OBJECT IDENTIFIER, ... } off a list. */
static bool next_object(struct bytes* list, struct bytes* id, struct bytes* rest) {
  struct element element;
  if (!der_next(list, &element) || element.tag != SEQUENCE) return false;
  *rest = element.content;
  if (!der_next(rest, &element) || element.tag != OBJECT_ID) return false;
  *id = element.content;
  return true;
}

/* Reports whether all policy qualifiers are CPS pointers or user notices (RFC 5280, 4.2.1.4). */
bool tls_qualifiers_known(struct bytes value) {
  static const u8 known[] = {0x2b, 6, 1, 5, 5, 7, 2};
  struct bytes list, id, rest, qualifiers, qualifier;
  if (!der_only(value, SEQUENCE, &list)) return false;
  while (next_object(&list, &id, &rest)) {
    if (rest.length == 0) continue;
    if (!der_only(rest, SEQUENCE, &qualifiers)) return false;
    while (next_object(&qualifiers, &id, &qualifier)) {
      if (id.length != 8 || memcmp(id.at, known, sizeof known) != 0) return false;
      if (id.at[7] != 1 && id.at[7] != 2) return false;
    }
    if (qualifiers.length != 0) return false;
  }
  return list.length == 0;
}

/* Keeps the valid policies that a certificate has (RFC 5280, 6.1.3 d and e). Returns false if the
   extension is malformed. */
static bool intersect(struct state* state, const mbedtls_x509_crt* certificate, bool exempt) {
  struct bytes value, list, id, rest;
  struct set both = {.count = 0};
  bool any = false;
  if (der_extension(certificate, ID_POLICIES, &value)) {
    if (!der_only(value, SEQUENCE, &list)) return false;
    while (next_object(&list, &id, &rest)) {
      if (der_same(id, any_policy))
        any = true;
      else if (state->valid.any || contains(&state->valid, id))
        add(&both, id);
    }
    if (list.length != 0) return false;
  }
  if (any && (state->inhibit_any > 0 || exempt)) {
    for (u32 i = 0; i < state->valid.count; i++) add(&both, state->valid.policy[i]);
    both.any = state->valid.any;
  }
  state->valid = both;
  return true;
}

/* Applies a certificate's policy mappings (RFC 5280, 6.1.4 a and b). Returns false if malformed. */
static bool map(struct state* state, const mbedtls_x509_crt* certificate) {
  struct bytes value, list, from, to, rest;
  struct element element;
  struct set mapped = state->valid;
  if (!der_extension(certificate, ID_POLICY_MAPPINGS, &value)) return true;
  if (!der_only(value, SEQUENCE, &list)) return false;
  struct bytes again = list;
  while (next_object(&list, &from, &rest)) drop(&mapped, from);
  if (list.length != 0) return false;
  while (next_object(&again, &from, &rest)) {
    if (!der_next(&rest, &element) || element.tag != OBJECT_ID) return false;
    to = element.content;
    if (der_same(from, any_policy) || der_same(to, any_policy)) return false;
    bool valid = state->valid.any || contains(&state->valid, from);
    if (valid && state->inhibit_mapping > 0) add(&mapped, to);
  }
  state->valid = mapped;
  return true;
}

/* Lowers a counter to the value of an INTEGER; one above 127 has no effect. Returns false if the
   value is negative or empty. */
static bool lower_to(u32* counter, const struct element* integer) {
  struct bytes value = integer->content;
  if (value.length == 0 || value.at[0] >= 128) return false;
  if (value.length == 1 && value.at[0] < *counter) *counter = value.at[0];
  return true;
}

/* Applies a certificate's policy constraints (RFC 5280, 6.1.4 i and j). Returns false if
   malformed. */
static bool constrain(struct state* state, const mbedtls_x509_crt* certificate) {
  struct bytes value, list;
  struct element element;
  if (der_extension(certificate, ID_POLICY_CONSTRAINTS, &value)) {
    if (!der_only(value, SEQUENCE, &list) || list.length == 0) return false;
    while (der_next(&list, &element)) {
      if (element.tag != 0x80 && element.tag != 0x81) return false;
      u32* counter = element.tag == 0x80 ? &state->explicit : &state->inhibit_mapping;
      if (!lower_to(counter, &element)) return false;
    }
    if (list.length != 0) return false;
  }
  if (!der_extension(certificate, ID_INHIBIT_ANY_POLICY, &value)) return true;
  return der_next(&value, &element) && element.tag == INTEGER && value.length == 0 &&
         lower_to(&state->inhibit_any, &element);
}

static void count_down(u32* counter) { *counter -= *counter > 0; }

/* Checks the policies of a complete path, from the certificate below the root to the server's. */
u32 tls_check_policies(const struct search* search) {
  u32 never = search->length + 1;
  struct state state = {
      .valid = {.any = true}, .explicit = never, .inhibit_any = never, .inhibit_mapping = never};
  for (u32 position = search->length; position-- > 0;) {
    const mbedtls_x509_crt* certificate = path_certificate(search, position);
    bool last = position == 0, exempt = !last && path_self_issued(certificate);
    if (!intersect(&state, certificate, exempt)) return MALFORMED;
    if (state.explicit == 0 && empty(&state.valid)) return POLICY;
    if (!last && !map(&state, certificate)) return MALFORMED;
    if (!exempt) {
      count_down(&state.explicit);
      count_down(&state.inhibit_any);
      count_down(&state.inhibit_mapping);
    }
    u32 explicit = state.explicit;
    if (!constrain(&state, certificate)) return MALFORMED;
    /* Of the server's own constraints, only one that requires a policy at once counts (6.1.5 b). */
    if (last && state.explicit != 0) state.explicit = explicit;
  }
  return state.explicit == 0 && empty(&state.valid) ? POLICY : 0;
}
