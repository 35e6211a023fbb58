/** Takes up a tape: always its hash, and where it is wanted the tape itself. */
import { createHash } from "node:crypto";
import { Recorder } from "./recorder.ts";

export class Reel {
  readonly recorder = new Recorder((bytes) => this.take(bytes));
  private readonly hash = createHash("sha256");
  private readonly parts: Buffer[] = [];

  constructor(private readonly keeps = true) {}

  /** The hash of what was recorded so far. */
  digest(): string {
    this.recorder.flush();
    return this.hash.copy().digest("hex");
  }

  /** What was recorded so far. */
  tape(): Buffer {
    this.recorder.flush();
    return Buffer.concat(this.parts);
  }

  private take(bytes: Uint8Array): void {
    this.hash.update(bytes);
    if (this.keeps) this.parts.push(Buffer.from(bytes));
  }
}

/** The one hash of several kernels: of the hashes of their tapes. */
export function traceOf(digests: string[]): string {
  return createHash("sha256").update(digests.join("\n")).digest("hex");
}
