/** What all TLS connections of one engine share, and what one of them is asked to be. */
import { TLS_READ_BYTES } from "../../../core/limits";
import { TlsEngine } from "./engine";
import { TlsSessions } from "./sessions";

export class TlsShared {
  readonly sessions: TlsSessions = new TlsSessions();
  /** Bytes on their way between the engine and a stream, within one call. */
  readonly scratch: StaticArray<u8> = new StaticArray<u8>(TLS_READ_BYTES as i32);

  constructor(readonly engine: TlsEngine) {}
}

/** The whole of what one connection is to be. */
export class TlsOptions {
  /** The other end is the client. */
  server: bool = false;
  /** Whom to talk to: a name, or an address in text. Empty for a server. */
  host: string = "";
  /** Its port: sessions are kept for both. */
  port: u32 = 0;
  /** `curl -k`: whoever answers is taken. Nothing else sets it. */
  insecure: bool = false;

  /** A client's. A name may end in a dot or have capitals, but no certificate is for such a one. */
  static client(host: string, port: u32): TlsOptions {
    const options = new TlsOptions();
    const name = host.endsWith(".") ? host.substring(0, host.length - 1) : host;
    options.host = name.toLowerCase();
    options.port = port;
    return options;
  }
}

/** When each part of a handshake was over, in microseconds since boot; 0 while it is not. */
export class TlsTimes {
  /** The stream below was there, the handshake began. */
  began: i64 = 0;
  /** The first bytes of the peer came. */
  answered: i64 = 0;
  finished: i64 = 0;
}
