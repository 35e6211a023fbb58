/** Why a DNS query failed, and the words for it. */
import { DnsCode } from "../../wire/dns";

export const enum DnsError {
  None = 0,
  /** Not a valid host name; nothing was sent. */
  BadName,
  NoServers,
  /** Too many names are being looked up, or no socket is free. */
  NoResources,
  NameError,
  NoData,
  FormatError,
  ServerFailure,
  NotImplemented,
  Refused,
  /** An unknown response code. */
  OtherCode,
  /** The response is malformed. */
  BadAnswer,
  /** The aliases form a loop, or are too many. */
  AliasLoop,
  /** The response does not fit a datagram, and the query over TCP failed. */
  Truncated,
  /** The answer has only addresses that no host can have. */
  Unusable,
  TimedOut,
  /** ICMP port unreachable. */
  PortUnreachable,
  /** There is no route to the server. */
  Unreachable,
  Cancelled,
}

/** In the order of `DnsError`; capitals are the names of response codes. */
const WORDS: StaticArray<string> = [
  "",
  "not a host name",
  "no name server is known",
  "too many names are being looked up",
  "name does not exist (NXDOMAIN)",
  "name has no IPv4 address",
  "the name server did not understand the question (FORMERR)",
  "the name server failed (SERVFAIL)",
  "the name server does not support the question (NOTIMP)",
  "the name server refused to answer (REFUSED)",
  "the name server answered with an unknown code",
  "the name server sent a malformed answer",
  "its aliases lead in a circle or too far",
  "the answer is truncated, and could not be had by TCP",
  "its addresses are none that a host can have",
  "connection timed out; no servers could be reached",
  "connection refused by the name server",
  "the name server cannot be reached",
  "cancelled",
];

export function errorWords(error: DnsError): string {
  return WORDS[error];
}

/** Returns the error of a response code; None for 0. */
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

/** Reports whether another server may do better: the failure is not the name's. */
export function isServersFault(error: DnsError): bool {
  return (
    (error >= DnsError.FormatError && error <= DnsError.BadAnswer) ||
    error == DnsError.Truncated ||
    (error >= DnsError.TimedOut && error <= DnsError.Unreachable)
  );
}
