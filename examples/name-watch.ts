/** An example program: resolves a name every few seconds and logs when the result changes. */
import { log } from "../core/log";
import { Program, register } from "../core/program";
import { NEVER, SECOND } from "../core/time";
import { dnsResolve } from "../net/api";
import { DnsQuery } from "../net/service/dns/query";
import { formatIpv4 } from "../net/wire/address";

const WATCHED: string = "mainnet.era.zksync.io";

class NameWatch extends Program {
  private query: DnsQuery | null = null;
  private nextAt: i64 = 2 * SECOND;
  private last: string = "";

  poll(now: i64): bool {
    const query = this.query;
    if (query == null) {
      if (now >= this.nextAt) this.query = dnsResolve(WATCHED);
    } else if (query.done) {
      const found = query.addresses.length > 0;
      this.show(found ? `is ${formatIpv4(query.addresses[0])}` : query.failure());
      this.query = null;
      this.nextAt = now + 5 * SECOND;
    }
    return false;
  }

  pollAt(_now: i64): i64 {
    return this.query == null ? this.nextAt : NEVER;
  }

  private show(news: string): void {
    if (news != this.last) log(`name-watch: ${WATCHED} ${news}`);
    this.last = news;
  }
}

register(new NameWatch());
