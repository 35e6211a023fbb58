/**
 * Two hosts on a wire whose faults depend on a seed. Both send a stream and check every byte that
 * they read.
 */
import { NEVER } from "../../../core/time";
import { FramePool } from "../../../net/phy/pool";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TcpCounter } from "../../../net/socket/tcp/counters";
import { TcpState } from "../../../net/socket/tcp/state";
import { Host, Wire } from "./faulty-wire";
import { SequenceRandom } from "./sequence-random";

export { allocateBytes } from "./text";

const LEFT: u32 = 0x0a000001;
const RIGHT: u32 = 0x0a000002;
const CHUNK: u32 = 4096;

const wire = new Wire();
const pool = new FramePool(4);

/** A host with a program that sends one stream and checks the other. */
class Talker extends Host {
  connection: TcpConnection | null = null;
  written: u32 = 0;
  received: u32 = 0;
  wrong: u32 = 0;
  finished: bool = false;
  private readonly buffer: usize = heap.alloc(CHUNK as usize);

  constructor(
    own: u32,
    private readonly salt: u32,
    random: SequenceRandom,
  ) {
    super(own, wire, pool, random);
  }

  /** Reads and writes chunks of random sizes; `slow` reads only occasionally. */
  work(total: u32, other: u32, slow: bool): void {
    const connection = this.connection;
    if (connection == null) return;
    while (this.written < total && connection.writable() > 0) {
      const rest = total - this.written;
      const wanted: u32 = 1 + (wire.random.next32() % CHUNK);
      const length = wanted < rest ? wanted : rest;
      for (let i: u32 = 0; i < length; i++) {
        store<u8>(this.buffer + i, byteAt(this.written + i, this.salt));
      }
      this.written += connection.write(this.buffer, length);
    }
    if (this.written == total) connection.close();
    if (slow && !wire.chance(30)) return;
    for (;;) {
      const count = connection.read(this.buffer, 1 + (wire.random.next32() % CHUNK));
      if (count == 0) break;
      for (let i: u32 = 0; i < count; i++) {
        if (load<u8>(this.buffer + i) != byteAt(this.received + i, other)) this.wrong++;
      }
      this.received += count;
      if (slow) break;
    }
    if (connection.peerFinished()) this.finished = true;
  }

  error(): u32 {
    const connection = this.connection;
    return connection == null ? 0 : connection.error;
  }
}

function byteAt(index: u32, salt: u32): u8 {
  return (index * 131 + (index >>> 8) * 7 + (index >>> 16) * 13 + salt) as u8;
}

const random = new SequenceRandom();
let left: Talker = new Talker(LEFT, 1, random);
let right: Talker = new Talker(RIGHT, 2, random);

export function setFaults(
  loss: u32,
  duplicate: u32,
  reorder: u32,
  corrupt: u32,
  delay: u32,
  reorderDelay: u32,
): void {
  const faults = wire.faults;
  faults.loss = loss;
  faults.duplicate = duplicate;
  faults.reorder = reorder;
  faults.corrupt = corrupt;
  faults.delay = delay;
  faults.reorderDelay = reorderDelay;
}

function dispatch(): void {
  left.dispatch();
  right.dispatch();
}

/** When something is due on the wire or on a host, or NEVER. */
function nextAt(): i64 {
  return min(wire.nextAt(), min(left.tcp.pollAt(), right.tcp.pollAt()));
}

/** Creates a pair of hosts at time `start`, with the sequence numbers of `seed`. */
export function begin(seed: u32, start: i64): void {
  random.seed(seed);
  wire.reset(seed, start);
  left = new Talker(LEFT, 1, random);
  right = new Talker(RIGHT, 2, random);
}

/**
 * Sends `toRight` and `toLeft` bytes. Returns 0: all arrived as sent and both sides are closed; 1:
 * a side failed with an error; 2: a byte was wrong; 3: `limit` microseconds have passed; 4:
 * nothing is due any more. `initial` is the left side's first sequence number; 0: any.
 */
