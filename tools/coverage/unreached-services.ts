/** Lines of net/service that no test in Node reaches, each with its reason. */
import type { Reason } from "./report.ts";

/** By file and reason, the lines as they stand in the source. */
export const unreachedServices: Reason[] = [
  [
    "net/api.ts",
    "for programs without a kernel, which polls by itself",
    ["return defaultStack.poll(now);"],
  ],
  [
    "net/service/connector.ts",
    "not tried in Node: TLS refuses for lack of entropy or memory",
    ["stream.abort();", "this.reason = this.tls.refusal;", "return null;"],
  ],
  [
    "net/service/dhcp/client.ts",
    "started only once, at boot",
    ["if (this.state != DhcpState.Stopped) return true;"],
  ],
  [
    "net/service/dhcp/client.ts",
    "the callers have checked that there is a lease",
    ["this.stop();", "return;"],
  ],
  [
    "net/service/dhcp/describe.ts",
    "not tried: a reply with a client identifier, a truncated list of routes",
    [
      "const pointer = changetype<usize>(data);",
      "return formatHardware(",
      "if (list == null) return text;",
    ],
  ],
  [
    "net/service/dhcp/lease.ts",
    "not tried: a router with the client's own address, or not a unicast one",
    ["if (router == this.address || !isUnicast(router)) return false;"],
  ],
  [
    "net/service/dhcp/routes.ts",
    "not tried: more routes in a reply than are kept",
    ["if (routes.length == (most as i32)) continue;"],
  ],
  [
    "net/service/dns/exchange.ts",
    "at most 32 lookups share 64 sockets",
    ["if (socket == null) return null;"],
  ],
  [
    "net/service/dns/exchange.ts",
    "a newly opened stream has room for a query",
    [
      "if (!this.sent && status == StreamStatus.Open && !this.send()) return null;",
      "if (this.stream.writable() < PREFIX + length) return false;",
    ],
  ],
  [
    "net/service/dns/lookup.ts",
    "the resolver drops a lookup that is done",
    ["if (this.done || exchange == null) return;"],
  ],
  [
    "net/service/dns/lookup.ts",
    "at most 32 lookups share 64 sockets",
    ["this.finish(DnsError.NoResources);", "return;"],
  ],
  [
    "net/service/connector.ts",
    "tests of DNS over TCP use a connector of their own",
    ["return this.open(address, port, now);"],
  ],
  [
    "net/service/http/message/body-decoder.ts",
    "not tried: a trailer line without its line feed",
    ['if (c != LF) return this.fail("malformed trailer");'],
  ],
  [
    "net/service/http/message/body.ts",
    "not tried: a chunked body that exceeds its limit in memory",
    ["if (length > this.maximum - this.length) return false;"],
  ],
  [
    "net/service/http/client/connection-pool.ts",
    "each turn drops unusable connections before one is taken",
    ["entry.stream.release();"],
  ],
  [
    "net/service/http/message/head.ts",
    "not tried: whitespace after a list item",
    ["while (end > start && isBlank(load<u8>(end - 1))) end--;"],
  ],
  [
    "net/service/http/client/request-sender.ts",
    "the exchange does not call it after sending has stopped",
    ["if (this.stopped) return false;"],
  ],
  [
    "net/service/http/client/request-sender.ts",
    "a newly opened stream has room for a head",
    ["if (sent < left) return sent > 0;"],
  ],
  [
    "net/service/http/server/response-writer.ts",
    "a newly opened connection has room for a short text",
    ["if (stream.writable() < RESPONSE_HEAD_BYTES) return;"],
  ],
  [
    "net/service/json-rpc/answer.ts",
    "not tried: a malformed error object for a whole batch",
    ["if (read.outcome != RpcOutcome.Error) return read.reason;"],
  ],
  [
    "net/service/json-rpc/call.ts",
    "not tried: another server is tried after the first has failed",
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
    "a round without a result was handled before",
    ["if (chosen == null) return 0;", "if (chosen == null) return;"],
  ],
  [
    "net/service/ntp/query.ts",
    "not tried: more queries than sockets",
    ['if (socket == null) return this.fail("no socket is free");'],
  ],
  ["net/service/ntp/round.ts", "the chosen sample is always one of the queries'", ['return "";']],
  [
    "net/service/interface-configurator.ts",
    "not tried: a program occupies port 68, a DHCP failure as the reason",
    [
      // In pieces, as the linter takes it for a template.
      "if (!this.dhcp.start(now)) log(`$" +
        "{this.iface.name}: DHCP: $" +
        "{this.dhcp.lastFailure}`);",
      'if (this.dhcp.lastFailure != "") return this.dhcp.lastFailure;',
    ],
  ],
  [
    "net/service/interface-configurator.ts",
    "boots in QEMU test time servers and MTU from DHCP and the configuration",
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
    "not tried in Node: a host name from DHCP, a machine without a network device",
    [
      'if (lease != null && lease.hostname != "") return lease.hostname;',
      'if (this.configurators.length == 0) return "no network device was found";',
      "if (configurator == null) return -1;",
    ],
  ],
  [
    "net/service/tls/resumption.ts",
    "not tried in Node: a TLS 1.2 session that its server did not renew",
    ["this.shared.sessions.keep(offered);", "this.kept = true;"],
  ],
  [
    "net/service/tls/stream.ts",
    "not tried: a peer that closes during the handshake, a call after release",
    [
      "else if (this.state == TlsState.PeerClosed) " +
        "this.fail(StreamFailure.Protocol, this.cutOff());",
      "if (this.freed) return 0;",
    ],
  ],
  [
    "net/service/tls/stream.ts",
    "not tried: an engine that reads nothing despite room, ciphertext left unread at the end",
    ["if (count == 0) break;", "if (below.readable() > 0) return;"],
  ],
  [
    "net/service/tls/resumption.ts",
    "not tried: a session too long to be cached",
    ["if (length == 0 || length > TLS_SESSION_BYTES) return;"],
  ],
  [
    "net/service/tls/sessions.ts",
    "not tried in Node: roots added or removed while sessions are cached",
    ["while (this.kept.length > 0) this.kept.pop().wipe();"],
  ],
];
