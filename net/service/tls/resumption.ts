/** The sessions of one connection: the one that it offers, and those that it receives. */
import { TLS_SESSION_BYTES } from "../../../core/limits";
import { TlsNumber } from "../../../core/tls-codes";
import { TlsSession } from "./sessions";
import { TlsOptions, TlsShared } from "./shared";

/** `TlsNumber.Version` of TLS 1.2. */
const TLS_1_2: i32 = 0x303;

export class TlsResumption {
  /** The session of an earlier connection was resumed. */
  resumed: bool = false;
  /** A session arrived that a later connection can resume. */
  kept: bool = false;
  /** The session offered, during the handshake. */
  private offered: TlsSession | null = null;

  constructor(
    private readonly shared: TlsShared,
    private readonly handle: u32,
    private readonly options: TlsOptions,
  ) {}

  /** Offers a session in the coming handshake. */
  offer(session: TlsSession): void {
    const bytes = session.bytes;
    this.shared.engine.resume(this.handle, changetype<usize>(bytes), bytes.length as u32);
    this.offered = session;
  }

  /** The handshake is complete: TLS 1.2 sessions are reusable, 1.3's are not (RFC 8446 C.4). */
  opened(): void {
    const engine = this.shared.engine;
    this.resumed = engine.number(this.handle, TlsNumber.Resumed) == 1;
    const offered = this.offered;
    if (offered == null) return;
    this.offered = null;
    const old = engine.number(this.handle, TlsNumber.Version) == TLS_1_2;
    if (this.resumed && old && !this.kept) {
      this.shared.sessions.keep(offered);
      this.kept = true;
    } else {
      offered.wipe();
    }
  }

  /** Stores a new session if the server was verified. */
  keep(now: i64): void {
    const options = this.options;
    if (options.server || options.insecure) return;
    const scratch = changetype<usize>(this.shared.scratch);
    const length = this.shared.engine.session(this.handle, scratch, TLS_SESSION_BYTES);
    if (length == 0 || length > TLS_SESSION_BYTES) return;
    this.shared.sessions.put(options.host, options.port, scratch, length, now);
    memory.fill(scratch, 0, length);
    this.kept = true;
  }

  /**
   * The handshake failed. Returns true if a session was offered, which may be the cause: mbedTLS
   * then offers only the session's version of TLS, which the server may have dropped. The server's
   * sessions are removed.
   */
  refused(): bool {
    if (this.offered == null) return false;
    this.shared.sessions.forget(this.options.host, this.options.port);
    return true;
  }

  /** Drops the session offered in a handshake that did not complete. */
  end(): void {
    const offered = this.offered;
    if (offered != null) offered.wipe();
    this.offered = null;
  }
}
