/**
 * Frames to a whole host with a socket of every kind. The host is configured, or has no address yet
 * and uses DHCP. The input: a byte that chooses which of the two, then steps (see `step`).
 */
import { SECOND } from "../../../core/time";
import { EchoSocket } from "../../../net/socket/echo-socket";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { Input } from "../parts/input";
import { mend } from "../parts/mend";
import { OWN_ADDRESS, OWN_HARDWARE, PEER_ADDRESS, Wire } from "../parts/wire";

const LONGEST_FRAME: u32 = 1514;
const OFF_LINK: u32 = 0xcb00_7109;
const wire = new Wire();
const buffer = new StaticArray<u8>(2048);
let udp: UdpSocket | null = null;
let echo: EchoSocket | null = null;

/**
 * A step begins with a byte: its low half is the kind, its high half the details.
 *     0..9   a frame: length (2 bytes), bytes; the details say what to mend
 *     10     time: 2^details milliseconds
 *     11..15 an action of the user or the device
 */
function step(input: Input): void {
  const byte = input.byte();
  const what = byte & 15;
  const details = byte >>> 4;
  if (what < 10) {
    const piece = input.take(min(input.short(), LONGEST_FRAME));
    const frame = changetype<usize>(buffer);
    memory.copy(frame, piece.pointer, piece.length);
    mend(frame, piece.length, details, wire.queries, OWN_HARDWARE, OWN_ADDRESS);
    wire.arrive(frame, piece.length);
    // Kinds 8 and 9 run no turn, so that the host finds several frames at once.
    if (what < 8) wire.turn();
  } else if (what == 10) wire.pass((1000 as i64) << details);
  else act(what, details);
}

function act(what: u32, details: u32): void {
  const to = (details & 1) != 0 ? OFF_LINK : PEER_ADDRESS;
  const bytes = changetype<usize>(buffer);
  if (what == 11) udp!.send(bytes, details * 137, to, 4000);
  else if (what == 12) while (udp!.receive(bytes, 2048) >= 0) {}
  else if (what == 13) echo!.send(to, details, details * 300, wire.now);
  else if (what == 14) while (echo!.receive()) {}
  else if ((details & 3) == 0) wire.device.link = (details & 4) != 0;
  else if ((details & 3) == 1) wire.device.ring = details >>> 2;
  else if ((details & 3) == 2) wire.stack.dns.resolve("a.test", wire.now);
  else wire.stack.http.closeIdle();
  wire.turn();
}

export function frames(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  wire.start((input.byte() & 1) != 0);
  const ip = wire.stack.ip;
  udp = ip.udp.open(4000);
  echo = ip.echo.open();
  ip.tcp.listen(80, 4);
  wire.stack.dns.resolve("a.test", wire.now);
  wire.pass(SECOND);
  while (!input.empty) step(input);
  wire.rest();
}
