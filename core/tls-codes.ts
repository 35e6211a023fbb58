/** Codes of the TLS functions in machine/host.ts; the C in net/service/tls/glue/ must match. */

/** The low four bits of `tlsState`. */
export const enum TlsState {
  /** No such connection. */
  None = 0,
  Handshaking = 1,
  /** Data flows. A client has verified the server, unless `TlsOption.Insecure` is set. */
  Open = 2,
  /** The peer sent close_notify and all its data was read. An end without this is a truncation. */
  PeerClosed = 3,
  /** Final; see `TlsNumberField.Error` and `.Refusals`. An alert may still be queued. */
  Failed = 4,
}
export const TLS_STATE_MASK = 15;
/** Flag in `tlsState`: `tlsTransmit` has bytes to send. */
export const TLS_OUTPUT = 16;
/** Flag in `tlsState`: `tlsStep` can make progress without more input. */
export const TLS_AGAIN = 32;
/** Flag in `tlsState`: a resumable session has arrived, and `tlsSession` has not copied it yet. */
export const TLS_NEW_SESSION = 64;

/** Options of `tlsOpenClient` and `tlsOpenServer`. */
export const enum TlsOption {
  None = 0,
  /** `curl -k`: the certificate is checked, but a failure is not fatal. */
  Insecure = 1,
  /** A client does not ask for session tickets; a server does not issue any. */
  NoTickets = 2,
  Only12 = 4,
  Only13 = 8,
  /** No ALPN. Without this, http/1.1 is the only protocol offered and accepted. */
  NoAlpn = 16,
}

/** Selectors of `tlsNumber`. */
export const enum TlsNumberField {
  /** mbedTLS's error that ended the connection (negative), or 0. */
  Error = 0,
  /** Bits of `TlsRefusal`: what is wrong with the peer's certificates. */
  Refusals = 1,
  /** 0x303 or 0x304, or 0 before it is negotiated. */
  Version = 2,
  /** The IANA number of the cipher suite. */
  CipherSuite = 3,
  /** The IANA number of the group (29 = x25519, 23 = secp256r1 ...), or 0 if unknown. */
  Group = 4,
  /** 1 if a session was resumed. */
  Resumed = 5,
  /** Number of certificates the peer sent, in this handshake or the one that was resumed. */
  Certificates = 6,
  /** The alert that the peer sent, or -1. */
  AlertReceived = 7,
  /** The alert that was sent, or -1. */
  AlertSent = 8,
  /** The root of the chain: index << 1 | RootKind, or -1. */
  Root = 9,
  /** 1 if the peer requested a client certificate. */
  CertificateRequested = 10,
  /** Heap bytes held by this connection. */
  HeapUsed = 11,
  /** The peak of `HeapUsed`. */
  HeapPeak = 12,
  /** Key updates received (RFC 8446, 4.6.3). */
  KeyUpdates = 13,
}

/** Selectors of `tlsBytes`: texts in ASCII, certificates in DER. */
export const enum TlsBytesField {
  /** "TLSv1.3" */
  Version = 0,
  /** "TLS1-3-CHACHA20-POLY1305-SHA256" */
  CipherSuite = 1,
  Alpn = 2,
  /** The peer's certificate `index`, in the order sent; 0 is its own. */
  Certificate = 3,
  /** The trusted root at the end of the chain. */
  Root = 4,
  /** The SNI that a server received; empty once the handshake is over. */
  ServerName = 5,
  /** What the stapled OCSP response says: "none", "good until ...", "not valid: ...". */
  Staple = 6,
  /** What the revocation lists say: "none", "not on the list of ...", "revoked on ...". */
  RevocationList = 7,
}

/**
 * Why verification of a chain failed. Bits 0 to 18 have the meanings of mbedTLS, except that bits
 * 4, 5 and 10, which it has for CRLs, stand for faults of OCSP. Bits 19 and up are ours.
 */
