/**
 * The kernel with the public API (net/api.ts), called from Node; pointers to objects are handles.
 */
import { Program, register } from "../../../core/program";
import { MILLISECOND } from "../../../core/time";
import { TcpSocket, TlsContext } from "../../../net/api";
import { DhcpClient } from "../../../net/service/dhcp/client";
import { DHCP_STATE_NAMES } from "../../../net/service/dhcp/state";
import { DnsQuery } from "../../../net/service/dns/query";
import { HttpCall } from "../../../net/service/http/client/call";
import { writeJson } from "../../../net/service/json/writer";
import { RpcOutcome } from "../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../net/service/json-rpc/exchange";
import { SOCKET_ERROR_WORDS } from "../../../net/socket/error";
import { TCP_STATE_NAMES } from "../../../net/socket/tcp/state";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { formatIpv4 } from "../../../net/wire/address";
import { textAt } from "./text";

export { boot, interrupt, turn } from "../../../kernel/main";
export * from "../../../net/api";
export { allocateBytes } from "./text";

/** Polled every few milliseconds, like a program, so that calls made between turns proceed. */
class Metronome extends Program {
  private next: i64 = 0;

  poll(now: i64): bool {
    if (now >= this.next) this.next = now + 5 * MILLISECOND;
    return false;
  }
  pollAt(_now: i64): i64 {
    return this.next;
  }
}
register(new Metronome());

export function text(pointer: usize, length: u32): string {
  return textAt(pointer, length);
}
export function bytes(length: u32): Uint8Array {
  return new Uint8Array(length);
}

// --- objects by their handles ---

export function tcpSays(socket: TcpSocket): string {
  return `${TCP_STATE_NAMES[socket.state()]} ${SOCKET_ERROR_WORDS[socket.error()]}`;
}
export function tlsStatus(context: TlsContext): i32 {
  return context.status();
}
export function tlsFailure(context: TlsContext): string {
  return context.failure();
}
/** The sender of the last datagram taken. */
export function udpSender(socket: UdpSocket): string {
  return `${formatIpv4(socket.lastAddress)}:${socket.lastPort}`;
}
export function udpPort(socket: UdpSocket): u32 {
  return socket.localPort;
}
export function dnsSays(query: DnsQuery): string {
  if (!query.done) return "";
  return query.failure() == "" ? formatIpv4(query.addresses[0]) : query.failure();
}
export function dhcpSays(client: DhcpClient): string {
  return DHCP_STATE_NAMES[client.state];
}
export function httpSays(call: HttpCall): string {
  if (!call.done) return "";
  return call.message == "" ? `${call.status} ${call.text()}` : call.message;
}
export function rpcSays(exchange: RpcExchange): string {
  if (!exchange.poll()) return "";
  const call = exchange.calls[0];
  return call.outcome == RpcOutcome.Result ? writeJson(call.result!) : call.reason;
}
