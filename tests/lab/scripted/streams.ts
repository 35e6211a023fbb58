/** The states of streams and some reasons why they fail, as in net/service/stream/stream.ts. */

export const enum Status {
  Connecting = 0,
  Open = 1,
  Finished = 2,
  Failed = 3,
}

export const enum Failure {
  None = 0,
  Refused = 1,
  TimedOut = 2,
  Reset = 4,
  Certificate = 6,
  Protocol = 7,
  Session = 8,
}
