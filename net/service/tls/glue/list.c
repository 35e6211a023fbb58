/* Reads a revocation list (RFC 5280, 5). Allocates nothing and trusts no length. */
#include "lists.h"

enum { ID_REASON = 21, ID_INVALIDITY_DATE = 24, ID_DELTA = 27, ID_SCOPE = 28, ID_KEY = 35 };
#define INDIRECT 0x84 /* the tag of indirectCRL in issuingDistributionPoint */

/* Checks the extensions of an entry. An unknown critical one makes the whole list unusable (RFC
   5280, 5.3). */
static u32 check_entry(struct bytes content) {
  struct element serial, date, extensions;
  struct extension extension;
  i64 when;
  if (!der_next(&content, &serial) || serial.tag != INTEGER) return LIST_MALFORMED;
  if (!der_next(&content, &date) || !der_time(&date, &when)) return LIST_MALFORMED;
  if (content.length == 0) return LIST_GOOD;
  if (!der_next(&content, &extensions) || content.length != 0) return LIST_MALFORMED;
  if (extensions.tag != SEQUENCE) return LIST_MALFORMED;
  while (der_next_extension(&extensions.content, &extension)) {
    u32 id = der_id(&extension);
    bool known = id == ID_REASON || id == ID_INVALIDITY_DATE;
    if (extension.critical && !known) return LIST_UNSUPPORTED;
  }
  return extensions.content.length == 0 ? LIST_GOOD : LIST_MALFORMED;
}

static u32 check_entries(struct bytes entries) {
  struct element entry;
  while (der_next(&entries, &entry)) {
    u32 verdict = entry.tag == SEQUENCE ? check_entry(entry.content) : LIST_MALFORMED;
    if (verdict != LIST_GOOD) return verdict;
  }
  return entries.length == 0 ? LIST_GOOD : LIST_MALFORMED;
}

/* Checks the extensions of a list. Its scope may be limited, because what it lists is revoked
   anyway, but it must not list other issuers' certificates or be a delta to another list. */
static u32 check_extensions(struct bytes tagged, struct list* list) {
  struct bytes extensions, fields;
  struct extension extension;
  struct element field;
  if (!der_only(tagged, SEQUENCE, &extensions)) return LIST_MALFORMED;
  while (der_next_extension(&extensions, &extension)) {
    u32 id = der_id(&extension);
    if (id == ID_DELTA || (extension.critical && id != ID_SCOPE)) return LIST_UNSUPPORTED;
    if (id == ID_KEY) list->key = extension.value;
    if (id != ID_SCOPE) continue;
    list->scope = extension.value;
    if (!der_only(extension.value, SEQUENCE, &fields)) return LIST_MALFORMED;
    while (der_next(&fields, &field)) {
      if (field.tag == INDIRECT) return LIST_UNSUPPORTED;
    }
    if (fields.length != 0) return LIST_MALFORMED;
  }
  return extensions.length == 0 ? LIST_GOOD : LIST_MALFORMED;
}

/* Parses a list that spans all of `from`; does not verify its signature. */
u32 tls_parse_list(struct bytes from, struct list* list) {
  struct bytes rest;
  struct element element;
  *list = (struct list){.next = 0};
  if (!der_signed(from, &list->data, &rest) || rest.length != 0) return LIST_MALFORMED;
  struct bytes left = list->data.content;
  /* Version 1 has no extensions and no number. */
  bool second = der_next_if(&left, INTEGER, &element);
  if (second && (element.content.length != 1 || element.content.at[0] != 1)) return LIST_MALFORMED;
  if (!der_next(&left, &element) || element.tag != SEQUENCE) return LIST_MALFORMED;
  if (!der_next_whole(&left, &element, &list->issuer) || element.tag != SEQUENCE) {
    return LIST_MALFORMED;
  }
  if (!der_next(&left, &element) || !der_time(&element, &list->updated)) return LIST_MALFORMED;
  bool timed =
      der_next_if(&left, UTC_TIME, &element) || der_next_if(&left, GENERALIZED_TIME, &element);
  if (timed && !der_time(&element, &list->next)) return LIST_MALFORMED;
  if (der_next_if(&left, SEQUENCE, &element)) list->entries = element.content;
  u32 verdict = check_entries(list->entries);
  if (verdict == LIST_GOOD && second && der_next_if(&left, CONSTRUCTED_0, &element)) {
    verdict = check_extensions(element.content, list);
  }
  return verdict == LIST_GOOD && left.length != 0 ? LIST_MALFORMED : verdict;
}

/* Takes the next entry off the entries of a parsed list. */
bool tls_next_revoked(struct bytes* from, struct revoked* revoked) {
  struct element entry, serial, date;
  if (!der_next(from, &entry)) return false;
  if (!der_next(&entry.content, &serial) || !der_next(&entry.content, &date)) return false;
  revoked->serial = serial.content;
  return der_time(&date, &revoked->when);
}
