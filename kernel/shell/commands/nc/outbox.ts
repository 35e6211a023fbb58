/** The lines typed to `nc` that the peer has not taken yet. */
import { NC_BYTES, NC_LINES } from "../../../../core/limits";
import { TcpConnection } from "../../../../net/socket/tcp/connection";

export class Outbox {
  private readonly texts: Array<ArrayBuffer> = [];
  /** Bytes of all lines, and bytes of the first one that have been sent. */
  private bytes: u32 = 0;
  private sent: u32 = 0;
  private ended: bool = false;
  private closed: bool = false;

  add(text: string): void {
    if (this.ended) return;
    const line = String.UTF8.encode(text + "\n");
    this.texts.push(line);
    this.bytes += line.byteLength;
  }

  /** Reports whether reading should pause; a line more still fits. */
  full(): bool {
    return this.bytes >= NC_BYTES || (this.texts.length as u32) >= NC_LINES;
  }

  /** Removes and returns the oldest line; the outbox must not be empty. */
  shift(): ArrayBuffer {
    const line = this.texts.shift();
    this.bytes -= line.byteLength;
    this.sent = 0;
    return line;
  }

  empty(): bool {
    return this.texts.length == 0;
  }

  /** Notes the end of the input. */
  end(): void {
    this.ended = true;
  }

  /** Writes what the connection takes, and sends a FIN after the last byte. */
  sendTo(connection: TcpConnection): void {
    if (!connection.established()) return;
    while (this.texts.length > 0) {
      const text = this.texts[0];
      const left = (text.byteLength as u32) - this.sent;
      this.sent += connection.write(changetype<usize>(text) + this.sent, left);
      if (this.sent < (text.byteLength as u32)) return;
      this.shift();
    }
    if (this.ended && !this.closed) {
      this.closed = true;
      connection.close();
    }
  }
}
