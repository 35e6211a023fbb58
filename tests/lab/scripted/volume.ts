/** The parsers of volumes (core/volume/) on an image. */
import { type Exports, load, readString, writeText } from "./assembly.ts";

export class VolumeBench {
  private constructor(private readonly wasm: Exports) {}

  static async load(): Promise<VolumeBench> {
    return new VolumeBench(await load("tests/lab/entries/volume.ts"));
  }

  /** Returns what the kernel finds on an image that can be read up to `readable`. */
  find(image: Uint8Array, name = "user-data", readable = image.length): string {
    const { wasm } = this;
    const at = this.place(image);
    const words = writeText(wasm, name);
    return readString(wasm.memory, wasm.find(at, image.length, readable, ...words));
  }

  /** The number of pages of 2 KiB that the last `find` read. */
  get pages(): number {
    return (this.wasm.pages as unknown as { value: number }).value;
  }

  private at = 0;
  private room = 0;
  private place(image: Uint8Array): number {
    if (image.length > this.room) {
      this.at = this.wasm.allocateBytes(image.length) >>> 0;
      this.room = image.length;
    }
    new Uint8Array(this.wasm.memory.buffer).set(image, this.at);
    return this.at;
  }
}
