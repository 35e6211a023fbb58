/**
 * HTTP requests to the server and the site that it serves. The input: a byte for the window, the
 * lengths of segments up to a 0, then the bytes that the client sends. The responses must not
 * depend on segmentation or window.
 */
import { SECOND } from "../../../core/time";
import { StatusSite } from "../../../kernel/programs/status-site";
import { FramePool } from "../../../net/phy/pool";
import { HttpServer } from "../../../net/service/http/server/server";
import { NetworkStack } from "../../../net/service/stack";
import { StreamStatus } from "../../../net/service/stream/stream";
import { FixedClock } from "../../lab/entries/fixed-clock";
import { ScriptedEngine } from "../../lab/entries/scripted-engine";
import { ScriptedListener, ScriptedStream } from "../../lab/entries/scripted-stream";
import { SequenceRandom } from "../../lab/entries/sequence-random";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const MOST: u32 = 60_000;
/** Bytes of a response that are compared; /bytes/N may send many more. */
const ROOM: u32 = 100_000;
const stack = new NetworkStack(
  new FramePool(4),
  new SequenceRandom(),
  new ScriptedEngine(),
  new FixedClock(),
);
const site = new StatusSite(stack, true);

/** A stream whose received bytes end where memory ends. */
class FencedStream extends ScriptedStream {
  peekPointer(): usize {
    return fenced(super.peekPointer(), this.peekLength());
  }
}

class Client {
  readonly stream: FencedStream;
  readonly server: HttpServer;

  constructor(window: u32) {
    const listener = new ScriptedListener();
    const stream = new FencedStream();
    listener.waiting.push(stream);
    stream.window = window;
    stream.room = ROOM;
    this.stream = stream;
    this.server = new HttpServer(listener, site, "test");
  }

  poll(now: i64): void {
    for (let i: u32 = 0; this.server.poll(now); i++) {
      assert(i < 100_000, "server does not come to rest");
    }
  }

  /** Sends the bytes in pieces of the lengths in `cuts`, and returns the responses. */
  run(cuts: Input, bytes: Input): string {
    this.poll(0);
    let at: u32 = 0;
    while (at < bytes.length) {
      const length = min(cuts.empty ? bytes.length : cuts.byte() + 1, bytes.length - at);
      if (this.stream.ending() != "open") break;
      this.stream.incoming.add(bytes.pointer + at, length);
      this.stream.notify();
      this.poll(0);
      at += length;
    }
    this.stream.state = StreamStatus.Finished;
    this.stream.notify();
    this.poll(0);
    return this.stream.takeSent();
  }

  /** Asserts that time alone closes all connections. */
  finish(): void {
    for (let second: i64 = 10; second <= 400; second += 10) this.poll(second * SECOND);
    assert(this.server.connectionCount() == 0, "connection leaked");
    assert(this.stream.released || this.stream.aborted, "stream leaked");
  }
}

/** Asserts that the output, if any, starts like a response. */
function check(answer: string): void {
  assert(answer.length == 0 || answer.startsWith("HTTP/1.1 "), "not a response");
}

export function request(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const form = input.byte();
  const cuts = input.until(0);
  const bytes = input.take(MOST);
  const first = new Client(u32.MAX_VALUE);
  const whole = first.run(new Input(0, 0), bytes);
  check(whole);
  const second = new Client((form & 1) != 0 ? 5 : u32.MAX_VALUE);
  const cut = second.run(cuts, bytes);
  // 100 Continue is sent only if the body has not arrived yet.
  const interim = whole.includes(" 100 ") || cut.includes(" 100 ");
  assert(interim || whole == cut, "responses depend on segmentation");
  first.finish();
  second.finish();
}
