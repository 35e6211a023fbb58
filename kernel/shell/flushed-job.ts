/** A job that first waits until everything printed has left the machine. */
import { MILLISECOND, SECOND } from "../../core/time";
import { Job, RUNNING } from "./command";
import { Session } from "./session";

/** Microseconds to wait for the serial line at most. */
const FLUSH_WAIT: i64 = 2 * SECOND;
/** Microseconds between two checks of the serial line. */
const FLUSH_STEP: i64 = MILLISECOND;

export abstract class FlushedJob extends Job {
  private readonly deadline: i64;
  private at: i64;

  constructor(protected readonly session: Session) {
    super();
    this.at = session.now;
    this.deadline = session.now + FLUSH_WAIT;
    session.terminal.freshLine();
  }

  poll(now: i64): i32 {
    this.at = now + FLUSH_STEP;
    if (!this.session.terminal.flushed() && now < this.deadline) return RUNNING;
    return this.proceed();
  }

  pollAt(): i64 {
    return this.at;
  }

  /** Continues after the wait; polled until it returns an exit code. */
  protected abstract proceed(): i32;
}
