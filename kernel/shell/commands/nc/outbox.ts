/**
 * The lines typed into `nc` that the socket has not accepted yet. When the outbox is full, `nc`
 * stops reading, and further input waits in the shell's type-ahead buffer.
 */
import { NC_BYTES, NC_LINES } from "../../../../core/limits";
import { TcpConnection } from "../../../../net/socket/tcp/connection";

export class Outbox {
  private readonly texts: Array<ArrayBuffer> = [];
  /** Bytes of all lines. */
  private bytes: u32 = 0;
  /** Bytes of the first line that the connection has taken. */
  private written: u32 = 0;
  private ended: bool = false;
  private closed: bool = false;

  /** Appends a line and its newline; ignored after `end`. */
  add(text: string): void {
    if (this.ended) return;
    const line = String.UTF8.encode(text + "\n");
    this.texts.push(line);
    this.bytes += line.byteLength;
  }

  /** Reports whether input should pause. Lines added nevertheless are kept. */
  full(): bool {
    return this.bytes >= NC_BYTES || (this.texts.length as u32) >= NC_LINES;
  }

  /** Removes and returns the oldest line; the outbox must not be empty. */
  shift(): ArrayBuffer {
    const line = this.texts.shift();
    this.bytes -= line.byteLength;
    this.written = 0;
    return line;
  }

  empty(): bool {
    return this.texts.length == 0;
  }

  /** Ends the input: `sendTo` closes the connection after the last line. */
  end(): void {
    this.ended = true;
  }

  /** Writes what the connection has room for. After `end` and the last byte, closes it (FIN). */
  sendTo(connection: TcpConnection): void {
    if (!connection.established()) return;
    while (this.texts.length > 0) {
      const text = this.texts[0];
      const left = (text.byteLength as u32) - this.written;
      this.written += connection.write(changetype<usize>(text) + this.written, left);
      if (this.written < (text.byteLength as u32)) return;
      this.shift();
    }
    if (this.ended && !this.closed) {
      this.closed = true;
      connection.close();
    }
  }
}
