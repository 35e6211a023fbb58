/** The mutants of the simulator. */
import type { Mutant } from "../lab/host/mutant.ts";

export const mutants: Mutant[] = [
  {
    what: "sends one byte past the peer's window",
    file: "net/socket/tcp/output/transmit.ts",
    from: "return sender.window < allowance ? sender.window : allowance;",
    to: "return sender.window < allowance ? sender.window + 1 : allowance;",
  },
  {
    what: "does not start the retransmission timer",
    file: "net/socket/tcp/output/transmit.ts",
    from: "if (resting) armRetransmit(block, now);",
    to: "",
  },
  {
    what: "does not restart the persist timer",
    file: "net/socket/tcp/output/transmit.ts",
    from: "persist.probed();\n  armPersist(block, now);",
    to: "persist.probed();",
  },
  {
    what: "places an out-of-order segment one byte too far",
    file: "net/socket/tcp/receive/reassembly.ts",
    from: "if (before(from, end)) ring.place(from - next,",
    to: "if (before(from, end)) ring.place(from + 1 - next,",
  },
  {
    what: "accepts bytes past its own window",
    file: "net/socket/tcp/receive/receiver.ts",
    from: "if (before(this.edge, end)) end = this.edge;",
    to: "",
  },
  {
    what: "does not pad short frames",
    file: "net/iface/link/link.ts",
    from: "if (length < ETHERNET_MINIMUM) {",
    to: "if (false) {",
  },
  {
    what: "does not clear the padding of short frames",
    file: "net/iface/link/link.ts",
    from: "store<u64>(at, 0);",
    to: "",
  },
  {
    what: "returns no descriptors to a controller that ran out of them",
    file: "drivers/intel/e1000.ts",
    from: "if ((causes & reg.CAUSE_RXO) != 0) this.receiveRing.returnAll();",
    to: "",
  },
  {
    what: "leaks frames that wait for an unreachable neighbor",
    file: "net/iface/link/neighbor-cache.ts",
    from: "this.link.pool.release(dropped);",
    to: "",
  },
  {
    what: "does not arm the timer for more than 54 ms",
    file: "machine/timer.ts",
    from: "if (deadline == NEVER || deadline <= now) return;",
    to: "if (deadline == NEVER || deadline <= now || deadline - now > LONGEST) return;",
  },
  {
    what: "computes checksums without the last byte of odd lengths",
    file: "net/wire/checksum.ts",
    from: "total += load<u8>(at) as u64;",
    to: "total += 0;",
  },
  {
    what: "does not renew a lease before it expires",
    file: "net/service/dhcp/client.ts",
    from: "this.wakeAt = lease.t1At > now ? lease.t1At : earlier(lease.t2At, now + RENEWAL_WAIT);",
    to: "this.wakeAt = lease.expiresAt;",
  },
  {
    what: "never ages neighbor entries",
    file: "net/iface/link/neighbor-cache.ts",
    from: "entry.until = state == NeighborState.Reachable ? confirmedAt + REACHABLE_TIME : 0;",
    to: "entry.until = state == NeighborState.Reachable ? NEVER : 0;",
  },
  {
    what: "accepts a DNS response with any identifier",
    file: "net/service/dns/question.ts",
    from: "header.id != id || ",
    to: "",
  },
  {
    what: "sets no reassembly time-out",
    file: "net/iface/ip/reassembly.ts",
    from: "if (now + REASSEMBLY_TIME < this.timer) this.timer = now + REASSEMBLY_TIME;",
    to: "",
  },
  {
    what: "compares sequence numbers without wrapping",
    file: "net/socket/tcp/sequence.ts",
    from: "return ((a - b) as i32) < 0;",
    to: "return a < b;",
  },
  {
    what: "leaks the frame of an echo request with a wrong checksum",
    file: "net/iface/ip/icmp.ts",
    from: "if (frame != null) this.egress.pool.release(frame);\n      return drop;",
    to: "return drop;",
  },
  {
    what: "reads a chunk as one byte longer than it is",
    file: "net/service/http/message/body-decoder.ts",
    from: "this.payload = this.size;",
    to: "this.payload = this.size == 0 ? 0 : this.size + 1;",
  },
  {
    what: "does not verify TCP's checksum",
    file: "net/wire/tcp.ts",
    from: "return checksum(pointer, length, pseudo) == 0 ? Drop.None : Drop.TcpChecksum;",
    to: "return Drop.None;",
  },
  {
    what: "has no time limit for a server's connection",
    file: "net/service/http/server/connection.ts",
    from: "if (now >= this.deadline && this.state != ConnectionState.Gone) this.late(now);",
    to: "",
  },
  {
    what: "does not go back to the first missing byte on a time-out",
    file: "net/socket/tcp/deadlines.ts",
    from: "sender.rewind();\n    block.schedule.counters.timeouts++;",
    to: "block.schedule.counters.timeouts++;",
  },
  {
    what: "repeats a POST whose new connection ended without a response",
    file: "net/service/http/client/exchange.ts",
    from: "silent && this.reused && !this.retried",
    to: "silent && !this.retried",
  },
];
