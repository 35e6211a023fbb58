/**
 * Scripts in the language of packetdrill (github.com/google/packetdrill): lists of events, each
 * with its time. An event is a system call, a packet that arrives or is expected, an assertion, or
 * a command.
 */
import { type PacketPattern, readPacket } from "./packet-pattern.ts";
import { Scanner } from "./scanner.ts";

/** Seconds; with `to`, any time of the range. `any` is `*`. */
export interface EventTime {
  kind: "absolute" | "relative" | "any";
  from: number;
  to?: number;
  /** When a blocking call returns, measured as `from` is (`+0...0.2`). */
  end?: number;
}

/** An argument or a result: a number, a text, names joined by "|", a list, a struct, or `...`. */
export type Value =
  | { kind: "number"; number: number }
  | { kind: "text"; text: string }
  | { kind: "names"; names: string[] }
  | { kind: "list"; items: Value[] }
  | { kind: "struct"; fields: Record<string, Value> }
  | { kind: "any" };

export interface SystemCall {
  kind: "call";
  name: string;
  parameters: Value[];
  result: Value;
  /** The name of the error ("EAGAIN"), if the result is -1. */
  error?: string;
}

export type Action =
  | SystemCall
  | { kind: "packet"; packet: PacketPattern }
  | { kind: "code"; text: string }
  | { kind: "command"; text: string };

export interface ScriptEvent {
  line: number;
  time: EventTime;
  action: Action;
}

export interface Script {
  /** Lines such as `--tolerance_usecs=10000`. */
  options: Map<string, string>;
  events: ScriptEvent[];
}

const NUMBER = /\d+(?:\.\d+)?|\.\d+/;

/** Parses a script. Throws a ScriptError that names the line. */
export function parseScript(text: string): Script {
  const scanner = new Scanner(text);
  const options = new Map<string, string>();
  const events: ScriptEvent[] = [];
  while (!scanner.ended()) {
    const option = events.length === 0 && scanner.match(/--(\w+)(?:=([^\s]*))?/);
    if (option) options.set(option[1], option[2] ?? "");
    else events.push(readEvent(scanner));
  }
  return { options, events };
}

function readEvent(scanner: Scanner): ScriptEvent {
  scanner.skip();
  const { line } = scanner;
  // A command before the first event, or after the last, may come without a time.
  const command = scanner.match(/`([^`]*)`/);
  if (command) {
    const time: EventTime = { kind: "relative", from: 0 };
    return { line, time, action: { kind: "command", text: command[1].trim() } };
  }
  return { line, time: readTime(scanner), action: readAction(scanner) };
}

function readTime(scanner: Scanner): EventTime {
  if (scanner.take("*")) return { kind: "any", from: 0 };
  const kind = scanner.take("+") ? "relative" : "absolute";
  const seconds = () => Number(scanner.need(NUMBER, "a time")[0]);
  const from = seconds();
  if (scanner.match(/\s*\.\.\.\s*/)) return { kind, from, end: seconds() };
  if (!scanner.take("~")) return { kind, from };
  scanner.take("+");
  return { kind, from, to: seconds() };
}

function readAction(scanner: Scanner): Action {
  scanner.skip();
  const code = scanner.match(/%\{([\s\S]*?)\}%/);
  if (code) return { kind: "code", text: code[1] };
  const command = scanner.match(/`([^`]*)`/);
  if (command) return { kind: "command", text: command[1].trim() };
  const direction = scanner.match(/[<>]/);
  if (direction) {
    return { kind: "packet", packet: readPacket(scanner, direction[0] === "<") };
  }
  return readCall(scanner);
}

function readCall(scanner: Scanner): SystemCall {
  const [name] = scanner.need(/[a-z_]\w*/, "a system call, a packet, %{ code }% or `command`");
  scanner.expect("(");
  const parameters = readValues(scanner, ")");
  scanner.expect("=");
  const result = readValue(scanner);
  const error = scanner.match(/[ \t]+(E[A-Z]+)/)?.[1];
  // The error's description, in parentheses.
  scanner.match(/[ \t]*\([A-Za-z][^)\n]*\)/);
  return { kind: "call", name, parameters, result, error };
}

/** Reads values separated by commas, up to and including `end`. */
function readValues(scanner: Scanner, end: string): Value[] {
  const values: Value[] = [];
  if (scanner.take(end)) return values;
  do values.push(readValue(scanner));
  while (scanner.take(","));
  scanner.expect(end);
  return values;
}

function readValue(scanner: Scanner): Value {
  if (scanner.take("...")) return { kind: "any" };
  if (scanner.take("[")) return { kind: "list", items: readValues(scanner, "]") };
  if (scanner.take("{")) return readStruct(scanner);
  scanner.skip();
  const text = scanner.match(/"((?:[^"\\]|\\.)*)"/);
  if (text) return { kind: "text", text: text[1] };
  const number = scanner.match(/-?0x[0-9a-fA-F]+|-?(?:\d+\.?\d*|\.\d+)/);
  if (number) return { kind: "number", number: product(scanner, Number(number[0])) };
  const call = scanner.match(/(htons|inet_addr|htonl)\s*\(/);
  if (call) {
    const value = readValue(scanner);
    scanner.expect(")");
    return value;
  }
  const names: string[] = [];
  do names.push(scanner.need(/[A-Za-z_]\w*/, "a value")[0]);
  while (scanner.take("|"));
  return { kind: "names", names };
}

/** Reads `* NUMBER` as often as it follows. */
function product(scanner: Scanner, first: number): number {
  let value = first;
  for (let found = scanner.match(/[ \t]*\*[ \t]*(\d+)/); found; ) {
    value *= Number(found[1]);
    found = scanner.match(/[ \t]*\*[ \t]*(\d+)/);
  }
  return value;
}

function readStruct(scanner: Scanner): Value {
  const fields: Record<string, Value> = {};
  if (scanner.take("}")) return { kind: "struct", fields };
  do {
    if (scanner.take("...")) continue;
    scanner.skip();
    const named = scanner.match(/([a-z_]\w*)\s*(?:\([^()]*\)\s*)?=/);
    fields[named?.[1] ?? Object.keys(fields).length] = readValue(scanner);
  } while (scanner.take(","));
  scanner.expect("}");
  return { kind: "struct", fields };
}