export function run(toRight: u32, toLeft: u32, limit: i64, slow: bool, initial: u32): u32 {
  const listener = right.tcp.listen(80, 4)!;
  const end = wire.now + limit;
  left.connection = left.tcp.connect(wire.now, RIGHT, 80, left.sink);
  if (initial != 0) left.connection!.block.sender.start(initial);
  while (wire.now <= end) {
    wire.deliver(left, right);
    if (right.connection == null) right.connection = listener.accept();
    left.work(toRight, 2, slow);
    right.work(toLeft, 1, slow);
    dispatch();
    if (left.wrong + right.wrong > 0) return 2;
    if (left.error() + right.error() > 0) return 1;
    const all = left.finished && right.finished;
    if (all && left.received == toLeft && right.received == toRight && over()) return 0;
    let at = nextAt();
    if (slow && at > wire.now + 20_000) at = wire.now + 20_000;
    if (at == NEVER) return 4;
    if (at > wire.now) wire.now = at;
  }
  return 3;
}

function over(): bool {
  return left.tcp.connectionCount() == 0 && right.tcp.connectionCount() == 0;
}

/** A short connection on the pair: `bytes` each way, closed first by the left side. */
export function exchange(bytes: u32): bool {
  const listener = right.tcp.listen(80, 4)!;
  left.connection = left.tcp.connect(wire.now, RIGHT, 80, left.sink);
  right.connection = null;
  left.written = right.written = left.received = right.received = 0;
  left.finished = right.finished = false;
  for (let turns = 0; turns < 10000; turns++) {
    wire.deliver(left, right);
    if (right.connection == null) right.connection = listener.accept();
    right.work(bytes, 1, false);
    left.work(bytes, 2, false);
    dispatch();
    if (over() && left.finished && right.finished) {
      listener.close();
      return left.received == bytes && right.received == bytes;
    }
    const at = nextAt();
    if (at > wire.now) wire.now = at;
  }
  return false;
}

/**
 * Opens `count` connections at once, each with `bytes` from right to left, closed first by the
 * right side. Returns how many ended well.
 */
export function concurrent(count: u32, bytes: u32): u32 {
  const listener = right.tcp.listen(80, count)!;
  const clients: Array<TcpConnection> = [];
  const servers: Array<TcpConnection> = [];
  const buffer = heap.alloc(bytes);
  memory.fill(buffer, 0x5a, bytes);
  for (let i: u32 = 0; i < count; i++) {
    const connection = left.tcp.connect(wire.now, RIGHT, 80, left.sink);
    if (connection != null) clients.push(connection);
  }
  let good: u32 = 0;
  for (let turns = 0; turns < 100000; turns++) {
    wire.deliver(left, right);
    let ready = listener.accept();
    while (ready != null) {
      ready.write(buffer, bytes);
      ready.close();
      servers.push(ready);
      ready = listener.accept();
    }
    good = 0;
    for (let i = 0; i < clients.length; i++) {
      const client = clients[i];
      if (client.readable() == bytes) client.close();
      if (client.state == TcpState.Closed && client.error == 0) good++;
    }
    dispatch();
    const at = nextAt();
    if (good == clients.length || at == NEVER) break;
    if (at > wire.now) wire.now = at;
  }
  for (let i = 0; i < clients.length; i++) clients[i].abort();
  listener.close();
  heap.free(buffer);
  return good;
}

/** Lets time pass for both hosts and the wire. */
export function idle(micros: i64): void {
  wire.now += micros;
  wire.deliver(left, right);
  dispatch();
}

export function collect(): void {
  __collect();
}
export function now(): i64 {
  return wire.now;
}
export function traceHash(): u32 {
  return wire.traceHash;
}
export function lost(): u32 {
  return wire.lost;
}
export function retransmits(): u64 {
  return (
    left.tcp.counters.of(TcpCounter.RetransSegs) + right.tcp.counters.of(TcpCounter.RetransSegs)
  );
}
export function framesAvailable(): u32 {
  return pool.available;
}
export function timeWaits(): u32 {
  return left.tcp.timeWaitCount() + right.tcp.timeWaitCount();
}
export function connections(): u32 {
  return left.tcp.connectionCount() + right.tcp.connectionCount();
}
