/**
 * HTTP responses to a client. The input: a byte for the request and the window, the lengths of
 * segments up to a 0, then the bytes that the server sends, or before it a proxy that is asked for
 * a tunnel. The outcome must not depend on segmentation or window.
 */
import { SECOND } from "../../../core/time";
import { HttpFailure } from "../../../net/service/http/client/failure";
import { StreamStatus } from "../../../net/service/stream/stream";
import * as world from "../../lab/entries/http-client";
import { checkPrintable } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const METHODS: StaticArray<string> = ["GET", "HEAD", "POST", "OPTIONS"];
const URL: string = "http://a.test/x";
const MOST: u32 = 60_000;

function prepare(form: u32): void {
  world.reset();
  world.limits((form & 16) != 0 ? 7 : u32.MAX_VALUE, u32.MAX_VALUE);
  const method = String.UTF8.encode(METHODS[form & 3]);
  const url = String.UTF8.encode(URL);
  const pointer = changetype<usize>(method);
  world.prepare(pointer, method.byteLength, changetype<usize>(url), url.byteLength);
  world.options((form & 4) != 0, 0, (form & 8) != 0 ? 100 : 0);
  if ((form & 32) != 0) world.tunnel();
  world.start(0);
  while (world.poll(0)) {}
}

/** Sends bytes on the newest stream; a redirect opens another. */
function feed(pointer: usize, length: u32): void {
  const count = world.streamCount();
  if (count == 0 || length == 0) return;
  // A stream that was released receives nothing.
  if (world.ending(count - 1) == "open") world.push(count - 1, fenced(pointer, length), length);
  for (let i: u32 = 0; world.poll(0); i++) assert(i < 100_000, "client does not come to rest");
}

/** Runs an exchange with segments of the lengths in `cuts`, and returns its outcome as text. */
function run(form: u32, cuts: Input, body: Input): string {
  prepare(form);
  let at: u32 = 0;
  while (at < body.length && !world.done()) {
    const length = min(cuts.empty ? body.length : cuts.byte() + 1, body.length - at);
    feed(body.pointer + at, length);
    at += length;
  }
  for (let i: u32 = 0; i < world.streamCount(); i++) {
    world.setState(i, StreamStatus.Finished, 0);
  }
  while (world.poll(0)) {}
  for (let second: i64 = 30; second <= 300 && !world.done(); second += 30) {
    world.poll(second * SECOND);
  }
  assert(world.done(), "exchange does not end");
  checkPrintable(world.message());
  checkPrintable(world.url());
  if ((form & 8) != 0) assert(world.body().length <= 100, "body exceeds its limit");
  if (world.failure() == 0) assert(world.status() >= 200, "success without a response");
  // The request after a redirect receives other bytes if the segments differ.
  if (world.redirects() > 0) return "redirected";
  const outcome = `${world.failure()} ${world.status()} ${world.message()}`;
  // How much of a body was delivered before it grew too long depends on the segments.
  if (world.failure() == HttpFailure.TooLarge) return outcome;
  return `${outcome} ${world.bodyBytes()} ${world.body()}`;
}

export function response(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const form = input.byte();
  const cuts = input.until(0);
  const body = input.take(MOST);
  const whole = run(form & ~16, new Input(0, 0), body);
  const cut = run(form, cuts, body);
  assert(whole == cut, "outcome depends on segmentation");
  world.close(400 * SECOND);
}
