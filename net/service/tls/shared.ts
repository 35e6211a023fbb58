/** What all TLS connections of an engine share, and the options of one. */
import { TLS_READ_BYTES } from "../../../core/limits";
import { TlsEngine } from "./engine";
import { TlsSessions } from "./sessions";

export class TlsShared {
  readonly sessions: TlsSessions = new TlsSessions();
  /** A buffer for bytes between the engine and a stream, used within one call. */
  readonly scratch: StaticArray<u8> = new StaticArray<u8>(TLS_READ_BYTES as i32);

  constructor(readonly engine: TlsEngine) {}
}

/** The options of a connection. */
export class TlsOptions {
  /** This end is the server. */
  server: bool = false;
  /** The server to verify: a name, or an address as text. Empty for a server's own end. */
  host: string = "";
  /** The server's port: sessions are cached by name and port. */
  port: u32 = 0;
  /** Do not verify the server. Only `curl -k` sets it. */
  insecure: bool = false;

  /** Returns a client's options. Certificates have names in lower case, without a final dot. */
  static client(host: string, port: u32): TlsOptions {
    const options = new TlsOptions();
    const name = host.endsWith(".") ? host.substring(0, host.length - 1) : host;
    options.host = name.toLowerCase();
    options.port = port;
    return options;
  }
}

/** When each phase of a handshake ended, in microseconds since boot; 0 until it has. */
export class TlsTimes {
  /** The stream below was open and the handshake began. */
  began: i64 = 0;
  /** The peer's first bytes arrived. */
  answered: i64 = 0;
  finished: i64 = 0;
}
