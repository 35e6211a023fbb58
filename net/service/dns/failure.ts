/** Why a DNS query failed, and the messages for it. */
import { DnsCode } from "../../wire/dns";

/** The outcome of a query. */
export const enum DnsError {
  None = 0,
  /** Not a valid host name; nothing was sent. */
  BadName,
  /** No name server is configured. */
  NoServers,
  /** DNS_LOOKUPS lookups are in progress, or no socket is free. */
  NoResources,
  /** The name does not exist (RCODE 3, NXDOMAIN). */
  NameError,
  /** The name exists and has no A record (RFC 2308 section 2.2). */
  NoData,
  // Other response codes (RFC 1035 section 4.1.1).
  FormatError,
  ServerFailure,
  NotImplemented,
  Refused,
  /** A response code above 5. */
  OtherCode,
  /** The response is malformed. */
  BadAnswer,
  /** The response refers to other servers, which a recursive server would have queried. */
  Lame,
  /** The aliases form a loop, or there are more than DNS_ALIASES. */
  AliasLoop,
  /** The query over TCP failed. A lookup ends so only if the UDP response was truncated. */
  Truncated,
  /** None of the addresses in the answer is unicast. */
  Unusable,
  /** No server responded in time. */
  TimedOut,
  /** The server's host sent an ICMP port unreachable. */
  PortUnreachable,
  /** There is no route to the server, or a router reports it as unreachable. */
  Unreachable,
  /** The TLS connection to the server could not be opened, or it broke. */
  SecureFailed,
  /** `DnsResolver.cancel` was called. */
  Cancelled,
}

/** Messages in the order of `DnsError`, with response codes as dig(1) prints them. */
const WORDS: StaticArray<string> = [
  "",
  "not a host name",
  "no name servers configured",
  "too many lookups or sockets in use",
  "name does not exist (NXDOMAIN)",
  "name has no IPv4 address",
  "the name server could not interpret the query (FORMERR)",
  "the name server failed (SERVFAIL)",
  "the name server does not support the query (NOTIMP)",
  "the name server refused the query (REFUSED)",
  "the name server returned an unknown response code",
  "the name server returned a malformed response",
  "the name server returned a referral instead of an answer (lame server)",
  "CNAME loop detected, or too many aliases",
  "the response was truncated, and the query over TCP failed",
  "the response contains no usable address",
  "connection timed out; no servers could be reached",
  "connection refused by the name server",
  "the name server is unreachable",
  "DNS over TLS failed",
  "cancelled",
];

/** Returns the message for an error; "" for None. */
export function errorWords(error: DnsError): string {
  return WORDS[error];
}

/** Returns the error of an RCODE (RFC 1035 section 4.1.1); None for 0. */
export function errorOfCode(code: u32): DnsError {
  switch (code) {
    case DnsCode.None:
      return DnsError.None;
    case DnsCode.FormatError:
      return DnsError.FormatError;
    case DnsCode.ServerFailure:
      return DnsError.ServerFailure;
    case DnsCode.NameError:
      return DnsError.NameError;
    case DnsCode.NotImplemented:
      return DnsError.NotImplemented;
    case DnsCode.Refused:
      return DnsError.Refused;
    default:
      return DnsError.OtherCode;
  }
}

/** Reports whether the error is the server's, not the name's, so another server may succeed. */
export function isServerFault(error: DnsError): bool {
  return (
    (error >= DnsError.FormatError && error <= DnsError.Lame) ||
    error == DnsError.Truncated ||
    (error >= DnsError.TimedOut && error <= DnsError.SecureFailed)
  );
}
