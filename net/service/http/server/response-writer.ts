/** Writes responses to streams: the head and a small body in one piece. */
import { HTTP_RESPONSE_HEAD_BYTES, HTTP_SMALL_BODY_BYTES } from "../../../../core/limits";
import { writeAscii } from "../../../../core/text";
import { Stream } from "../../stream/stream";
import { HttpResponse } from "./response";

/** Shared by all connections of a server. */
export class ResponseWriter {
  /** Where a response is assembled; not kept between calls. */
  private readonly scratch: StaticArray<u8> = new StaticArray<u8>(
    HTTP_RESPONSE_HEAD_BYTES + HTTP_SMALL_BODY_BYTES,
  );

  /** `server` is the value of the Server field. */
  constructor(private readonly server: string) {}

  /** Writes the head and, if small, the body. Returns false if the stream lacks room. */
  writeHead(stream: Stream, response: HttpResponse, minorVersion: u32): bool {
    if (stream.writable() < HTTP_RESPONSE_HEAD_BYTES + HTTP_SMALL_BODY_BYTES) return false;
    const start = changetype<usize>(this.scratch);
    let length = response.writeHead(start, this.server, minorVersion);
    const body = response.content();
    if (body != null) {
      const here = body.peekLength();
      if (here <= HTTP_SMALL_BODY_BYTES) {
        memory.copy(start + length, body.peekPointer(), here);
        body.consume(here);
        length += here;
      }
    }
    stream.write(start, length);
    return true;
  }

  /** Writes an ASCII text of at most HTTP_RESPONSE_HEAD_BYTES if the stream has room. */
  writeText(stream: Stream, text: string): void {
    if (stream.writable() < HTTP_RESPONSE_HEAD_BYTES) return;
    stream.write(
      changetype<usize>(this.scratch),
      writeAscii(changetype<usize>(this.scratch), text),
    );
  }
}
