/** Prints the outcomes of calls, as much at a time as the console takes. */
import { TextBuilder } from "../../../../core/text-builder";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { JsonValue } from "../../../../net/service/json/value";
import { JsonWriter } from "../../../../net/service/json/writer";
import { RpcCall, RpcFailure, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { quantityText } from "../../../../net/service/json-rpc/quantity";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";

/** curl's exit code for an HTTP error status. */
const EXIT_STATUS: i32 = 22;
/** Characters printed at a time, so that a long result is never in memory as one string. */
const PIECE: u32 = 4096;
/** Characters read of a result; a quantity has at most 66. */
const QUANTITY: u32 = 80;

/** Prints values. */
export class ValuePrinter {
  private writer: JsonWriter | null = null;
  /** The text to print after the value. */
  private tail: string = "";

  constructor(private readonly session: Session) {}

  /** Whether a value is not completely printed. */
  get busy(): bool {
    return this.writer != null;
  }

  /** Starts to print a value, on several lines if `pretty`. */
  begin(value: JsonValue, pretty: bool, tail: string): void {
    this.writer = new JsonWriter(value, pretty);
    this.tail = tail;
  }

  /** Prints as much as fits. Returns true once the value is complete. */
  print(): bool {
    while (this.writer != null && this.session.room() > 0) {
      const text = new TextBuilder(PIECE);
      const more = this.writer!.write(text, PIECE);
      this.session.print(text.toString());
      if (more) continue;
      this.writer = null;
      this.session.print(this.tail);
    }
    return this.writer == null;
  }
}

/** Prints the outcomes of the calls of one request. */
export class OutcomePrinter {
  /** The exit code, once `print` has returned true. */
  code: i32 = EXIT_OK;
  /** Calls whose outcome has been printed, or is being printed. */
  private printed: i32 = 0;
  private readonly values: ValuePrinter;

  constructor(
    private readonly session: Session,
    private readonly calls: Array<RpcCall>,
    /** Whether to print the names of the methods. */
    private readonly named: bool,
    /** Why the request failed. */
    private readonly failure: HttpFailure,
    /** The server's URL; "" not to print it. */
    private readonly url: string = "",
  ) {
    this.values = new ValuePrinter(session);
  }

  /** Whether every outcome is printed. */
  get done(): bool {
    return this.printed == this.calls.length && !this.values.busy;
  }

  /** Prints as much as fits. Returns true once every outcome is printed. */
  print(): bool {
    if (this.done) return true;
    while (this.session.room() > 0) {
      if (this.values.busy) this.values.print();
      else if (this.printed == this.calls.length) return true;
      else this.printCall(this.calls[this.printed++]);
    }
    return false;
  }

  private printCall(call: RpcCall): void {
    const name = this.named ? `${printable(call.method)}: ` : "";
    const result = call.result;
    if (call.outcome == RpcOutcome.Result && result != null) {
      this.session.print(name);
      this.values.begin(result, true, decimalOf(result) + "\n");
    } else if (call.outcome == RpcOutcome.Error) {
      this.session.print(name);
      this.fail(EXIT_FAILURE);
      // As the server sent it (JSON-RPC 2.0 section 5.1).
      this.values.begin(call.error!, true, "\n");
    } else {
      // A response that is not JSON-RPC may well be from another server than the one meant.
      const by = this.url != "" && call.failure >= RpcFailure.Status ? `${this.url}: ` : "";
      this.session.error("rpc", printable(by) + name + printable(call.reason));
      this.printFailure(call);
    }
  }

  private printFailure(call: RpcCall): void {
    this.fail(failureCode(call, this.failure));
    // A failure of the whole request is printed once.
    if (this.failure != HttpFailure.None) this.printed = this.calls.length;
  }

  private fail(code: i32): void {
    if (this.code == EXIT_OK) this.code = code;
  }
}

/** Returns the exit code for a call that failed without an error of the server. */
function failureCode(call: RpcCall, failure: HttpFailure): i32 {
  if (call.failure == RpcFailure.Request) return EXIT_USAGE;
  if (call.failure == RpcFailure.Status) return EXIT_STATUS;
  return failure == HttpFailure.None ? EXIT_FAILURE : (failure as i32);
}

/** Returns why the first call without a result has none. */
export function reasonOf(calls: Array<RpcCall>): string {
  let i = 0;
  while (i + 1 < calls.length && calls[i].outcome == RpcOutcome.Result) i++;
  const call = calls[i];
  return call.outcome == RpcOutcome.Error ? `error ${call.code}: ${call.message}` : call.reason;
}

/** Returns " (324)" for the quantity "0x144", and "" for any other value. */
function decimalOf(result: JsonValue): string {
  const decimal = quantityText(result.textPrefix(QUANTITY));
  return decimal == "" ? "" : ` (${decimal})`;
}
