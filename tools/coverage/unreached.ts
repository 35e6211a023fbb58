/**
 * Lines of net/ and drivers/intel that no test in Node reaches, each with its reason. "Not tried"
 * means that a test could reach the line, but none does. A text that occurs on two lines is listed
 * twice.
 */
import { type Explanation, explanations, type Reason } from "./report.ts";
import { unreachedServices } from "./unreached-services.ts";

/** By file and reason, the lines as they stand in the source. */
const reasons: Reason[] = [
  [
    "drivers/intel/e1000.ts",
    "IpLayer.setUp calls it only for a change",
    ["if (up == this.up) return;"],
  ],
  [
    "drivers/intel/receive-ring.ts",
    "a whole ring of bad descriptors within one call: no model is that fast",
    ["return null;"],
  ],
  [
    "drivers/intel/receive-ring.ts",
    "a ring overruns only while descriptors wait to be returned",
    ["if (this.unreturned == 0) return;"],
  ],
  [
    "net/iface/egress.ts",
    "nothing is sent without a network device, which only boots in QEMU test",
    ["return null;"],
  ],
  [
    "net/iface/egress.ts",
    "DHCP's sockets have a device, and do not send while it is down",
    [
      "if (device >= (interfaces.length as u32)) return SendResult.Unreachable;",
      "if (!iface.up) return SendResult.Unreachable;",
    ],
  ],
  [
    "net/iface/egress.ts",
    "sockets and reassembly have lower limits",
    ["if (length > IPV4_LONGEST - IPV4_HEADER) return SendResult.TooLong;"],
  ],
  [
    "net/iface/egress.ts",
    "not tried: a pool that runs empty while a datagram is copied",
    [
      "if (length > room && this.pool.available < length / chunk + 1) return SendResult.Busy;",
      "if (frame == null) return SendResult.Busy;",
    ],
  ],
  [
    "net/iface/icmp.ts",
    "ingress has dropped such sources and destinations",
    ["if (to == UNSPECIFIED || from == UNSPECIFIED) return;"],
  ],
  [
    "net/iface/icmp.ts",
    "not tried: an ICMP error while the pool is empty",
    ["if (frame == null) return;"],
  ],
  [
    "net/iface/interface.ts",
    "not tried: ARP while the pool is empty",
    ["if (frame == null) return;"],
  ],
  ["net/iface/ip.ts", "the getter of a property that is only set", ["return this.tapped;"]],
  [
    "net/iface/ip.ts",
    "used by the fuzzers' checks (tests/fuzz/parts/)",
    ["return this.egress.owns(address);"],
  ],
  [
    "net/iface/ip.ts",
    "not tried: a turn that leaves frames in the loopback's queue",
    ["if (this.loopbackDevice.queued > 0) return now;"],
  ],
  ["net/iface/interface.ts", "the caller has found the address that it removes", ["return false;"]],
  [
    "net/phy/loopback.ts",
    "required of every device, but not called for this one",
    ['return "loopback";', "return 0;", "return this.count;"],
  ],
  [
    "net/phy/loopback.ts",
    "not tried: more frames in one turn than the queue holds",
    ["this.count.ringFull++;", "this.pool.release(frame);", "return false;"],
  ],
  [
    "net/socket/datagram-queue.ts",
    "sockets refuse what exceeds their queue",
    ["if (length > this.capacity) return 0;"],
  ],
  [
    "net/socket/echo.ts",
    "not tried: more requests than a queue holds, two sockets that draw the same identifier",
    [
      "if (message == 0) return false;",
      "while (this.find(identifier) != null) identifier = this.random.next32() & 0xffff;",
    ],
  ],
  [
    "net/socket/echo.ts",
    "not tried: `ss` during a ping, several pings at a time",
    ["return this.sockets[index]!;", "if (this.sockets[i] !== socket) continue;"],
  ],
  [
    "net/socket/echo.ts",
    "not tried: an echo request while the pool is empty",
    ["if (result == SendResult.Busy) return true;", "if (frame == null) return SendResult.Busy;"],
  ],
  [
    "net/socket/tcp/congestion/new-reno.ts",
    "in recovery the window exceeds two segments and shrinks by less than one",
    ["if (this.window < segmentSize) this.window = segmentSize;"],
  ],
  [
    "net/socket/tcp/congestion/new-reno.ts",
    "no segment is longer than 1,460 bytes",
    ["return 2 * segmentSize > 14600 ? 2 * segmentSize : 14600;"],
  ],
  [
    "net/socket/tcp/output/emit.ts",
    "whoever supplied the frame has room to send it",
    ["if (result == SendResult.Busy) return false;"],
  ],
  [
    "net/socket/tcp/output/emit.ts",
    "the table has checked before",
    ["if (segment.has(FLAG_RST)) return false;"],
  ],
  [
    "net/socket/tcp/input/receive.ts",
    "a connection in TIME-WAIT is reduced to a record",
    ["if (state == TcpState.TimeWait) return Drop.TcpUnacceptable;"],
  ],
  [
    "net/socket/tcp/output/transmit.ts",
    "an ACK of what was to be retransmitted has cleared the flag",
    ["connection.retransmitDue = false;", "return true;"],
  ],
  [
    "net/socket/tcp/open/local-ports.ts",
    "at most half of all ports are in use, so 16 random ones are not all taken",
    [
      "const start = randomBelow(this.random, PORTS);",
      "for (let i: u32 = 0; i < PORTS; i++) {",
      "const port = FIRST_PORT + ((start + i) & (PORTS - 1));",
      "if (this.isFree(local, port, remote, remotePort)) return this.give(port);",
      "return 0;",
    ],
  ],
  [
    "net/socket/tcp/open/local-ports.ts",
    "not tried: a connection to the host itself that draws its own destination port",
    ["if (local == remote && port == remotePort) return false;"],
  ],
  [
    "net/socket/tcp/registry.ts",
    "connections to settle were found in the table within the same call",
    ["if (!connection.attached) return;"],
  ],
  [
    "net/socket/tcp/registry.ts",
    "no interface's MTU is below 68",
    ["if (mtu <= headers) return SEGMENT_SIZE_MINIMUM;"],
  ],
  [
    "net/socket/tcp/time/schedule.ts",
    "the caller has checked the count",
    ["if (first == null) return null;"],
  ],
  [
    "net/socket/tcp/time/schedule.ts",
    "only connections in the table have timers",
    ["if (!connection.attached) return;"],
  ],
  ["net/socket/tcp/state.ts", "there is no other state", ["return state;"]],
  ["net/socket/tcp/tcp.ts", "never are so many ports in use", ["if (port == 0) return null;"]],
  [
    "net/socket/tcp/tcp.ts",
    "not tried: a full table without a half-open connection",
    ["if (oldest == null) return;"],
  ],
  [
    "net/socket/udp.ts",
    "not tried: a broadcast from a device without an address",
    ["if (source == 0) return SendResult.Unreachable;"],
  ],
  [
    "net/wire/dhcp-options.ts",
    "not tried: malformed options in the boot file field",
    ["if (!options.collect(message + DHCP_FILE, DHCP_FILE_BYTES)) return null;"],
  ],
];

export const unreached: Explanation[] = explanations([...reasons, ...unreachedServices]);
