/**
 * Delays the start of a command while no interface has an address but DHCP may supply one. Without
 * DHCP, a command starts at once and reports that the network is unreachable.
 */
import { SECOND } from "../../core/time";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, Job, RUNNING } from "./command";
import { Session } from "./session";

/** How long commands wait for the network, in microseconds. */
export const NETWORK_PATIENCE: i64 = 10 * SECOND;

export class NetworkWait extends Job {
  private started: Job | null = null;
  private readonly deadline: i64;

  constructor(
    private readonly command: Command,
    private readonly words: Array<string>,
    private readonly session: Session,
  ) {
    super();
    this.deadline = session.now + NETWORK_PATIENCE;
  }
  poll(now: i64): i32 {
    const running = this.started;
    if (running != null) return running.poll(now);
    if (!this.session.network.awaited()) {
      const job = this.command.start(this.words, this.session);
      this.started = job;
      return job.poll(now);
    }
    if (now < this.deadline) return RUNNING;
    const reason = this.session.network.reason();
    this.session.error(this.command.name, `network is not configured: ${reason}`);
    return EXIT_FAILURE;
  }
  pollAt(): i64 {
    const running = this.started;
    return running == null ? this.deadline : running.pollAt();
  }
  cancel(): i32 {
    const running = this.started;
    return running != null ? running.cancel() : EXIT_INTERRUPTED;
  }
  readsInput(): bool {
    const running = this.started;
    return running != null && running.readsInput();
  }
  line(text: string): void {
    const running = this.started;
    if (running != null) running.line(text);
  }
  endOfInput(): void {
    const running = this.started;
    if (running != null) running.endOfInput();
  }
}
