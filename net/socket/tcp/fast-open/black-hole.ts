/**
 * Avoids Fast Open on networks that silently drop connections opened with it, even after the
 * handshake. After a sign of such a network, this host opens connections without Fast Open for a
 * while; its listeners still accept it. As in Linux, each further sign doubles that time, until a
 * connection that was opened with Fast Open ends after it has received data.
 */

import { TcpCounter, TcpCounters } from "../counters";
import { FastOpenSettings } from "./settings";

/** The time is doubled at most this many times. */
const SHIFT_MAXIMUM: u32 = 6;

export class BlackHole {
  private times: u32 = 0;
  private until: i64 = 0;

  constructor(
    private readonly settings: FastOpenSettings,
    private readonly counters: TcpCounters,
  ) {}

  /** Reports whether this host must open connections without Fast Open now. */
  avoids(now: i64): bool {
    return now < this.until;
  }

  /** Notes a sign of a black hole. */
  detected(now: i64): void {
    const time = this.settings.blackHoleTime;
    if (time == 0) return;
    this.until = now + (time << min(this.times, SHIFT_MAXIMUM));
    this.times++;
    this.counters.add(TcpCounter.FastOpenBlackhole);
  }

  /** Notes that a connection which began with Fast Open has carried data. */
  passed(): void {
    this.times = 0;
  }
}
