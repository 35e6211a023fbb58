/**
 * The bytes on iperf3's control connection. The client opens it with a cookie of 36 characters and
 * a NUL; it opens each data connection with the same one. From then on, the server leads: a byte
 * names the next state, and in two of the states JSON messages are exchanged (control.ts).
 *
 *     client                           server
 *     cookie                  ->
 *                             <-       ParameterExchange
 *     parameters              ->
 *                             <-       CreateStreams
 *     data connections        ->
 *                             <-       TestStart, TestRunning
 *     TestEnd                 ->
 *                             <-       ExchangeResults
 *     results                 ->
 *                             <-       results, DisplayResults
 *     Done                    ->
 */
import { Random, randomBelow } from "../../../core/random";

export const enum ControlState {
  TestStart = 1,
  TestRunning = 2,
  TestEnd = 4,
  ParameterExchange = 9,
  CreateStreams = 10,
  ServerTerminate = 11,
  ClientTerminate = 12,
  ExchangeResults = 13,
  DisplayResults = 14,
  Done = 16,
  /** -2: two error codes follow, of iperf3 and of the system, in network order. */
  ServerError = 254,
  /** -1: another test is running. */
  AccessDenied = 255,
}

/** Bytes of a cookie, the NUL included. */
export const COOKIE: u32 = 37;
const ALPHABET: string = "abcdefghijklmnopqrstuvwxyz234567";

/** The port of a server, unless -p names another. */
export const IPERF3_PORT: u32 = 5201;
/** How long a peer may be silent on the control connection before and after the test. */
export const CONTROL_PATIENCE: i64 = 30_000_000;
/** How long a test may make no progress, as with iperf3's --rcv-timeout; both in microseconds. */
export const IDLE_PATIENCE: i64 = 120_000_000;

/** Returns the 36 characters of a new cookie. */
export function newCookie(random: Random): string {
  let cookie = "";
  for (let i: u32 = 1; i < COOKIE; i++) {
    cookie += ALPHABET.charAt(randomBelow(random, ALPHABET.length) as i32);
  }
  return cookie;
}
