/**
 * The cache of resumable sessions (RFC 8446 section 4.6.1, RFC 5077): two per server, used only for
 * the same name and port, and for at most seven days. `take` removes a session; one of TLS 1.2 may
 * be put back.
 */
import { TLS_SESSIONS, TLS_SESSIONS_PER_SERVER } from "../../../core/limits";
import { MINUTE } from "../../../core/time";

/** The maximum lifetime of a ticket (RFC 8446 section 4.6.1). */
const LIFETIME: i64 = 7 * 24 * 60 * MINUTE;

/** A session in the engine's format, and the server that it is valid for. */
export class TlsSession {
  constructor(
    readonly host: string,
    readonly port: u32,
    readonly bytes: StaticArray<u8>,
    /** In microseconds since boot. */
    readonly expiresAt: i64,
  ) {}

  isFor(host: string, port: u32): bool {
    return this.port == port && this.host == host;
  }

  /** Overwrites the session with zeros, as it holds secrets. */
  wipe(): void {
    memory.fill(changetype<usize>(this.bytes), 0, this.bytes.length);
  }
}

/** Up to TLS_SESSIONS sessions. */
export class TlsSessions {
  /** Oldest first. */
  private kept: Array<TlsSession> = [];

  get count(): u32 {
    return this.kept.length;
  }

  /** Adds a copy of `length` bytes at `pointer`. */
  put(host: string, port: u32, pointer: usize, length: u32, now: i64): void {
    const bytes = new StaticArray<u8>(length as i32);
    memory.copy(changetype<usize>(bytes), pointer, length);
    this.keep(new TlsSession(host, port, bytes, now + LIFETIME));
  }

  /** Adds a session; drops the server's oldest, or the oldest of all, if there are too many. */
  keep(session: TlsSession): void {
    let found: i32 = 0;
    for (let i = this.kept.length - 1; i >= 0; i--) {
      if (!this.kept[i].isFor(session.host, session.port) || ++found < TLS_SESSIONS_PER_SERVER)
        continue;
      this.kept[i].wipe();
      this.kept.splice(i, 1);
    }
    if ((this.kept.length as u32) == TLS_SESSIONS) this.kept.shift().wipe();
    this.kept.push(session);
  }

  /** Removes and returns the server's newest session; null if there is none or it has expired. */
  take(host: string, port: u32, now: i64): TlsSession | null {
    const session = this.remove(host, port);
    if (session == null || now < session.expiresAt) return session;
    session.wipe();
    return null;
  }

  /** Removes a server's sessions, after a handshake with one has failed. */
  forget(host: string, port: u32): void {
    for (let old = this.remove(host, port); old != null; old = this.remove(host, port)) old.wipe();
  }

  /** Removes all sessions, after the trusted roots have changed. */
  clear(): void {
    while (this.kept.length > 0) this.kept.pop().wipe();
  }

  private remove(host: string, port: u32): TlsSession | null {
    for (let i = this.kept.length - 1; i >= 0; i--) {
      const session = this.kept[i];
      if (!session.isFor(host, port)) continue;
      this.kept.splice(i, 1);
      return session;
    }
    return null;
  }
}
