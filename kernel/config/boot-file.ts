/** A file that configures this machine, wherever it comes from. */
import { Utf8Decoder } from "../../core/utf8";

/** The beginning of a file, and the length of the whole file in bytes. */
export class BootFile {
  constructor(
    readonly bytes: StaticArray<u8>,
    readonly length: u32,
  ) {}

  /** Decodes the bytes that were read; invalid UTF-8 becomes U+FFFD. */
  text(): string {
    return new Utf8Decoder().decode(changetype<usize>(this.bytes), this.bytes.length);
  }
}
