/** What the numbers of the TLS door mean (machine/host.ts): the C half has the same ones. */

/** `tlsState`: the low four bits of its answer. */
export const enum TlsState {
  /** No such connection. */
  None = 0,
  Handshaking = 1,
  /** The peer is verified (unless `Insecure` was asked for); data flows. */
  Open = 2,
  /** The peer said close_notify and all it sent was read. Not having seen this is truncation. */
  PeerClosed = 3,
  /** For good: `TlsNumber.Error` and `TlsNumber.Refusals` say why. An alert may wait as output. */
  Failed = 4,
}
export const TLS_STATE_MASK = 15;
/** Bits beside the state: `tlsTransmit` has bytes. */
export const TLS_OUTPUT = 16;
/** ... `tlsStep` can go on at once, even without further input (call it again soon). */
export const TLS_AGAIN = 32;
/** ... a session to resume later came since `tlsSession` was last asked. */
export const TLS_NEW_SESSION = 64;

/** Bits of `tlsOpenClient` and `tlsOpenServer`. */
export const enum TlsOption {
  None = 0,
  /** `curl -k`: whom one talks to is looked at but not required to be right. */
  Insecure = 1,
  /** Neither asks for sessions to resume nor (a server) gives any. */
  NoTickets = 2,
  Only12 = 4,
  Only13 = 8,
  /** No ALPN; otherwise a client offers and a server takes http/1.1 alone. */
  NoAlpn = 16,
}

/** Questions to `tlsNumber`. */
export const enum TlsNumber {
  /** mbedTLS's error that ended the connection (negative), or 0. */
  Error = 0,
  /** Bits of `TlsRefusal`: what is wrong with the peer's certificates. */
  Refusals = 1,
  /** 0x303 or 0x304; 0 before it is agreed. */
  Version = 2,
  /** IANA's number of the cipher suite. */
  CipherSuite = 3,
  /** IANA's number of the key exchange's group (29 = x25519, 23 = secp256r1 ...), 0 unknown. */
  Group = 4,
  /** 1 where a session was resumed. */
  Resumed = 5,
  /** How many certificates the peer sent (or the resumed session remembers). */
  Certificates = 6,
  /** The alert that the peer sent, or -1. */
  AlertReceived = 7,
  /** The alert that was sent, or -1. */
  AlertSent = 8,
  /** Where the chain ended: -1 nowhere, else index << 1 | RootKind. */
  Root = 9,
  /** 1 where the peer asked for a client certificate. */
  CertificateRequested = 10,
  /** Heap bytes that this connection holds, and the most that it held. */
  HeapUsed = 11,
  HeapPeak = 12,
  /** Key updates seen (RFC 8446, 4.6.3). */
  KeyUpdates = 13,
}

/** Questions to `tlsBytes`: texts in ASCII, certificates in DER. */
export const enum TlsBytes {
  /** "TLSv1.3" */
  Version = 0,
  /** "TLS1-3-CHACHA20-POLY1305-SHA256" */
  CipherSuite = 1,
  Alpn = 2,
  /** The peer's certificate number `index`, as it was sent: 0 is its own. */
  Certificate = 3,
  /** The trusted root that the chain ended in. */
  Root = 4,
  /** What SNI a server was asked for. */
  ServerName = 5,
}

/** Why a certificate chain is refused: mbedTLS's bits, and from bit 20 on those of our rules. */
export const enum TlsRefusal {
  Expired = 0x1,
  WrongName = 0x4,
  NotTrusted = 0x8,
  NoCertificate = 0x40,
  NotVerified = 0x80,
  Other = 0x100,
  NotYetValid = 0x200,
  KeyUsage = 0x800,
  ExtendedKeyUsage = 0x1000,
  /** A hash, a kind of key or a size of key that is too weak. */
  WeakHash = 0x4000,
  WeakKeyKind = 0x8000,
  WeakKey = 0x10000,
  /** There is no subjectAltName (RFC 9525, 6.3: the common name does not count). */
  NoAlternativeName = 0x100000,
  /** A certificate authority's certificate as the server's own. */
  AuthorityAsServer = 0x200000,
  /** Version 1 or 2 where 3 is needed. */
  OldVersion = 0x400000,
  /** A name that a certificate above does not permit (RFC 5280, 4.2.1.10). */
  NameConstraint = 0x800000,
  /** A name constraint, or a form of name under one, that is not understood. */
  UnknownConstraint = 0x1000000,
  /** A critical extension that is not understood (RFC 5280, 4.2). */
  UnknownExtension = 0x2000000,
  /** An intermediate certificate that is not meant for servers. */
  IntermediateUsage = 0x4000000,
  /** The root that would fit has expired. */
  RootExpired = 0x8000000,
  /** Badly encoded extensions: duplicates, or bytes that do not add up. */
  Malformed = 0x10000000,
  /** Issued after the date on which Mozilla distrusted its root. */
  RootDistrusted = 0x20000000,
}

/** Which of the two lists of trusted roots. */
export const enum RootKind {
  BuiltIn = 0,
  Added = 1,
}

/** What `tlsCertificateText` tells of a certificate. */
export const enum CertificateField {
  /** "CN=mainnet.era.zksync.io, O=..." */
  Subject = 0,
  Issuer = 1,
  /** Hexadecimal with colons. */
  Serial = 2,
  /** "2026-11-22 13:40:00", UTC. */
  NotBefore = 3,
  NotAfter = 4,
  /** The alternative name number `index` ("DNS:x.test", "IP:10.0.2.2"); empty after the last. */
  AlternativeName = 5,
  /** "RSA 2048", "EC P-256" */
  Key = 6,
  /** "RSA with SHA-256" */
  Signature = 7,
  /** SHA-256 of the whole, 64 hexadecimal digits. */
  Fingerprint = 8,
  /** Whether it may sign certificates if it is a root: "yes" or "no". */
  Authority = 9,
  /** Whether its key is strong enough to be accepted: "yes" or "no". */
  StrongKey = 10,
}

/** Questions to `tlsHeap`, in bytes but for the blocks. */
export const enum TlsHeap {
  /** Of connections: 0 when there is none. */
  Used = 0,
  Peak = 1,
  Limit = 2,
  Blocks = 3,
  /** What stays: the library's own state, tickets' keys, identities. */
  Resident = 4,
  /** Allocations that failed since the boot. */
  Failures = 5,
  Connections = 6,
}

/** What `tlsBenchmark` runs. */
export const enum TlsCipher {
  ChaCha20Poly1305 = 0,
  Aes128Gcm = 1,
  Aes256Gcm = 2,
}
