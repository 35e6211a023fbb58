/**
 * Is the simulator strong enough? Each line here breaks a copy of the kernel's sources in one
 * place; worlds that run on it have to notice. `node --import tsx tests/sim/mutants.ts [WORDS]`
 * tries those whose lines have one of the words.
 */
import { availableParallelism } from "node:os";
import { compileMutant, type Mutant } from "../lab/host/mutant.ts";
import { runWorlds } from "./processes.ts";

const mutants: Mutant[] = [
  {
    what: "one byte past the peer's window is sent",
    file: "net/socket/tcp/output/transmit.ts",
    from: "const limit = sender.window < allowance ? sender.window : allowance;",
    to: "const limit = sender.window < allowance ? sender.window + 1 : allowance;",
  },
  {
    what: "the retransmission timer is not started",
    file: "net/socket/tcp/output/transmit.ts",
    from: "if (resting) armRetransmit(connection, now);",
    to: "",
  },
  {
    what: "the persist timer is not started again",
    file: "net/socket/tcp/output/transmit.ts",
    from: "connection.persistBackoffs++;\n  armPersist(connection, now);",
    to: "connection.persistBackoffs++;",
  },
  {
    what: "a segment out of order is put one byte too far",
    file: "net/socket/tcp/receive/reassembly.ts",
    from: "if (before(from, end)) ring.place(from - next,",
    to: "if (before(from, end)) ring.place(from + 1 - next,",
  },
  {
    what: "bytes in the window are taken past its edge",
    file: "net/socket/tcp/receive/receiver.ts",
    from: "if (before(this.edge, end)) end = this.edge;",
    to: "",
  },
  {
    what: "the padding of short frames is not cleared",
    file: "net/iface/interface.ts",
    from: "store<u64>(at, 0);",
    to: "",
  },
  {
    what: "a controller that ran out of descriptors gets none back",
    file: "drivers/intel/e1000.ts",
    from: "if ((causes & reg.CAUSE_RXO) != 0) this.receiveRing.returnAll();",
    to: "",
  },
  {
    what: "frames that wait for a neighbour are lost when it does not answer",
    file: "net/iface/neighbor.ts",
    from: "iface.pool.release(oldest);",
    to: "",
  },
  {
    what: "the wake-up timer is not armed for what is further off than 54 ms",
    file: "machine/timer.ts",
    from: "if (deadline == NEVER || deadline <= now) return;",
    to: "if (deadline == NEVER || deadline <= now || deadline - now > LONGEST) return;",
  },
  {
    what: "checksums miss the last byte of odd lengths",
    file: "net/wire/checksum.ts",
    from: "total += load<u8>(at) as u64;",
    to: "total += 0;",
  },
  {
    what: "a lease is not renewed before it expires",
    file: "net/service/dhcp/client.ts",
    from: "this.wakeAt = lease.t1At > now ? lease.t1At : earlier(lease.t2At, now + RENEWAL_WAIT);",
    to: "this.wakeAt = lease.expiresAt;",
  },
  {
    what: "what is known of a neighbour never ages",
    file: "net/iface/neighbor.ts",
    from: "entry.until = state == NeighborState.Reachable ? confirmedAt + REACHABLE_TIME : 0;",
    to: "entry.until = state == NeighborState.Reachable ? NEVER : 0;",
  },
  {
    what: "a name server's answer may have any identifier",
    file: "net/service/dns/answer.ts",
    from: "header.id != id || ",
    to: "",
  },
  {
    what: "no time is set for datagrams in pieces",
    file: "net/iface/reassembly.ts",
    from: "if (now + REASSEMBLY_TIME < this.timer) this.timer = now + REASSEMBLY_TIME;",
    to: "",
  },
  {
    what: "sequence numbers are compared without regard to their wrap",
    file: "net/socket/tcp/sequence.ts",
    from: "return ((a - b) as i32) < 0;",
    to: "return a < b;",
  },
  {
    what: "an echo request with a wrong checksum keeps its frame",
    file: "net/iface/icmp.ts",
    from: "if (frame != null) this.egress.pool.release(frame);\n      return drop;",
    to: "return drop;",
  },
  {
    what: "a chunk is taken for one byte longer",
    file: "net/service/http/message/body-decoder.ts",
    from: "this.payload = this.size;",
    to: "this.payload = this.size == 0 ? 0 : this.size + 1;",
  },
  {
    what: "TCP's checksum is not looked at",
    file: "net/wire/tcp.ts",
    from: "return checksum(pointer, length, pseudo) == 0 ? Drop.None : Drop.TcpChecksum;",
    to: "return Drop.None;",
  },
  {
    what: "a server's connection has no time limit",
    file: "net/service/http/server/connection.ts",
    from: "if (now >= this.deadline && this.state != ConnectionState.Gone) this.late(now);",
    to: "",
  },
  {
    what: "a time-out does not go back to the first byte that is missing",
    file: "net/socket/tcp/deadlines.ts",
    from: "sender.rewind();\n    connection.schedule.counters.timeouts++;",
    to: "connection.schedule.counters.timeouts++;",
  },
  {
    what: "a POST is sent again where its connection ended without an answer",
    file: "net/service/http/client/exchange.ts",
    from: " && isIdempotent(this.method)",
    to: "",
  },
];

const WORLDS = 60;

/** The first world that notices, at most WORLDS of them. */
async function firstNotice(): Promise<{ seed: number; failures: string[] } | undefined> {
  const step = 4 * availableParallelism();
  for (let seed = 1; seed <= WORLDS; seed += step) {
    const reports = await runWorlds(seed, step, availableParallelism());
    const found = reports.find(({ failures }) => failures.length > 0);
    if (found) return found;
  }
  return undefined;
}

const words = process.argv.slice(2);
let missed = 0;
for (const mutant of mutants) {
  if (words.length > 0 && !words.some((word) => mutant.what.includes(word))) continue;
  process.env.KERNEL_WASM = await compileMutant(mutant, "mutants");
  const found = await firstNotice();
  if (!found) missed++;
  const notice = found ? `seed ${found.seed}: ${found.failures[0].slice(0, 150)}` : "NOT NOTICED";
  console.log(`${mutant.what}: ${notice.replaceAll(/\s+/g, " ")}`);
}
process.exitCode = missed > 0 ? 1 : 0;
