/** The message for a failed TLS connection, from the engine's numbers. */
import { TlsNumberField } from "../../../core/tls-codes";
import { alertWords } from "../../../net/service/tls/alert";
import { failureWords } from "../../../net/service/tls/failure";
import { ScriptedEngine } from "./scripted-engine";

class Answers extends ScriptedEngine {
  constructor(
    private readonly error: i32,
    private readonly received: i32,
    private readonly sent: i32,
  ) {
    super();
  }
  number(_handle: u32, what: TlsNumberField): i32 {
    if (what == TlsNumberField.Error) return this.error;
    return what == TlsNumberField.AlertSent ? this.sent : this.received;
  }
  clock(): string {
    return "the clock";
  }
}

export function failure(error: i32, refusals: u32, received: i32, sent: i32): string {
  return failureWords(new Answers(error, received, sent), 1, refusals);
}

export function alert(number: i32): string {
  return alertWords(number);
}
