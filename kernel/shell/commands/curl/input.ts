/** Reads what is typed for the body of `curl` (`-T -`, `-d @-`), and then runs the request. */
import { CURL_INPUT_BYTES } from "../../../../core/limits";
import { TextBuilder } from "../../../../core/text-builder";
import { EXIT_INTERRUPTED, Job, RUNNING } from "../../command";
import { Session } from "../../session";

/** curl's exit code if the data to send cannot be read. */
export const EXIT_READ: i32 = 26;

/** The command that continues once the input has been typed. */
export interface InputUser {
  startWithInput(words: Array<string>, input: string, session: Session): Job;
}

export class CurlInput extends Job {
  private readonly text: TextBuilder = new TextBuilder();
  private job: Job | null = null;
  private length: u32 = 0;

  constructor(
    private readonly user: InputUser,
    private readonly words: Array<string>,
    private readonly session: Session,
  ) {
    super();
  }

  poll(now: i64): i32 {
    const job = this.job;
    if (job != null) return job.poll(now);
    if (this.length <= CURL_INPUT_BYTES) return RUNNING;
    const most = `more than ${CURL_INPUT_BYTES} characters were typed`;
    this.session.error("curl", `(${EXIT_READ}) ${most}`);
    return EXIT_READ;
  }
  pollAt(): i64 {
    const job = this.job;
    return job == null ? super.pollAt() : job.pollAt();
  }
  cancel(): i32 {
    const job = this.job;
    return job == null ? EXIT_INTERRUPTED : job.cancel();
  }
  readsInput(): bool {
    return this.job == null;
  }
  line(text: string): void {
    this.length += text.length + 1;
    if (this.length > CURL_INPUT_BYTES) return;
    this.text.add(text);
    this.text.addUnit(0x0a);
  }
  endOfInput(): void {
    // The time limits start now.
    this.session.since = this.session.now;
    this.job = this.user.startWithInput(this.words, this.text.toString(), this.session);
  }
}
