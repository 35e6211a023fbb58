/* Reads OCSP responses (RFC 6960, 4.2). Allocates nothing and trusts no length. */
#include "ocsp.h"
#include "mbedtls/md.h"
#include "mbedtls/oid.h"

enum { BY_NAME = CONSTRUCTED_1, BY_KEY = CONSTRUCTED_2 };
static const struct bytes basic = {(const u8*)"\x2b\x06\x01\x05\x05\x07\x30\x01\x01", 9};

/* Reports whether a list of extensions is well-formed and has no critical one. No extension is
   known here, so critical ones must be rejected. `tagged` is what the explicit tag contains. */
static bool harmless(struct bytes tagged) {
  struct bytes list;
  struct extension extension;
  if (!der_only(tagged, SEQUENCE, &list)) return false;
  while (der_next_extension(&list, &extension)) {
    if (extension.critical) return false;
  }
  return list.length == 0;
}

static bool parse_response_data(struct ocsp* ocsp) {
  struct bytes left = ocsp->data.content;
  struct element element, version;
  i64 produced;
  /* Only version 1 exists, which is the default. */
  bool has_version = der_next_if(&left, CONSTRUCTED_0, &version);
  if (has_version && !der_same(version.content, (struct bytes){(const u8*)"\x02\x01\x00", 3}))
    return false;
  if (!der_next(&left, &ocsp->responder)) return false;
  if (ocsp->responder.tag != BY_NAME && ocsp->responder.tag != BY_KEY) return false;
  if (!der_next(&left, &element) || !der_time(&element, &produced)) return false;
  if (!der_next(&left, &element) || element.tag != SEQUENCE) return false;
  ocsp->answers = element.content;
  if (der_next_if(&left, CONSTRUCTED_1, &element) && !harmless(element.content)) return false;
  return left.length == 0;
}

/* Parses a response. Returns 0, -1 if it is malformed, or the error that the responder reports
   (OCSPResponseStatus). */
i32 tls_parse_ocsp(struct bytes response, struct ocsp* ocsp) {
  struct bytes left, tagged, inside, whole;
  struct element element;
  if (!der_only(response, SEQUENCE, &left)) return -1;
  if (!der_next(&left, &element) || element.tag != ENUMERATED) return -1;
  if (element.content.length != 1 || element.content.at[0] > 6) return -1;
  if (element.content.at[0] != 0) return element.content.at[0];
  if (!der_only(left, CONSTRUCTED_0, &tagged) || !der_only(tagged, SEQUENCE, &inside)) return -1;
  if (!der_next(&inside, &element) || element.tag != OBJECT_ID) return -1;
  if (!der_same(element.content, basic) || !der_only(inside, OCTETS, &whole)) return -1;
  struct bytes rest;
  if (!der_signed(whole, &ocsp->data, &rest)) return -1;
  ocsp->certificates = (struct bytes){NULL, 0};
  if (rest.length != 0) {
    if (!der_only(rest, CONSTRUCTED_0, &tagged)) return -1;
    if (!der_only(tagged, SEQUENCE, &ocsp->certificates)) return -1;
  }
  return parse_response_data(ocsp) ? 0 : -1;
}

static bool parse_id(struct bytes id, struct ocsp_answer* answer) {
  struct element hash, name, key, serial;
  if (!der_next(&id, &hash) || hash.tag != SEQUENCE) return false;
  if (!der_next(&id, &name) || name.tag != OCTETS) return false;
  if (!der_next(&id, &key) || key.tag != OCTETS) return false;
  if (!der_next(&id, &serial) || serial.tag != INTEGER || id.length != 0) return false;
  answer->name_hash = name.content;
  answer->key_hash = key.content;
  answer->serial = serial.content;
  if (!der_next(&hash.content, &key) || key.tag != OBJECT_ID) return false;
  answer->hash_id = key.content;
  return true;
}

/* Takes the next SingleResponse off `from`. Returns false at the end, where `from` is empty, and on
   malformed ones, where it is not. */
bool tls_next_answer(struct bytes* from, struct ocsp_answer* answer) {
  struct bytes before = *from;
  struct element element, time;
  *answer = (struct ocsp_answer){0};
  if (!der_next(from, &element)) return false;
  struct bytes left = element.content;
  bool valid = element.tag == SEQUENCE && der_next(&left, &element) && element.tag == SEQUENCE &&
               parse_id(element.content, answer) && der_next(&left, &element);
  answer->status = valid ? element.tag : 0;
  if (valid && answer->status == OCSP_REVOKED) {
    valid = der_next(&element.content, &time) && der_time(&time, &answer->revoked);
  } else {
    valid = valid && element.content.length == 0 &&
            (answer->status == OCSP_GOOD || answer->status == OCSP_UNKNOWN);
  }
  valid = valid && der_next(&left, &element) && der_time(&element, &answer->updated);
  if (valid && der_next_if(&left, CONSTRUCTED_0, &element)) {
    valid = der_next(&element.content, &time) && der_time(&time, &answer->next) &&
            element.content.length == 0;
  }
  if (valid && der_next_if(&left, CONSTRUCTED_1, &element)) valid = harmless(element.content);
  valid = valid && left.length == 0;
  if (!valid) *from = before;
  return valid;
}

static bool has_hash(const mbedtls_md_info_t* kind, struct bytes content, struct bytes hash) {
  u8 digest[MBEDTLS_MD_MAX_SIZE];
  if (mbedtls_md(kind, content.at, content.length, digest) != 0) return false;
  return der_same(hash, (struct bytes){digest, mbedtls_md_get_size(kind)});
}

/* Finds the bits of a certificate's key, which OCSP hashes. */
static bool key_bits(const mbedtls_x509_crt* certificate, struct bytes* bits) {
  struct element element;
  struct bytes inside;
  if (!der_only(der_bytes(&certificate->pk_raw), SEQUENCE, &inside)) return false;
  if (!der_next(&inside, &element) || !der_next(&inside, &element)) return false;
  if (element.content.length == 0) return false;
  *bits = (struct bytes){element.content.at + 1, element.content.length - 1}; /* skip unused bits */
  return true;
}

/* Reports whether an answer is about a certificate that `issuer` issued (RFC 6960, 4.1.1). */
bool tls_answer_is_about(const struct ocsp_answer* answer, const mbedtls_x509_crt* certificate,
                         const mbedtls_x509_crt* issuer) {
  mbedtls_asn1_buf id = {MBEDTLS_ASN1_OID, answer->hash_id.length, (u8*)answer->hash_id.at};
  mbedtls_md_type_t type;
  struct bytes bits;
  if (!der_same(answer->serial, der_bytes(&certificate->serial))) return false;
  if (mbedtls_oid_get_md_alg(&id, &type) != 0) return false;
  const mbedtls_md_info_t* kind = mbedtls_md_info_from_type(type);
  return kind != NULL && key_bits(issuer, &bits) && has_hash(kind, bits, answer->key_hash) &&
         has_hash(kind, der_bytes(&certificate->issuer_raw), answer->name_hash);
}

/* Reports whether a response names the subject of this certificate as its responder. */
bool tls_is_responder(const struct ocsp* ocsp, const mbedtls_x509_crt* certificate) {
  struct bytes name = ocsp->responder.content, hash, bits;
  if (ocsp->responder.tag == BY_NAME) return der_same(name, der_bytes(&certificate->subject_raw));
  return der_only(name, OCTETS, &hash) && key_bits(certificate, &bits) &&
         has_hash(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), bits, hash);
}
