/**
 * Why no test in Node reaches some lines of net/ and drivers/intel/. A reason names a function and
 * how many of its lines it is for, so that it survives edits. "Not tried" means that a test could
 * reach the lines, but none does.
 */
import type { Reasons } from "./report.ts";

export const unreached: Reasons = {
  "drivers/intel/receive-ring.ts": [
    ["ReceiveRing.receive", 1, "no model fills a whole ring with bad descriptors within one call"],
    ["ReceiveRing.returnAll", 1, "the ring overruns only while descriptors wait to be returned"],
  ],
  "net/iface/ip/egress.ts": [
    ["Egress.sendBytes", 1, "sockets and reassembly enforce tighter bounds"],
    ["Egress.sendBytes", 2, "not tried: the pool runs empty just as a datagram is copied"],
  ],
  "net/iface/ip/ipv4-paths.ts": [
    ["Ipv4Paths.firstUp", 1, "kernels without a network device are booted in QEMU only"],
  ],
  "net/iface/ip/icmp.ts": [
    ["Icmp.sendError", 1, "ingress has already rejected such sources and destinations"],
    ["Icmp.sendError", 1, "not tried: an error is due while there is no frame"],
  ],
  "net/iface/ip/configuration.ts": [
    ["IpConfiguration.owns", 1, "for the fuzzers' checks (tests/fuzz/parts/)"],
  ],
  "net/iface/link/arp.ts": [["Arp.send", 1, "not tried: ARP while the pool is empty"]],
  "net/iface/layer.ts": [
    ["IpLayer.tap", 1, "the getter of a property that is only set"],
    ["IpLayer.pollAt", 1, "not tried: a turn that leaves frames in the loopback queue"],
  ],
  "net/phy/loopback.ts": [
    ["LoopbackDevice.driverName", 1, "a device must have it; the loopback's is never called"],
    ["LoopbackDevice.hardwareAddress", 1, "a device must have it; the loopback's is never called"],
    ["LoopbackDevice.counters", 1, "a device must have it; the loopback's is never called"],
    ["LoopbackDevice.transmit", 3, "not tried: more frames in one turn than the queue holds"],
  ],
  "net/socket/datagram-queue.ts": [
    ["DatagramQueue.push", 1, "sockets reject datagrams longer than their queue"],
  ],
  "net/socket/echo-socket.ts": [
    ["EchoSocket.send", 1, "not tried: more requests than the queue holds"],
  ],
  "net/socket/echo.ts": [
    ["EchoTable.open", 1, "not tried: two sockets that draw the same identifier"],
    ["EchoTable.socketAt", 1, "not tried: ss while pings run"],
    ["EchoTable.forget", 1, "not tried: several pings at once"],
    ["EchoTable.dispatch", 1, "not tried: no frame for an echo request"],
    ["transmit", 1, "not tried: no frame for an echo request"],
  ],
  "net/socket/tcp/output/emit.ts": [
    ["sendSegment", 1, "a sink that allocates a frame also has room to send it"],
    ["sendReset", 1, "the table never answers an RST"],
  ],
  "net/socket/tcp/input/receive.ts": [
    ["receiveReset", 1, "in TIME-WAIT a record replaces the connection"],
  ],
  "net/socket/tcp/open/local-ports.ts": [
    [
      "LocalPorts.take",
      1,
      "not tried: a connection to this host that draws its own destination port",
    ],
  ],
  "net/socket/tcp/registry.ts": [
    ["TcpRegistry.settle", 1, "the connection was found in the table in the same call"],
  ],
  "net/socket/tcp/negotiated.ts": [["Negotiated.announce", 1, "no interface has an MTU below 68"]],
  "net/socket/tcp/time/schedule.ts": [
    ["Schedule.take", 1, "callers check the count before they take"],
  ],
  "net/socket/tcp/state.ts": [["nextState", 1, "there is no other state"]],
  "net/socket/tcp/passive-open.ts": [
    ["PassiveOpen.dropHalfOpen", 1, "not tried: a full table without a half-open connection"],
  ],
  "net/socket/udp.ts": [["transmit", 1, "not tried: a broadcast by a device without an address"]],
  "net/wire/dhcp-options.ts": [
    ["DhcpOptions.parse", 1, "not tried: broken options in the file field"],
  ],
  "net/api.ts": [
    ["networkStackPoll", 1, "for programs without the kernel, which polls the stack itself"],
  ],
  "net/service/connector.ts": [
    [
      "TcpConnector.connectSecure",
      3,
      "not tried in Node: TLS that refuses for lack of entropy or memory",
    ],
    ["TcpConnector.connect", 1, "DNS over TCP is tested with a connector of its own"],
  ],
  "net/service/dhcp/client.ts": [
    ["DhcpClient.start", 1, "it is started once, at boot"],
    [
      "DhcpClient.release",
      2,
      "the console has checked for a lease, and no program releases without one",
    ],
  ],
  "net/service/dhcp/describe.ts": [
    ["describeOption", 2, "not tried: a client identifier in a response"],
    ["routes", 1, "not tried: a list of routes cut short"],
  ],
  "net/service/dhcp/routes.ts": [
    ["readRoutes", 1, "not tried: more routes in a response than are kept"],
  ],
  "net/service/dns/exchange.ts": [
    ["UdpExchange.open", 1, "at most 32 lookups share 40 sockets"],
    ["StreamExchange.poll", 1, "a stream that has just opened has room for a question"],
    ["StreamExchange.send", 1, "a stream that has just opened has room for a question"],
  ],
  "net/service/dns/lookup.ts": [
    ["DnsLookup.poll", 1, "the resolver drops a lookup once it is done"],
    ["DnsLookup.ask", 2, "at most 32 lookups share 40 sockets"],
  ],
  "net/service/http/message/body-decoder.ts": [
    ["BodyDecoder.trailerStep", 1, "not tried: a trailer line that ends without LF"],
  ],
  "net/service/http/message/body.ts": [
    ["CollectingSink.data", 1, "not tried: a body in memory that exceeds its bound in chunks"],
  ],
  "net/service/stream/idle-streams.ts": [
    ["IdleStreams.take", 1, "each turn drops unusable connections before one is taken"],
  ],
  "net/service/http/message/head.ts": [
    ["ListItems.next", 1, "not tried: blanks after a list item"],
  ],
  "net/service/http/client/request-sender.ts": [
    ["RequestSender.send", 1, "the exchange does not call it after sending has stopped"],
    ["RequestSender.send", 1, "a stream that has just opened has room for a head"],
  ],
  "net/service/http/server/response-writer.ts": [
    ["ResponseWriter.writeText", 1, "a connection that has just opened has room for a short text"],
  ],
  "net/service/ntp/client.ts": [
    ["NtpClient.correction", 1, "a round without a result has been handled before"],
    ["NtpClient.apply", 1, "a round without a result has been handled before"],
  ],
  "net/service/ntp/query.ts": [["NtpQuery.begin", 1, "not tried: more queries than sockets"]],
  "net/service/ntp/round.ts": [["NtpRound.source", 1, "the chosen sample is one of the queries'"]],
  "net/service/interface-configurator.ts": [
    ["InterfaceConfigurator.start", 1, "not tried: a program that has taken port 68"],
    ["InterfaceConfigurator.reason", 1, "not tried: DHCP's failure as the reason"],
    [
      "InterfaceConfigurator.timeServers",
      2,
      "tested in real boots: time servers from DHCP and from the configuration",
    ],
    ["InterfaceConfigurator.configure", 1, "tested in real boots: an MTU from DHCP"],
    ["InterfaceConfigurator.start", 1, "not tried in Node: MTUBytes= in anonymos.conf"],
  ],
  "net/service/host-configuration.ts": [
    ["HostConfiguration.hostname", 1, "not tried in Node: a host name from DHCP"],
    ["HostConfiguration.reason", 1, "not tried in Node: no device"],
    ["HostConfiguration.leaseTimeLeft", 1, "not tried in Node: no device"],
  ],
  "net/service/tls/resumption.ts": [
    [
      "TlsResumption.opened",
      2,
      "not tried in Node: a TLS 1.2 session that its server did not renew",
    ],
    ["TlsResumption.keep", 1, "not tried: a session longer than the cache keeps"],
  ],
  "net/service/tls/stream.ts": [
    ["TlsStream.stepHandshake", 1, "not tried: a peer that ends during the handshake"],
    ["TlsStream.bytes", 1, "not tried: a stream that is used after its release"],
    ["TlsStream.write", 1, "not tried: an engine that accepts nothing although it has room"],
    ["TlsStream.noteEnd", 1, "not tried: ciphertext unread at the end"],
  ],
  "net/service/tls/sessions.ts": [
    ["TlsSessions.clear", 1, "not tried in Node: roots added or removed while sessions are cached"],
  ],
};
