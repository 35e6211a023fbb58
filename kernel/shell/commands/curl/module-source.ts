/** A boot module as the body of a request. */
import { CURL_PIECE_BYTES } from "../../../../core/limits";
import { BootModule } from "../../../../machine/boot";
import { BodySource } from "../../../../net/service/http/message/body";

/** Reads a module piece by piece, so that its length does not matter. */
export class ModuleSource extends BodySource {
  private readonly piece: StaticArray<u8> = new StaticArray<u8>(CURL_PIECE_BYTES as i32);
  /** Bytes of the module before the piece, bytes in the piece, and bytes consumed of it. */
  private before: u32 = 0;
  private held: u32 = 0;
  private taken: u32 = 0;

  constructor(private readonly module: BootModule) {
    super();
    this.fill();
  }

  length(): u64 {
    return this.module.length;
  }
  peekPointer(): usize {
    return changetype<usize>(this.piece) + this.taken;
  }
  peekLength(): u32 {
    return this.held - this.taken;
  }
  consume(length: u32): void {
    this.taken += length;
    if (this.taken < this.held) return;
    this.before += this.held;
    this.fill();
  }
  rewind(): void {
    this.before = 0;
    this.fill();
  }

  private fill(): void {
    this.taken = 0;
    this.held = this.module.readAt(this.before, changetype<usize>(this.piece), CURL_PIECE_BYTES);
  }
}