export const enum TlsRefusal {
  Expired = 0x1,
  /** On a revocation list (RFC 5280, 5). */
  Revoked = 0x2,
  WrongName = 0x4,
  NotTrusted = 0x8,
  /** The stapled OCSP response is malformed, outdated or not signed by the issuer (RFC 6960). */
  BadStatus = 0x10,
  /** The certificate requires a stapled OCSP response (RFC 7633), and there is none. */
  NoStatus = 0x20,
  NoCertificate = 0x40,
  NotVerified = 0x80,
  Other = 0x100,
  NotYetValid = 0x200,
  /** Revoked according to the stapled OCSP response. */
  StatusRevoked = 0x400,
  KeyUsage = 0x800,
  ExtendedKeyUsage = 0x1000,
  /** The signature uses a hash that is not allowed, such as SHA-1. */
  DisallowedHash = 0x4000,
  /** The type of the key is not allowed. */
  DisallowedKeyType = 0x8000,
  /** The key is too short, or its curve is not allowed. */
  DisallowedKey = 0x10000,
  /** The search for a path exceeded its bounds (glue/path.h). */
  TooCostly = 0x80000,
  /** No subjectAltName; the common name is ignored (RFC 9525, 2). */
  NoAlternativeName = 0x100000,
  /** A CA certificate used as a server certificate. */
  AuthorityAsServer = 0x200000,
  /** Version 1 or 2; 3 is required. */
  OldVersion = 0x400000,
  /** A name outside the name constraints of an issuer (RFC 5280, 4.2.1.10). */
  NameConstraint = 0x800000,
  /** A name constraint of an unsupported form. */
  UnsupportedConstraint = 0x1000000,
  /** An unknown critical extension (RFC 5280, 4.2). */
  UnknownExtension = 0x2000000,
  /** An intermediate certificate whose extended key usage excludes servers. */
  IssuerUsage = 0x4000000,
  /** The matching root has expired. */
  RootExpired = 0x8000000,
  /** Malformed or duplicate extensions. */
  Malformed = 0x10000000,
  /** Issued after the date from which Mozilla distrusts its root. */
  RootDistrusted = 0x20000000,
  /** An issuer requires a certificate policy, and none is valid for the chain (RFC 5280, 6.1). */
  Policy = 0x40000000,
}

/** The two lists of trusted roots. */
export const enum RootKind {
  BuiltIn = 0,
  Added = 1,
}

/** Selectors of `tlsCertificateText`. */
export const enum CertificateField {
  /** "CN=mainnet.era.zksync.io, O=..." */
  Subject = 0,
  Issuer = 1,
  /** Hexadecimal with colons. */
  Serial = 2,
  /** "2026-11-22 13:40:00", UTC. */
  NotBefore = 3,
  NotAfter = 4,
  /** Alternative name `index`: DNS:, IP:, email:, URI: or other: and a value; "" after the last. */
  AlternativeName = 5,
  /** "RSA 2048", "EC P-256" */
  Key = 6,
  /** "RSA with SHA-256" */
  Signature = 7,
  /** SHA-256 of the certificate, 64 hexadecimal digits. */
  Fingerprint = 8,
  /** Whether it could sign certificates as a root: "yes" or "no". */
  Authority = 9,
  /** Whether its key is strong enough to be accepted: "yes" or "no". */
  StrongKey = 10,
}

/** Selectors of `tlsHeap`. Used, Peak, Limit and Resident are in bytes; the others are counts. */
export const enum TlsHeap {
  /** Held by connections; 0 if there are none. */
  Used = 0,
  Peak = 1,
  Limit = 2,
  Blocks = 3,
  /** Held by the library: its state, ticket keys, identities. */
  Resident = 4,
  /** Failed allocations since boot. */
  Failures = 5,
  Connections = 6,
}

/** Selectors of `tlsBenchmark`. */
export const enum TlsCipher {
  ChaCha20Poly1305 = 0,
  Aes128Gcm = 1,
  Aes256Gcm = 2,
}
