/**
 * Lines of net/ and drivers/intel that no test in Node reaches, each with its reason. "Not tried"
 * says that it could be, and is not. A line that stands here twice is two lines of that text.
 */
import { type Explanation, explanations, type Reason } from "./report.ts";
import { unreachedServices } from "./unreached-services.ts";

/** By file and reason, the lines as they stand there. */
const reasons: Reason[] = [
  [
    "drivers/intel/e1000.ts",
    "IpLayer.setUp asks for a change only",
    ["if (up == this.up) return;"],
  ],
  [
    "drivers/intel/receive-ring.ts",
    "a whole ring of bad descriptors within one call: no model is as fast",
    ["return null;"],
  ],
  [
    "drivers/intel/receive-ring.ts",
    "a ring runs over only while descriptors wait to be handed back",
    ["if (this.unreturned == 0) return;"],
  ],
  [
    "net/iface/egress.ts",
    "without a network device nothing is sent: boots without one are real ones",
    ["return null;"],
  ],
  [
    "net/iface/egress.ts",
    "DHCP's sockets know their device, and are not asked while it is down",
    [
      "if (device >= (interfaces.length as u32)) return SendResult.Unreachable;",
      "if (!iface.up) return SendResult.Unreachable;",
    ],
  ],
  [
    "net/iface/egress.ts",
    "sockets and reassembly are bounded below it",
    ["if (length > IPV4_LONGEST - IPV4_HEADER) return SendResult.TooLong;"],
  ],
  [
    "net/iface/egress.ts",
    "not tried: a pool that runs empty just when a datagram is copied",
    [
      "if (length > room && this.pool.available < length / chunk + 1) return SendResult.Busy;",
      "if (frame == null) return SendResult.Busy;",
    ],
  ],
  [
    "net/iface/icmp.ts",
    "ingress has refused such sources and destinations",
    ["if (to == UNSPECIFIED || from == UNSPECIFIED) return;"],
  ],
  [
    "net/iface/icmp.ts",
    "not tried: an error due while there is no frame",
    ["if (frame == null) return;"],
  ],
  [
    "net/iface/interface.ts",
    "not tried: ARP while the pool is empty",
    ["if (frame == null) return;"],
  ],
  ["net/iface/ip.ts", "the other half of a property that is only set", ["return this.tapped;"]],
  [
    "net/iface/ip.ts",
    "for the checks of fuzzing (tests/fuzz/parts/)",
    ["return this.egress.owns(address);"],
  ],
  [
    "net/iface/ip.ts",
    "not tried: a turn that leaves something in the queue of the loopback",
    ["if (this.loopbackDevice.queued > 0) return now;"],
  ],
  ["net/iface/interface.ts", "who takes an address away has looked for it", ["return false;"]],
  [
    "net/phy/loopback.ts",
    "what every device has, and nobody asks of this one",
    ['return "loopback";', "return 0;", "return this.count;"],
  ],
  [
    "net/phy/loopback.ts",
    "not tried: more in one turn than the queue holds",
    ["this.count.ringFull++;", "this.pool.release(frame);", "return false;"],
  ],
  [
    "net/socket/datagram-queue.ts",
    "sockets refuse what is longer than their queue",
    ["if (length > this.capacity) return 0;"],
  ],
  [
    "net/socket/echo.ts",
    "not tried: more requests than a queue holds, two sockets that draw one identifier",
    [
      "if (message == 0) return false;",
      "while (this.find(identifier) != null) identifier = this.random.next32() & 0xffff;",
    ],
  ],
  [
    "net/socket/echo.ts",
    "not tried: `ss` while pings run, and several of them",
    ["return this.sockets[index]!;", "if (this.sockets[i] !== socket) continue;"],
  ],
  [
    "net/socket/echo.ts",
    "not tried: no frame for an echo request",
    ["if (result == SendResult.Busy) return true;", "if (frame == null) return SendResult.Busy;"],
  ],
  [
    "net/socket/tcp/congestion/new-reno.ts",
    "in recovery the window is more than two segments, and less than one is taken off",
    ["if (this.window < segmentSize) this.window = segmentSize;"],
  ],
  [
    "net/socket/tcp/congestion/new-reno.ts",
    "no segment is longer than 1,460 bytes",
    ["return 2 * segmentSize > 14600 ? 2 * segmentSize : 14600;"],
  ],
  [
    "net/socket/tcp/output/emit.ts",
    "who gave the frame has room for it",
    ["if (result == SendResult.Busy) return false;"],
  ],
  [
    "net/socket/tcp/output/emit.ts",
    "the table has asked before",
    ["if (segment.has(FLAG_RST)) return false;"],
  ],
  [
    "net/socket/tcp/input/receive.ts",
    "in TIME-WAIT there is a record, and no connection any more",
    ["if (state == TcpState.TimeWait) return Drop.TcpUnacceptable;"],
  ],
  [
    "net/socket/tcp/output/transmit.ts",
    "what was to be sent again has been acknowledged: the ACK has taken the wish back",
    ["connection.retransmitDue = false;", "return true;"],
  ],
  [
    "net/socket/tcp/open/local-ports.ts",
    "at most half of all ports are in use: 16 drawn at random are not all taken",
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
    "not tried: a connection to the own address that draws the port it goes to",
    ["if (local == remote && port == remotePort) return false;"],
  ],
  [
    "net/socket/tcp/registry.ts",
    "those that are settled were found in the table in the same call",
    ["if (!connection.attached) return;"],
  ],
  [
    "net/socket/tcp/registry.ts",
    "no interface's MTU is below 68",
    ["if (mtu <= headers) return SEGMENT_SIZE_MINIMUM;"],
  ],
  [
    "net/socket/tcp/time/schedule.ts",
    "who takes has counted before",
    ["if (first == null) return null;"],
  ],
  [
    "net/socket/tcp/time/schedule.ts",
    "timers are those of connections in the table",
    ["if (!connection.attached) return;"],
  ],
  ["net/socket/tcp/state.ts", "there is no other state", ["return state;"]],
  [
    "net/socket/tcp/tcp.ts",
    "as many ports as that are never in use",
    ["if (port == 0) return null;"],
  ],
  [
    "net/socket/tcp/tcp.ts",
    "not tried: a full table without one connection that is half open",
    ["if (oldest == null) return;"],
  ],
  [
    "net/socket/udp.ts",
    "not tried: a broadcast by a device without an address",
    ["if (source == 0) return SendResult.Unreachable;"],
  ],
  [
    "net/wire/dhcp-options.ts",
    "not tried: broken options in the field of the file's name",
    ["if (!options.collect(message + DHCP_FILE, DHCP_FILE_BYTES)) return null;"],
  ],
];

export const unreached: Explanation[] = explanations([...reasons, ...unreachedServices]);
