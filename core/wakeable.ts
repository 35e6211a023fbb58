/** Something that is not polled until what it waits for may have happened. */
export interface Wakeable {
  /** Requests a poll. Must not allocate, as it is called while packets are handled. */
  wake(): void;
}

/** Wakes `sleeper`, if there is one. */
export function wake(sleeper: Wakeable | null): void {
  if (sleeper != null) sleeper.wake();
}
