/** What sleeps until something that it waits for may have happened. */
export interface Wakeable {
  /** Has it polled soon. It must allocate nothing: it is called while packets are handled. */
  wake(): void;
}

/** Wakes `sleeper`, if there is one. */
export function wake(sleeper: Wakeable | null): void {
  if (sleeper != null) sleeper.wake();
}
