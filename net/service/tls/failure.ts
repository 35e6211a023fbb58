/** Why a connection failed: the fault of the certificate, the alert, or the error. */
import { TlsNumber } from "../../../core/tls-codes";
import { alertWords, errorWords } from "./alert";
import { TlsEngine } from "./engine";
import { concernsDates, faultsOf } from "./verification";

/** `refusals` is 0 for connections that do not verify the server. */
export function failureWords(engine: TlsEngine, handle: u32, refusals: u32): string {
  if (refusals != 0) {
    const words = `the certificate was refused: ${faultsOf(refusals).join(", ")}`;
    return concernsDates(refusals) ? `${words}; ${engine.clock()}` : words;
  }
  const alert = engine.number(handle, TlsNumber.AlertReceived);
  if (alert >= 0) return `TLS: the peer refused: ${alertWords(alert)}`;
  const sent = engine.number(handle, TlsNumber.AlertSent);
  return `TLS: ${errorWords(engine.number(handle, TlsNumber.Error), sent)}`;
}
