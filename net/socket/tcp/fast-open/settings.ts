/**
 * What the administrator of a host decides about TCP Fast Open (RFC 7413), with the names and bits
 * of Linux (Documentation/networking/ip-sysctl.rst).
 */
import { Random } from "../../../../core/random";

// The bits of `tcp_fastopen`.
const CLIENT: u32 = 1;
const SERVER: u32 = 2;
/** Data in SYNs to peers of which no cookie is known. */
const CLIENT_WITHOUT_COOKIE: u32 = 4;
/** Data in SYNs is accepted without a cookie. */
const SERVER_WITHOUT_COOKIE: u32 = 0x200;
/** Listeners have Fast Open without TCP_FASTOPEN, for as many connections as their backlog. */
const SERVER_EVERYWHERE: u32 = 0x400;

export class FastOpenSettings {
  /** `tcp_fastopen` */
  bits: u32 = CLIENT;
  /** `tcp_fastopen_blackhole_timeout_sec` in microseconds; 0 does not look for black holes. */
  blackHoleTime: i64 = 0;
  /** `tcp_fastopen_key`: the key of cookies, as siphash takes it. */
  key0: u64 = 0;
  key1: u64 = 0;
  /** Whether the key was drawn or set. */
  private keyed: bool = false;

  get connects(): bool {
    return (this.bits & CLIENT) != 0;
  }
  get connectsWithoutCookie(): bool {
    return (this.bits & CLIENT_WITHOUT_COOKIE) != 0;
  }
  get serves(): bool {
    return (this.bits & SERVER) != 0;
  }
  get servesWithoutCookie(): bool {
    return (this.bits & SERVER_WITHOUT_COOKIE) != 0;
  }
  get servesEverywhere(): bool {
    return (this.bits & SERVER_EVERYWHERE) != 0;
  }

  /** Sets the key, which hosts that serve one address share (RFC 7413 section 4.1.2). */
  setKey(key0: u64, key1: u64): void {
    this.key0 = key0;
    this.key1 = key1;
    this.keyed = true;
  }

  /** Draws a key unless there is one: a new one each time the kernel starts. */
  drawKey(random: Random): void {
    if (this.keyed) return;
    const key0 = ((random.next32() as u64) << 32) | (random.next32() as u64);
    const key1 = ((random.next32() as u64) << 32) | (random.next32() as u64);
    this.setKey(key0, key1);
  }
}
