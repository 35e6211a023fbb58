/** State shared by all TLS connections, and the options and times of one. */
import { TLS_READ_BYTES } from "../../../core/limits";
import { TlsEngine } from "./engine";
import { Farewells } from "./farewells";
import { TlsSessions } from "./sessions";

/** The engine, the session cache, connections that linger, and a buffer. */
export class TlsShared {
  readonly sessions: TlsSessions = new TlsSessions();
  readonly farewells: Farewells = new Farewells();
  /** Bytes on their way between the engine and a stream; not kept between calls. */
  readonly scratch: StaticArray<u8> = new StaticArray<u8>(TLS_READ_BYTES as i32);

  constructor(readonly engine: TlsEngine) {}
}

/** The options of a connection. */
export class TlsOptions {
  /** Whether this end is the server. */
  server: bool = false;
  /** The server to verify: a name, or an address as text. Unused if this end is the server. */
  host: string = "";
  /** The server's port: sessions are cached by name and port. */
  port: u32 = 0;
  /** Whether to skip the verification of the server. Only `curl -k` sets it. */
  insecure: bool = false;
  /** Whether to do a full handshake, in which the server shows its certificates. */
  fresh: bool = false;
  /** Whether to offer http/1.1 by ALPN (RFC 7301). */
  alpn: bool = true;

  /** Returns a client's options. Converts `host` to lower case and removes a trailing dot. */
  static client(host: string, port: u32): TlsOptions {
    const options = new TlsOptions();
    const name = host.endsWith(".") ? host.substring(0, host.length - 1) : host;
    options.host = name.toLowerCase();
    options.port = port;
    return options;
  }
}

/** Timestamps of a handshake, in microseconds since boot; 0 until reached. */
export class TlsTimes {
  /** The stream below was open and the handshake began. */
  began: i64 = 0;
  /** The peer's first bytes arrived. */
  answered: i64 = 0;
  finished: i64 = 0;
}
