/** The mutants of the kernel that the simulator must notice. */
import type { Mutant } from "../lab/host/mutant.ts";

export const mutants: Mutant[] = [
  [
    "sends one byte past the peer's window",
    "net/socket/tcp/output/transmit.ts",
    "return window < room ? window : room;",
    "return window + 1 < room ? window + 1 : room;",
  ],
  [
    "does not start the retransmission timer",
    "net/socket/tcp/output/transmit.ts",
    "if (resting) armTimeout(block, now);",
    "",
  ],
  [
    "does not restart the persist timer",
    "net/socket/tcp/output/transmit.ts",
    "persist.probed();\n  armPersist(block, now);",
    "persist.probed();",
  ],
  [
    "places an out-of-order segment one byte too far",
    "net/socket/tcp/receive/reassembly.ts",
    "if (before(from, end)) ring.place(from - next,",
    "if (before(from, end)) ring.place(from + 1 - next,",
  ],
  [
    "accepts bytes past its own window",
    "net/socket/tcp/receive/receiver.ts",
    "if (before(this.edge, end)) end = this.edge;",
    "",
  ],
  [
    "does not pad short frames",
    "net/iface/link/link.ts",
    "if (length < ETHERNET_MINIMUM) {",
    "if (false) {",
  ],
  [
    "does not clear the padding of short frames",
    "net/iface/link/link.ts",
    "store<u64>(at, 0);",
    "",
  ],
  [
    "leaks the frame that a neighbor's full queue drops",
    "net/iface/link/neighbor-cache.ts",
    "this.link.pool.release(entry.queue.pop()!);",
    "entry.queue.pop();",
  ],
  [
    "does not arm the timer if the deadline is more than 54 ms away",
    "machine/timer.ts",
    "if (deadline == NEVER || deadline <= now) return;",
    "if (deadline == NEVER || deadline <= now || deadline - now > LONGEST) return;",
  ],
  [
    "computes checksums without the last byte of odd lengths",
    "net/wire/checksum.ts",
    "total += load<u8>(at) as u64;",
    "total += 0;",
  ],
  [
    "does not renew a lease before it expires",
    "net/service/dhcp/client.ts",
    "this.wakeAt = lease.t1At > now ? lease.t1At : earlier(lease.t2At, now + RENEWAL_WAIT);",
    "this.wakeAt = lease.expiresAt;",
  ],
  [
    "never ages neighbor entries",
    "net/iface/link/neighbor-cache.ts",
    "entry.until = state == NeighborState.Reachable ? confirmedAt + CONFIRMED_TIME : 0;",
    "entry.until = state == NeighborState.Reachable ? NEVER : 0;",
  ],
  [
    "accepts a DNS response with any identifier",
    "net/service/dns/question.ts",
    "header.id != id || ",
    "",
  ],
  [
    "sets no reassembly time-out",
    "net/iface/ip/reassembly.ts",
    "if (now + REASSEMBLY_TIME < this.timer) this.timer = now + REASSEMBLY_TIME;",
    "",
  ],
  [
    "compares sequence numbers without wrapping",
    "net/socket/tcp/sequence.ts",
    "return ((a - b) as i32) < 0;",
    "return a < b;",
  ],
  [
    "leaks the frame of an echo request with a wrong checksum",
    "net/iface/ip/icmp.ts",
    "if (frame != null) this.egress.pool.release(frame);\n      return drop;",
    "return drop;",
  ],
  [
    "reads a chunk as one byte longer than it is",
    "net/service/http/message/body-decoder.ts",
    "this.payload = this.size;",
    "this.payload = this.size == 0 ? 0 : this.size + 1;",
  ],
  [
    "does not verify TCP's checksum",
    "net/wire/tcp.ts",
    "return checksum(pointer, length, pseudo) == 0 ? Drop.None : Drop.TcpChecksum;",
    "return Drop.None;",
  ],
  [
    "has no time limit for a server's connection",
    "net/service/http/server/connection.ts",
    "if (now >= this.timeoutAt && this.state != ConnectionState.Gone) this.late(now);",
    "",
  ],
  [
    "marks nothing lost on a time-out",
    "net/socket/tcp/loss/recovery.ts",
    "if (sender.segments.loseAll()) this.counters.add(TcpCounter.SACKReneging);",
    "",
  ],
  [
    "repeats a POST whose new connection ended without a response",
    "net/service/http/client/exchange.ts",
    "silent && this.reused && !this.retried",
    "silent && !this.retried",
  ],
  [
    "drops frames that are tagged with VLAN 0",
    "net/wire/ethernet.ts",
    "if ((loadNet16(start + ETHERNET_HEADER) & 0xfff) != 0) return Drop.EthernetVlan;",
    "return Drop.EthernetVlan;",
  ],
  [
    "rejects a DHCP message without a server identifier",
    "net/service/dhcp/lease.ts",
    "return isUnicast(source) ? source : 0;",
    "return 0;",
  ],
  [
    "treats a name server's failure as an answer",
    "net/service/dns/failure.ts",
    "(error >= DnsError.FormatError && error <= DnsError.Lame) ||",
    "",
  ],
];
