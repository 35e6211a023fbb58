/** Session resumption for one connection: the session it offers, and those it receives. */
import { TLS_SESSION_BYTES } from "../../../core/limits";
import { TlsNumberField } from "../../../core/tls-codes";
import { TlsSession } from "./sessions";
import { TlsOptions, TlsShared } from "./shared";

/** `TlsNumberField.Version` of TLS 1.2. */
const TLS_1_2: i32 = 0x303;

export class TlsResumption {
  /** Whether an earlier connection's session was resumed. */
  resumed: bool = false;
  /** Whether a session was cached that a later connection can resume. */
  kept: bool = false;
  /** The session offered in the handshake; null once it is over. */
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

  /**
   * Called when the handshake is complete. Returns a resumed TLS 1.2 session to the cache; a TLS
   * 1.3 ticket is used only once (RFC 8446 appendix C.4).
   */
  opened(): void {
    const engine = this.shared.engine;
    this.resumed = engine.number(this.handle, TlsNumberField.Resumed) == 1;
    const offered = this.offered;
    if (offered == null) return;
    this.offered = null;
    const isTls12 = engine.number(this.handle, TlsNumberField.Version) == TLS_1_2;
    if (this.resumed && isTls12 && !this.kept) {
      this.shared.sessions.keep(offered);
      this.kept = true;
    } else {
      offered.wipe();
    }
  }

  /** Caches the session that the engine has received, if the server was verified. */
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
   * Called when the handshake failed. If a session was offered, removes the server's sessions from
   * the cache and returns true. The session may be the cause: with one, mbedTLS offers only the
   * session's version of TLS, which the server may no longer support.
   */
  handshakeFailed(): bool {
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
