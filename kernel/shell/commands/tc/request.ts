/** Shared by the objects of `tc`: the words before a kind, and the messages of refusals. */
import { Interface } from "../../../../net/iface/interface";
import { TrafficResult } from "../../../../net/iface/ip/traffic-control";
import { parseClassId } from "../../../config/class-id";
import { EXIT_USAGE } from "../../command";
import { printable } from "../../terminal/printable";
import { Context } from "../ip/context";
import { parseHandle } from "./values";

export class Request {
  /** null only after an error. */
  iface: Interface | null;
  /** The number after `parent`, or ROOT; -1 if not given. */
  parent: i64 = -1;
  /** The number after `idWord`; -1 if not given. */
  id: i64 = -1;
  /** The first word that is none of these: a kind; "" at the end. */
  rest: string = "";
  /** The exit code of the error that was printed, or 0. */
  code: i32 = 0;

  /** Reads `dev D`, `root`, `parent N`, and `handle N` or `classid N` if that is `idWord`. */
  constructor(
    private readonly context: Context,
    private readonly idWord: string,
  ) {
    this.iface = context.onlyDevice();
    let word = context.take();
    while (word != "" && this.code == 0 && this.take(word)) word = context.take();
    this.rest = word;
  }

  /** Makes sure that the device is known. Returns 0, or the exit code of the error printed. */
  finish(): i32 {
    if (this.code == 0 && this.iface == null) this.code = this.context.noDevice("");
    return this.code;
  }

  /** Prints that there are words after the last one allowed. Returns 0 if there are none. */
  finishAll(): i32 {
    if (this.finish() != 0 || this.context.ended()) return this.code;
    this.code = this.context.unexpected(this.context.take(), "the end of the line");
    return this.code;
  }

  /** Takes the value of `word` if it is one of these words; returns false if not. */
  take(word: string): bool {
    const context = this.context;
    if (word == "root") {
      this.parent = parseClassId(word);
      return true;
    }
    if (word != "dev" && word != "parent" && word != this.idWord) return false;
    const value = context.take();
    if (word == "dev") {
      this.iface = context.device(value);
      if (this.iface == null) this.code = context.noDevice(value);
    } else if (word == "handle") {
      this.id = parseHandle(value);
      if (this.id < 0) this.code = wrong(context, value, "invalid qdisc ID");
    } else {
      const id = parseClassId(value);
      if (id < 0) {
        const what = word == "parent" ? "invalid parent ID" : "invalid class ID";
        this.code = wrong(context, value, what);
      } else if (word == "parent") this.parent = id;
      else this.id = id;
    }
    return true;
  }
}

/** Prints iproute2's message for a value that cannot be parsed. */
export function wrong(context: Context, value: string, what: string): i32 {
  if (value == "") return context.unexpected("", what.replace("invalid ", "a "));
  return say(context, `Error: argument "${printable(value)}" is wrong: ${what}`);
}

/** Prints a message without a prefix, as the kinds do: `What is "x"?`. */
export function say(context: Context, message: string): i32 {
  context.session.terminal.freshLine();
  context.session.printLine(message);
  return EXIT_USAGE;
}

/** Prints why a request was refused, in Linux's words; `full` says what there are too many of. */
export function concluded(context: Context, result: TrafficResult, full: string): i32 {
  if (result == TrafficResult.Done) return context.done();
  if (result == TrafficResult.Exists) {
    return context.invalid("Exclusivity flag on, cannot modify.");
  }
  if (result == TrafficResult.UnknownKind) {
    return context.invalid("Specified qdisc kind is unknown.");
  }
  if (result == TrafficResult.NoQdisc) return context.invalid("Failed to find specified qdisc.");
  if (result == TrafficResult.NoClass) return context.invalid("Specified class not found.");
  if (result == TrafficResult.Busy) return context.refused("Device or resource busy");
  if (result == TrafficResult.Mismatch) return context.refused("Invalid argument");
  return context.refused(`No buffer space available (at most ${full})`);
}
