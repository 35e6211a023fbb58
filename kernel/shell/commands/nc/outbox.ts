/** Lines typed for a peer that does not take them yet. */
import { NC_BYTES, NC_LINES } from "../../../../core/limits";
import { TcpConnection } from "../../../../net/socket/tcp/connection";

export class Outbox {
  private readonly texts: Array<ArrayBuffer> = [];
  /** Bytes of all of them, and how many of the first are sent. */
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

  /** It is better to add nothing for now. */
  full(): bool {
    return this.bytes >= NC_BYTES || (this.texts.length as u32) >= NC_LINES;
  }

  /** The oldest line, taken out; there must be one. */
  shift(): ArrayBuffer {
    const line = this.texts.shift();
    this.bytes -= line.byteLength;
    this.sent = 0;
    return line;
  }

  empty(): bool {
    return this.texts.length == 0;
  }

  /** Nothing more will be typed. */
  end(): void {
    this.ended = true;
  }

  /** Writes what the connection takes, and ends its direction after the last byte. */
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
