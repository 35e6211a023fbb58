/** Writes responses to streams: the head, and a small body with it, in one piece. */
import { writeAscii } from "../../../../core/text";
import { Stream } from "../../stream/stream";
import { HttpResponse, RESPONSE_HEAD_BYTES } from "./response";

/** A body of at most this length is copied behind its head. */
const SMALL_BODY: u32 = 4096;

export class ResponseWriter {
  /** Where a response is put together; nothing stays in it. */
  private readonly scratch: StaticArray<u8> = new StaticArray<u8>(RESPONSE_HEAD_BYTES + SMALL_BODY);

  /** `server` is the value of the Server header. */
  constructor(private readonly server: string) {}

  /** Writes the head and, if small, the body; false when the stream has no room for now. */
  writeHead(stream: Stream, response: HttpResponse, minorVersion: u32): bool {
    if (stream.writable() < RESPONSE_HEAD_BYTES + SMALL_BODY) return false;
    const start = changetype<usize>(this.scratch);
    let length = response.writeHead(start, this.server, minorVersion);
    const body = response.content();
    if (body != null) {
      const here = body.peekLength();
      if (here <= SMALL_BODY) {
        memory.copy(start + length, body.peekPointer(), here);
        body.consume(here);
        length += here;
      }
    }
    stream.write(start, length);
    return true;
  }

  /** Writes a short text if there is room for it. */
  writeText(stream: Stream, text: string): void {
    if (stream.writable() < RESPONSE_HEAD_BYTES) return;
    stream.write(
      changetype<usize>(this.scratch),
      writeAscii(changetype<usize>(this.scratch), text),
    );
  }
}
