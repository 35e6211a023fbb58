/**
 * Reads a PEM block (RFC 7468) pasted into the console, up to its END line. Text before the BEGIN
 * line is skipped, as openssl does.
 */
import { PEM_LENGTH } from "../../../../core/limits";
import { PemLine, PemReader } from "../../../../core/pem";
import { EXIT_FAILURE, Job, RUNNING } from "../../command";
import { Session } from "../../session";

/** Runs until the END line, an error or Ctrl-C. */
export abstract class PasteJob extends Job {
  private readonly pem: PemReader;
  private ended: bool = false;
  private failure: string = "";

  /** `what` names the block to the user, and `label` in PEM. */
  constructor(
    protected readonly session: Session,
    private readonly what: string,
    label: string,
  ) {
    super();
    this.pem = new PemReader(label);
    session.printLine(`paste the ${what}, from ${this.pem.begin} to ${this.pem.end}`);
  }

  /** Uses the block. Returns the exit code. */
  protected abstract use(pointer: usize, length: u32): i32;

  /** Stops reading at the END line or an error; later input goes to the prompt. */
  readsInput(): bool {
    return !this.ended && this.failure == "";
  }

  line(text: string): void {
    const line = this.pem.take(text);
    this.ended = line == PemLine.End;
    if (line == PemLine.ForeignEnd) {
      this.failure = `that is not a ${this.what}: expected ${this.pem.begin}`;
    }
    if (!this.ended && this.pem.length > PEM_LENGTH) this.failure = `${this.what} too long`;
  }

  endOfInput(): void {
    if (!this.ended) this.failure = `missing line ${this.pem.end}`;
  }

  poll(_now: i64): i32 {
    if (this.failure != "") return this.fail(this.failure);
    if (!this.ended) return RUNNING;
    const bytes = String.UTF8.encode(this.pem.block);
    return this.use(changetype<usize>(bytes), bytes.byteLength);
  }

  protected fail(reason: string): i32 {
    this.session.error("ca", reason);
    return EXIT_FAILURE;
  }
}
