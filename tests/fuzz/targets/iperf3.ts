/**
 * An iperf3 client whose server, or a server whose clients, misbehave. The input: a byte for the
 * kind of test, then steps of a byte, with the kind of step below and a stream's number above:
 *
 *     0  bytes on a stream       a length in 16 bits, and the bytes
 *     1  a message on a stream   the same; four bytes with the length go before it
 *     2  a new connection, which shows the cookie of the test
 *     3  time                    in tenths of a second
 *     4  a stream ends           0: in order, otherwise a failure
 *     5  room to write           in 16 bits
 *     6  the user ends the test
 *
 * The result does not depend on the pieces in which bytes arrive, every test ends, and then no
 * stream is left open.
 */
import { IPERF3_STREAMS, IPERF3_WAITING } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { StreamFailure, StreamStatus } from "../../../net/service/stream/stream";
import * as world from "../../lab/entries/iperf3";
import { checkLines } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

/** Longer than any test: see ServerTest. */
const LONG: i64 = 100_000 * SECOND;
const MOST: u32 = 4096;
const COOKIE: string = "abcdefghijklmnopqrstuvwxyz2345676543\0";

class Peer {
  private now: i64 = SECOND;
  private readonly server: bool;

  constructor(
    form: u32,
    /** The largest piece in which bytes arrive. */
    private readonly piece: u32,
  ) {
    const server: bool = (form & 1) != 0;
    this.server = server;
    if (server) world.startServer((form & 2) != 0 ? SECOND : 0);
    else world.startClient(1 + ((form >>> 1) & 3), 2, (form & 8) << 12, (form & 16) != 0);
    this.pass(0);
  }

  private pass(time: i64): void {
    this.now += time;
    for (let i = 0; world.poll(this.now); i++) assert(i < 10_000, "does not come to rest");
  }

  private send(stream: u32, pointer: usize, length: u32): void {
    for (let at: u32 = 0; at < length; at += this.piece) {
      const count = min(this.piece, length - at);
      if (world.ending(stream) == "open") world.push(stream, fenced(pointer + at, count), count);
      this.pass(0);
    }
  }

  private text(stream: u32, text: string): void {
    const bytes = String.UTF8.encode(text);
    this.send(stream, changetype<usize>(bytes), bytes.byteLength);
  }

  private message(stream: u32, piece: Input): void {
    const prefix = new StaticArray<u8>(4);
    store<u32>(changetype<usize>(prefix), bswap(piece.length));
    this.send(stream, changetype<usize>(prefix), 4);
    this.send(stream, piece.pointer, piece.length);
  }

  /** Takes the next step of the input. */
  step(input: Input): void {
    const action = input.byte();
    const count = world.count();
    const stream = count == 0 ? 0 : (action >>> 3) % count;
    const kind = action & 7;
    if (kind == 2 && this.server && count < (IPERF3_STREAMS as u32)) {
      this.text(world.connect(), COOKIE);
    } else if (kind == 3) this.pass((input.byte() as i64) * (SECOND / 10));
    else if (count == 0) return;
    else if (kind == 0 || kind == 1) {
      const piece = input.take(input.short());
      if (kind == 0) this.send(stream, piece.pointer, piece.length);
      else this.message(stream, piece);
    } else if (kind == 4) {
      const failed = input.byte() != 0;
      const status = failed ? StreamStatus.Failed : StreamStatus.Finished;
      world.setState(stream, status, failed ? StreamFailure.Reset : StreamFailure.None);
      this.pass(0);
    } else if (kind == 5) {
      world.setRoom(stream, input.short(), false);
      this.pass(0);
    } else if (kind == 6 && !this.server) world.cancel(this.now);
  }

  /** Lets the test end, and returns what was printed. */
  end(): string {
    for (let i = 0; i < 8; i++) this.pass(30 * SECOND);
    this.pass(LONG);
    this.pass(LONG);
    if (this.server) world.close();
    else assert(world.done(), "the test does not end");
    let open = 0;
    for (let i: u32 = 0; i < world.count(); i++) {
      const ending = world.ending(i);
      if (ending != "released" && ending != "aborted") open++;
    }
    // What nobody has accepted belongs to the listener.
    assert(open <= IPERF3_WAITING, "streams are left open");
    const all = `${world.printed()}\n${this.server ? "" : world.failure()}`;
    checkLines(all);
    return all;
  }
}

function outcome(input: Input, piece: u32): string {
  const peer = new Peer(input.byte(), piece);
  while (!input.empty) peer.step(input);
  return peer.end();
}

export function iperf3(pointer: usize, length: u32): void {
  const whole = outcome(new Input(pointer, min(length, MOST)), u32.MAX_VALUE);
  const pieces = outcome(new Input(pointer, min(length, MOST)), 3);
  assert(whole == pieces, "the result depends on the pieces");
}
