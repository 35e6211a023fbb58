/** Responses of three time servers: to a single round, then to the client that sets the clock. */
import { SECOND } from "../../../core/time";
import { NTP_LENGTH } from "../../../net/wire/ntp";
import * as world from "../../lab/entries/ntp";
import { checkPrintable } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const FLOOR: i64 = 1_790_000_000 * SECOND;
const packet = new StaticArray<u8>(NTP_LENGTH);
const question = new StaticArray<u8>(NTP_LENGTH);

/** Delivers a response to socket `index`, made from the next bytes of the input. */
function answer(index: u32, input: Input): void {
  const to = changetype<usize>(question);
  if (world.sent(index, to) < 0) memory.fill(to, 0, NTP_LENGTH);
  const piece = input.take(NTP_LENGTH);
  const start = changetype<usize>(packet);
  memory.fill(start, 0, NTP_LENGTH);
  memory.copy(start, piece.pointer, piece.length);
  // Most responses repeat the time of the request as they must (RFC 5905 section 8).
  if ((load<u8>(start, 2) & 7) != 7) store<u64>(start, load<u64>(to, 40), 24);
  const at = fenced(start, NTP_LENGTH);
  world.arrive(index, index + 1, 123, at, NTP_LENGTH - ((load<u8>(start, 3) & 1) as u32));
}

/** Polls the client and lets the servers respond, twelve times. */
function run(input: Input, servers: u32): void {
  for (let i = 0; i < 12; i++) {
    world.poll((input.byte() as i64) * (SECOND / 64));
    for (let index: u32 = 0; index < servers && index < world.sockets(); index++) {
      if (!input.empty) answer(index, input);
    }
  }
}

export function ntp(pointer: usize, length: u32): void {
  if (length >= NTP_LENGTH) world.parseNtp(fenced(pointer, NTP_LENGTH), NTP_LENGTH);
  const input = new Input(pointer, length);
  const source = String.UTF8.encode((input.byte() & 1) != 0 ? "real-time clock" : "source date");
  world.reset(changetype<usize>(source), source.byteLength);
  const all = String.UTF8.encode("10.0.0.1 10.0.0.2 10.0.0.3");
  world.ask(changetype<usize>(all), all.byteLength);
  run(input, 3);
  for (let i = 0; i < 10; i++) world.poll(3 * SECOND);
  assert(world.outcome() != "pending", "round does not end");
  checkPrintable(world.outcome());
  for (let i: u32 = 0; i < 3; i++) checkPrintable(world.failureOf(i));
  world.setServers(changetype<usize>(all), all.byteLength);
  run(input, 3);
  // A round may have begun just now; let it end.
  for (let i = 0; i < 20 && world.sockets() > 0; i++) world.poll(3 * SECOND);
  assert(world.clockMicros() >= FLOOR, "clock is before the source date");
  assert(world.sockets() == 0, "socket leaked");
}
