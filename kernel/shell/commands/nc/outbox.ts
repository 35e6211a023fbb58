/** Bytes typed for a peer that does not take them yet. */
import { TcpConnection } from "../../../../net/socket/tcp/connection";

export class Outbox {
  private readonly texts: Array<ArrayBuffer> = [];
  private sent: u32 = 0;
  private ended: bool = false;
  private closed: bool = false;

  add(text: string): void {
    if (!this.ended) this.texts.push(String.UTF8.encode(text));
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
      this.texts.shift();
      this.sent = 0;
    }
    if (this.ended && !this.closed) {
      this.closed = true;
      connection.close();
    }
  }
}
