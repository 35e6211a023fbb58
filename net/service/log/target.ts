/** Where the log is sent, as `netconsole=` and `syslog=` name it. */
import { LogFormat } from "./message";

/** The ports of syslog over UDP (RFC 5426 section 3.3) and over TLS (RFC 5425 section 4.1). */
export const SYSLOG_PORT: u32 = 514;
export const SYSLOG_TLS_PORT: u32 = 6514;

export class LogTarget {
  constructor(
    readonly format: LogFormat,
    /** A name or an address. */
    readonly host: string,
    /** 1 to 65535 */
    readonly port: u32,
    /** The port to send from by UDP; 0 for any. */
    readonly localPort: u32,
    /** Whether to send by TLS rather than UDP. */
    readonly secure: bool,
  ) {}

  /** `udp://HOST:PORT` or `tls://HOST:PORT` */
  toString(): string {
    return `${this.secure ? "tls" : "udp"}://${this.host}:${this.port}`;
  }
}

/** Carries messages to one host. Times are in microseconds since boot. */
export interface LogTransport {
  /**
   * Does what is due. Returns how many of the last messages are known to be lost, because the next
   * hop has failed or the host has refused them; the caller sends them again. Over TLS, losses are
   * not noticed.
   */
  poll(now: i64): u32;
  /** Returns when to call `poll` next while there is nothing to send. */
  pollAt(): i64;
  /** Reports whether `send` can be called. */
  ready(now: i64): bool;
  /** Sends a message. Returns false if there is no room. */
  send(message: ArrayBuffer): bool;
}
