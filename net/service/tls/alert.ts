/** Names of TLS alerts (RFC 8446 section 6, RFC 5246 section 7.2), and texts for mbedTLS errors. */

class Numbered {
  constructor(
    readonly number: i32,
    readonly words: string,
  ) {}
}

const ALERTS: StaticArray<Numbered> = [
  new Numbered(0, "close_notify"),
  new Numbered(10, "unexpected_message"),
  new Numbered(20, "bad_record_mac"),
  new Numbered(22, "record_overflow"),
  new Numbered(40, "handshake_failure"),
  new Numbered(42, "bad_certificate"),
  new Numbered(43, "unsupported_certificate"),
  new Numbered(44, "certificate_revoked"),
  new Numbered(45, "certificate_expired"),
  new Numbered(46, "certificate_unknown"),
  new Numbered(47, "illegal_parameter"),
  new Numbered(48, "unknown_ca"),
  new Numbered(49, "access_denied"),
  new Numbered(50, "decode_error"),
  new Numbered(51, "decrypt_error"),
  new Numbered(70, "protocol_version"),
  new Numbered(71, "insufficient_security"),
  new Numbered(80, "internal_error"),
  new Numbered(86, "inappropriate_fallback"),
  new Numbered(90, "user_canceled"),
  new Numbered(100, "no_renegotiation"),
  new Numbered(109, "missing_extension"),
  new Numbered(110, "unsupported_extension"),
  new Numbered(112, "unrecognized_name"),
  new Numbered(113, "bad_certificate_status_response"),
  new Numbered(115, "unknown_psk_identity"),
  new Numbered(116, "certificate_required"),
  new Numbered(120, "no_application_protocol"),
];

/** Texts for mbedTLS's error numbers (ssl.h), without the sign. */
const ERRORS: StaticArray<Numbered> = [
  new Numbered(0x5d80, "no host name was set"),
  new Numbered(0x5e80, "the configuration is invalid"),
  new Numbered(0x6600, "the peer sent an illegal parameter"),
  new Numbered(0x6700, "the peer sent an unexpected record"),
  new Numbered(0x6a00, "a message is too long"),
  new Numbered(0x6b80, "too many records under one key"),
  new Numbered(0x6c00, "internal error"),
  new Numbered(0x6e00, "handshake negotiation failed"),
  new Numbered(0x6e80, "unsupported protocol version (TLS 1.2 or 1.3 required)"),
  new Numbered(0x7100, "the peer sent an invalid value"),
  new Numbered(0x7180, "bad record MAC"),
  new Numbered(0x7200, "the peer sent an invalid record"),
  new Numbered(0x7280, "the peer closed the connection"),
  new Numbered(0x7300, "cannot parse a message from the peer"),
  new Numbered(0x7480, "the client sent no certificate"),
  new Numbered(0x7500, "the peer sent an unsolicited extension"),
  new Numbered(0x7580, "no common application protocol (ALPN)"),
  new Numbered(0x7600, "no private key is set"),
  new Numbered(0x7700, "the peer sent an unexpected message"),
  new Numbered(0x7a00, "cannot process the peer's certificate"),
  new Numbered(0x7f00, "out of memory"),
];

/** Returns the name and number of an alert: "handshake_failure (40)", or "alert 99" if unknown. */
export function alertWords(alert: i32): string {
  const name = find(ALERTS, alert);
  return name == "" ? `alert ${alert}` : `${name} (${alert})`;
}

/** Texts for alerts sent. They say more than the error, which mbedTLS uses for several faults. */
const BY_ALERT_SENT: StaticArray<Numbered> = [
  new Numbered(42, "cannot parse the peer's certificate"),
  new Numbered(51, "the peer's signature or Finished is invalid"),
];

/**
 * Describes an error of mbedTLS (negative): "out of memory (-0x7f00)". `alertSent` is the alert
 * sent for it, or -1.
 */
export function errorWords(error: i32, alertSent: i32): string {
  const number = abs(error);
  let words = find(BY_ALERT_SENT, alertSent);
  if (words == "") words = find(ERRORS, number);
  // The low seven bits may hold the error of a lower layer.
  if (words == "") words = find(ERRORS, number & ~0x7f);
  if (words == "") words = "handshake failed";
  return `${words} (-0x${number.toString(16).padStart(4, "0")})`;
}

function find(table: StaticArray<Numbered>, number: i32): string {
  for (let i = 0; i < table.length; i++) {
    if (table[i].number == number) return table[i].words;
  }
  return "";
}
