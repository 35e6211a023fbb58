/** Compares what happened with what a script expects, in the words of packetdrill. */
import type { Outcome } from "./descriptor.ts";
import type { SystemCall } from "./script.ts";
import { errors } from "./values.ts";

/** Returns what to report of an event that happened at another time; times are in seconds. */
export function timing(what: string, expected: number, actual: number, tolerance: number): string {
  return (
    `timing error: expected ${what} at ${expected.toFixed(6)} sec ` +
    `but happened at ${actual.toFixed(6)} sec; tolerance ${tolerance.toFixed(6)} sec`
  );
}

/** Compares what a call returned with what the script expects. */
export function compare(call: SystemCall, outcome: Outcome): void {
  const { result, error, name } = call;
  if (result.kind === "any") return;
  const expected = result.kind === "number" ? result.number : Number.NaN;
  const expectsError = expected === -1 && error !== undefined;
  const expectedError = error === "EWOULDBLOCK" ? "EAGAIN" : error;
  const same = expected === outcome.value && (!expectsError || expectedError === outcome.error);
  if (same) return;
  const wanted = `Expected result ${expected}${error === undefined ? "" : ` ${error}`}`;
  const why = outcome.error === undefined ? "" : ` with errno ${describe(outcome.error)}`;
  throw new Error(`runtime error in ${name} call: ${wanted} but got ${outcome.value}${why}`);
}

function describe(error: string): string {
  const [number, words] = errors[error];
  return `${number} (${words})`;
}
