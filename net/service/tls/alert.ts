/** Alerts of TLS by number (RFC 8446 section 6, RFC 5246 section 7.2), and errors in words. */

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

/** mbedTLS's numbers (ssl.h), without their sign. */
const ERRORS: StaticArray<Numbered> = [
  new Numbered(0x5d80, "no host name was set"),
  new Numbered(0x5e80, "its settings do not fit together"),
  new Numbered(0x6600, "the peer sent a parameter that it must not"),
  new Numbered(0x6700, "the peer sent a record of an unknown kind"),
  new Numbered(0x6a00, "a message is too long"),
  new Numbered(0x6b80, "too much was sent with one key"),
  new Numbered(0x6c00, "an internal error"),
  new Numbered(0x6e00, "no parameters that both sides accept"),
  new Numbered(0x6e80, "the peer speaks no version of TLS that is accepted (1.2, 1.3)"),
  new Numbered(0x7100, "the peer sent a value that cannot be"),
  new Numbered(0x7180, "a record was changed on its way (bad MAC)"),
  new Numbered(0x7200, "the peer sent what is no TLS record"),
  new Numbered(0x7280, "the peer closed the connection"),
  new Numbered(0x7300, "a message of the peer cannot be read"),
  new Numbered(0x7480, "the peer wants a certificate of ours"),
  new Numbered(0x7500, "the peer sent an extension that was not asked for"),
  new Numbered(0x7580, "no application protocol that both sides speak"),
  new Numbered(0x7600, "there is no private key"),
  new Numbered(0x7700, "the peer sent a message out of its turn"),
  new Numbered(0x7a00, "the peer's certificate cannot be used"),
  new Numbered(0x7f00, "no memory for the connection is left"),
];

/** Returns the name of an alert: "handshake_failure (40)". */
export function alertWords(alert: i32): string {
  const name = find(ALERTS, alert);
  return name == "" ? `alert ${alert}` : `${name} (${alert})`;
}

/** Errors for which the alert that was sent says more: mbedTLS uses them for several faults. */
const ANSWERS: StaticArray<Numbered> = [
  new Numbered(42, "the peer's certificate cannot be read"),
  new Numbered(51, "a signature of the peer, or its Finished, is wrong"),
];

/** Describes an error of the engine: words, the alert that was sent, and its number. */
export function errorWords(error: i32, alertSent: i32): string {
  const number = abs(error);
  let words = find(ANSWERS, alertSent);
  // The numbers of two layers are added up.
  if (words == "") words = find(ERRORS, number);
  if (words == "") words = find(ERRORS, number & ~0x7f);
  if (words == "") words = "the handshake failed";
  return `${words} (-0x${number.toString(16).padStart(4, "0")})`;
}

function find(table: StaticArray<Numbered>, number: i32): string {
  for (let i = 0; i < table.length; i++) {
    if (table[i].number == number) return table[i].words;
  }
  return "";
}
