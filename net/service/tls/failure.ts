/** Describes why a TLS connection failed: the certificate's faults, the alert or the error. */
import { TlsNumberField } from "../../../core/tls-codes";
import { StreamFailure } from "../stream/stream";
import { alertWords, errorWords } from "./alert";
import { TlsEngine } from "./engine";
import { concernsDates, concernsStatus, faultsOf } from "./verification";

/** Returns the kind of failure for these faults of the peer's certificate. */
export function failureOf(refusals: u32): StreamFailure {
  if (refusals == 0) return StreamFailure.Protocol;
  return concernsStatus(refusals) ? StreamFailure.CertificateStatus : StreamFailure.Certificate;
}

/** Returns the reason as text. `refusals` are bits of `TlsRefusal`; 0 if something else failed. */
export function failureWords(engine: TlsEngine, handle: u32, refusals: u32): string {
  if (refusals != 0) {
    const words = `certificate verification failed: ${faultsOf(refusals).join(", ")}`;
    return concernsDates(refusals) ? `${words}; ${engine.clock()}` : words;
  }
  const alert = engine.number(handle, TlsNumberField.AlertReceived);
  if (alert >= 0) return `TLS: the peer sent alert ${alertWords(alert)}`;
  const sent = engine.number(handle, TlsNumberField.AlertSent);
  return `TLS: ${errorWords(engine.number(handle, TlsNumberField.Error), sent)}`;
}
