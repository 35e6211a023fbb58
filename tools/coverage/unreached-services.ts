/** Lines of net/service that no test in Node reaches, each with its reason. */
import type { Reason } from "./report.ts";

/** By file and reason, the lines as they stand there. */
export const unreachedServices: Reason[] = [
  [
    "net/api.ts",
    "for programs that have no kernel below them, which polls by itself",
    ["return defaultStack.poll(now);"],
  ],
  [
    "net/service/connector.ts",
    "not tried in Node: TLS that refuses, for want of entropy or memory",
    ["stream.abort();", "this.reason = this.tls.refusal;", "return null;"],
  ],
  [
    "net/service/dhcp/client.ts",
    "it is started once, at boot",
    ["if (this.state != DhcpState.Stopped) return true;"],
  ],
  [
    "net/service/dhcp/client.ts",
    "the console has asked before whether there is a lease, and no program is without",
    ["this.stop();", "return;"],
  ],
  [
    "net/service/dhcp/describe.ts",
    "not tried: a client identifier in an answer, a list of routes cut short",
    [
      "const pointer = changetype<usize>(data);",
      "return formatHardware(",
      "if (list == null) return text;",
    ],
  ],
  [
    "net/service/dhcp/lease.ts",
    "not tried: a router that is the own address, or no host's",
    ["if (router == this.address || !isUnicast(router)) return false;"],
  ],
  [
    "net/service/dhcp/routes.ts",
    "not tried: more routes in an answer than are kept",
    ["if (routes.length == (most as i32)) continue;"],
  ],
  [
    "net/service/dns/exchange.ts",
    "lookups, 32 at most, are fewer than sockets, 64",
    ["if (socket == null) return null;"],
  ],
  [
    "net/service/dns/exchange.ts",
    "a stream that has just opened has room for a question",
    [
      "if (!this.sent && status == StreamStatus.Open && !this.send()) return null;",
      "if (this.stream.writable() < PREFIX + length) return false;",
    ],
  ],
  [
    "net/service/dns/lookup.ts",
    "the resolver lets go of a lookup that is done",
    ["if (this.done || exchange == null) return;"],
  ],
  [
    "net/service/dns/lookup.ts",
    "lookups, 32 at most, are fewer than sockets, 64",
    ["this.finish(DnsError.NoResources);", "return;"],
  ],
  [
    "net/service/connector.ts",
    "DNS over TCP is tried with a connector of its own",
    ["return this.open(address, port, now);"],
  ],
  [
    "net/service/http/message/body-decoder.ts",
    "not tried: a trailer whose line ends without its line feed",
    ['if (c != LF) return this.fail("malformed trailer");'],
  ],
  [
    "net/service/http/message/body.ts",
    "not tried: a body kept in memory that grows beyond its bound in chunks",
    ["if (length > this.maximum - this.length) return false;"],
  ],
  [
    "net/service/http/client/connection-pool.ts",
    "each turn lets go of connections that cannot be used, before one is taken",
    ["entry.stream.release();"],
  ],
  [
    "net/service/http/message/head.ts",
    "not tried: blanks behind an item of a list",
    ["while (end > start && isBlank(load<u8>(end - 1))) end--;"],
  ],
  [
    "net/service/http/client/request-sender.ts",
    "the exchange does not ask once sending has stopped",
    ["if (this.stopped) return false;"],
  ],
  [
    "net/service/http/client/request-sender.ts",
    "a head is shorter than what a stream that has just opened takes",
    ["if (sent < left) return sent > 0;"],
  ],
  [
    "net/service/http/server/response-writer.ts",
    "a connection that has just opened has room for a short text",
    ["if (stream.writable() < RESPONSE_HEAD_BYTES) return;"],
  ],
  [
    "net/service/json-rpc/answer.ts",
    "not tried: one error object for a whole batch that is itself malformed",
    ["if (read.outcome != RpcOutcome.Error) return read.reason;"],
  ],
  [
    "net/service/json-rpc/call.ts",
    "not tried: a second server is asked after the first has failed",
    [
      "this.outcome = RpcOutcome.Pending;",
      "this.failure = RpcFailure.None;",
      'this.reason = "";',
      "this.result = null;",
      "this.data = null;",
    ],
  ],
  [
    "net/service/ntp/client.ts",
    "a round without a result has been dealt with before",
    ["if (chosen == null) return 0;", "if (chosen == null) return;"],
  ],
  [
    "net/service/ntp/query.ts",
    "not tried: more queries than sockets",
    ['if (socket == null) return this.fail("no socket is free");'],
  ],
  ["net/service/ntp/round.ts", "what was chosen is one of the queries' samples", ['return "";']],
  [
    "net/service/interface-configurator.ts",
    "not tried: a program that has taken port 68, a failure of DHCP told as the reason",
    [
      // Put together here, for the linter takes it for a template.
      "if (!this.dhcp.start(now)) log(`$" +
        "{this.iface.name}: DHCP: $" +
        "{this.dhcp.lastFailure}`);",
      'if (this.dhcp.lastFailure != "") return this.dhcp.lastFailure;',
    ],
  ],
  [
    "net/service/interface-configurator.ts",
    "time servers and MTU of DHCP, and of the configuration, are tried in real boots",
    [
      "if (this.settings.ntpServers.length > 0) return this.settings.ntpServers;",
      "servers.push(formatIpv4(lease.timeServers[i]));",
      "if (lease.mtu > 0 && this.settings.mtu == 0) this.ip.setMtu(this.iface, lease.mtu);",
    ],
  ],
  [
    "net/service/interface-configurator.ts",
    "not tried in Node: MTUBytes= of anonymos.conf",
    ["if (mtu > 0) this.ip.setMtu(this.iface, mtu);"],
  ],
  [
    "net/service/host-configuration.ts",
    "not tried in Node: a host name from DHCP, no device",
    [
      'if (lease != null && lease.hostname != "") return lease.hostname;',
      'if (this.configurators.length == 0) return "no network device was found";',
      "if (configurator == null) return -1;",
    ],
  ],
  [
    "net/service/tls/resumption.ts",
    "not tried in Node: a session of TLS 1.2 that its server did not renew",
    ["this.shared.sessions.keep(offered);", "this.kept = true;"],
  ],
  [
    "net/service/tls/stream.ts",
    "not tried: a peer that ends in the handshake; a stream asked after it was given back",
    [
      "else if (this.state == TlsState.PeerClosed) " +
        "this.fail(StreamFailure.Protocol, this.cutOff());",
      "if (this.freed) return 0;",
    ],
  ],
  [
    "net/service/tls/stream.ts",
    "not tried: an engine that takes nothing though there is room, ciphertext unread at the end",
    ["if (count == 0) break;", "if (below.readable() > 0) return;"],
  ],
  [
    "net/service/tls/resumption.ts",
    "not tried: a session longer than is kept",
    ["if (length == 0 || length > TLS_SESSION_BYTES) return;"],
  ],
  [
    "net/service/tls/sessions.ts",
    "not tried in Node: roots added or removed while sessions are kept",
    ["while (this.kept.length > 0) this.kept.pop().wipe();"],
  ],
];
