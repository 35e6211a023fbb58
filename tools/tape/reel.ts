/** Collects a recording: its hash and, unless `keeps` is false, the tape itself. */
import { createHash } from "node:crypto";
import { Recorder } from "./recorder.ts";

export class Reel {
  readonly recorder = new Recorder((bytes) => this.take(bytes));
  private readonly hash = createHash("sha256");
  private readonly parts: Buffer[] = [];

  constructor(private readonly keeps = true) {}

  /** Returns the hash of the recording so far. */
  digest(): string {
    this.recorder.flush();
    return this.hash.copy().digest("hex");
  }

  /** Returns the recording so far; empty unless it is kept. */
  tape(): Buffer {
    this.recorder.flush();
    return Buffer.concat(this.parts);
  }

  private take(bytes: Uint8Array): void {
    this.hash.update(bytes);
    if (this.keeps) this.parts.push(Buffer.from(bytes));
  }
}

/** Returns the trace of several kernels: a hash over the hashes of their tapes. */
export function traceOf(digests: string[]): string {
  return createHash("sha256").update(digests.join("\n")).digest("hex");
}
