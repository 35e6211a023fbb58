/* Reads DER; see der.h. Allocates nothing and trusts no length. */
#include "der.h"
#include "mbedtls/asn1.h"

bool der_same(struct bytes left, struct bytes right) {
  if (left.length != right.length) return false;
  return left.length == 0 || memcmp(left.at, right.at, left.length) == 0;
}

/* Takes the next element off `from`. Returns false at the end, where `from` is empty, and on
   malformed DER, where it is not. */
bool der_next(struct bytes* from, struct element* element) {
  if (from->length == 0) return false;
  u8* at = (u8*)from->at;
  const u8* end = at + from->length;
  size_t length;
  element->tag = *at++;
  if (mbedtls_asn1_get_len(&at, end, &length) != 0) return false;
  element->content = (struct bytes){at, length};
  *from = (struct bytes){at + length, end - at - length};
  return true;
}

/* Takes the next element off `from` if it has that tag. */
bool der_next_if(struct bytes* from, u8 tag, struct element* element) {
  if (from->length == 0 || from->at[0] != tag) return false;
  return der_next(from, element);
}

/* Finds the content of the element that spans all of `from`. Returns false if there is none with
   that tag. */
bool der_only(struct bytes from, u8 tag, struct bytes* content) {
  struct element element;
  if (!der_next(&from, &element) || from.length != 0 || element.tag != tag) return false;
  *content = element.content;
  return true;
}

/* Like `der_next`; also returns the element with its header. */
bool der_next_whole(struct bytes* from, struct element* element, struct bytes* whole) {
  const u8* start = from->at;
  if (!der_next(from, element)) return false;
  *whole = (struct bytes){start, from->at - start};
  return true;
}

/* Splits a signed structure; `rest` is what follows the signature. */
bool der_signed(struct bytes from, struct signed_data* data, struct bytes* rest) {
  struct bytes inside;
  struct element element;
  if (!der_only(from, SEQUENCE, &inside)) return false;
  if (!der_next_whole(&inside, &element, &data->signed_bytes) || element.tag != SEQUENCE)
    return false;
  data->content = element.content;
  if (!der_next_whole(&inside, &element, &data->algorithm) || element.tag != SEQUENCE) return false;
  if (!der_next(&inside, &element) || element.tag != BITS) return false;
  struct bytes bits = element.content;
  if (bits.length < 2 || bits.at[0] != 0) return false; /* the number of unused bits */
  data->signature = (struct bytes){bits.at + 1, bits.length - 1};
  *rest = inside;
  return true;
}

/* Parses a UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5), into seconds since 1970. */
bool der_time(const struct element* element, i64* seconds) {
  const u8* at = element->content.at;
  bool general = element->tag == GENERALIZED_TIME;
  u32 length = general ? 15 : 13, part[7] = {0};
  if (!general && element->tag != UTC_TIME) return false;
  if (element->content.length != length || at[length - 1] != 'Z') return false;
  for (u32 i = 0; i < length - 1; i++) {
    if (at[i] < '0' || at[i] > '9') return false;
    u32* pair = &part[(general ? 0 : 1) + i / 2];
    *pair = *pair * 10 + at[i] - '0';
  }
  u32 century = general ? part[0] : part[1] < 50 ? 20 : 19, year = century * 100 + part[1];
  u32 month = part[2], day = part[3];
  if (year < 1970 || month - 1 > 11 || day - 1 > 30) return false;
  if (part[4] > 23 || part[5] > 59 || part[6] > 59) return false;
  month = (month + 9) % 12; /* counted from March, so that leap days come last */
  year -= month / 10;
  i64 days = 365 * (i64)year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day;
  *seconds = ((days - 719469) * 24 + part[4]) * 3600 + part[5] * 60 + part[6];
  return true;
}

/* Takes the next extension off `from`. Returns false at the end or on malformed DER. */
bool der_next_extension(struct bytes* from, struct extension* extension) {
  struct element element;
  if (!der_next(from, &element) || element.tag != SEQUENCE) return false;
  struct bytes inside = element.content;
  if (!der_next(&inside, &element) || element.tag != OBJECT_ID) return false;
  extension->id = element.content;
  if (!der_next(&inside, &element)) return false;
  extension->critical =
      element.tag == BOOLEAN && element.content.length == 1 && element.content.at[0] != 0;
  if (element.tag == BOOLEAN && !der_next(&inside, &element)) return false;
  extension->value = element.content;
  return element.tag == OCTETS && inside.length == 0;
}

bool der_extensions(const mbedtls_x509_crt* certificate, struct bytes* list) {
  list->length = 0;
  if (certificate->v3_ext.p == NULL) return true;
  return der_only(der_bytes(&certificate->v3_ext), SEQUENCE, list);
}

/* Returns x of an extension 2.5.29.x, or 0. */
u32 der_id(const struct extension* extension) {
  const u8* id = extension->id.at;
  return extension->id.length == 3 && id[0] == 0x55 && id[1] == 0x1d ? id[2] : 0;
}

/* Finds the extension 2.5.29.`id`. Returns false if it is missing or after malformed DER. */
bool der_extension(const mbedtls_x509_crt* certificate, u32 id, struct bytes* value) {
  struct bytes list;
  struct extension extension;
  if (!der_extensions(certificate, &list)) return false;
  while (der_next_extension(&list, &extension)) {
    if (der_id(&extension) != id) continue;
    *value = extension.value;
    return true;
  }
  return false;
}
