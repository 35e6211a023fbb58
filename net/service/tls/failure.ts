/** Why a connection failed, in words: what the certificate lacks, the alert, or the error. */
import { TlsNumber } from "../../../core/tls-codes";
import { alertWords, errorWords } from "./alert";
import { TlsEngine } from "./engine";
import { concernsDates, faultsOf } from "./verification";

/** `refusals` are those that count: none where whoever answers is taken. */
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
