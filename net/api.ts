/**
 * The public API, over one default stack. No function blocks: an operation that takes time returns
 * a handle, and proceeds as the kernel polls the stack, once a turn. docs/api.md has an example.
 */
import { DhcpClient, DhcpState } from "./service/dhcp/client";
import { DnsQuery } from "./service/dns/query";
import { HttpCall } from "./service/http/client/call";
import { HttpRequest } from "./service/http/client/request";
import { BytesSource } from "./service/http/message/body";
import { RpcCall } from "./service/json-rpc/call";
import { RpcExchange } from "./service/json-rpc/exchange";
import { RpcSubscription } from "./service/json-rpc/subscription";
import { NameServer, parseNameServer, parseNetworkAddress } from "./service/settings";
import { NetworkStack } from "./service/stack";
import { StreamStatus } from "./service/stream/stream";
import { TcpStream } from "./service/stream/tcp-stream";
import { TcpSocket } from "./service/tcp-socket";
import { TlsOptions } from "./service/tls/shared";
import { TlsStream } from "./service/tls/stream";
import { WebSocket } from "./service/websocket/socket";
import { TcpInfo } from "./socket/tcp/info";
import { TcpState } from "./socket/tcp/state";
import { UdpSocket } from "./socket/udp-socket";
import { Ipv4Address, NOT_AN_ADDRESS, parseIpv4 } from "./wire/address";

export {
  tcpGetOption,
  tcpSetKeepAlive,
  tcpSetMark,
  tcpSetOption,
  tcpSetTypeOfService,
  tcpSetUserTimeout,
  udpGetOption,
  udpSetMark,
  udpSetOption,
  udpSetTypeOfService,
} from "./service/socket-calls";
export { SocketOption } from "./service/socket-option";
export { TcpInfo, TcpSocket };

let defaultStack!: NetworkStack;

// --- stack ---

/** Makes `stack` the default. The kernel does this before any program starts. */
export function initNetworkStack(stack: NetworkStack): void {
  defaultStack = stack;
}

/** Polls the stack at `now`, microseconds since boot. Returns true to be called again at once. */
export function networkStackPoll(now: i64): bool {
  return defaultStack.poll(now);
}

/**
 * Configures the first interface statically and stops DHCP: an address with its prefix length
 * ("10.0.2.15/24"), a gateway, and name servers ("10.0.2.3" or "10.0.2.3#5353", separated by
 * blanks); "" means no gateway or no name servers. Returns false, and changes nothing, if there is
 * no interface, an argument is invalid, or `gateway` is no possible address of another host on the
 * link.
 */
export function configureNetwork(address: string, gateway: string, nameServers: string): bool {
  const own = parseNetworkAddress(address);
  const router = gateway == "" ? 0 : parseIpv4(gateway);
  const all = defaultStack.configuration.configurators;
  if (own == null || router == NOT_AN_ADDRESS || all.length == 0) return false;
  const servers: Array<NameServer> = [];
  const words = nameServers.split(" ");
  for (let i = 0; i < words.length; i++) {
    if (words[i] == "") continue;
    const server = parseNameServer(words[i]);
    if (server == null) return false;
    servers.push(server);
  }
  if (!all[0].configureByHand(own, router as u32)) return false;
  all[0].setNameServers(servers);
  return true;
}

// --- TCP ---

/** Returns an unused socket. */
export function tcpSocket(): TcpSocket {
  return new TcpSocket();
}

/**
 * Sets the port to listen on or to connect from, 1 to 65535. A socket that connects without one
 * gets a random port.
 */
export function tcpBind(socket: TcpSocket, port: u32): bool {
  if (port - 1 >= 65535) return false;
  socket.port = port;
  return true;
}

/**
 * Listens with a backlog of `backlog` connections. Returns false if the socket is not bound, the
 * port is in use, or there are too many listeners. Without SO_REUSEADDR, a port is in use while it
 * has connections, even in TIME-WAIT.
 */
export function tcpListen(socket: TcpSocket, backlog: u32): bool {
  const reuse = socket.options.reuseAddress;
  const listener = defaultStack.ip.tcp.listen(socket.port, backlog, reuse);
  socket.listener = listener;
  socket.applyOptions();
  return listener != null;
}

/** Returns the connection that has waited longest, or null. */
export function tcpAccept(socket: TcpSocket): TcpSocket | null {
  const listener = socket.listener;
  if (listener == null) return null;
  const connection = listener.accept();
  if (connection == null) return null;
  const accepted = new TcpSocket();
  accepted.port = socket.port;
  accepted.connection = connection;
  accepted.options.copy(socket.options);
  accepted.applyOptions();
  return accepted;
}

/**
 * Starts to connect; `state` becomes Established, or Closed with an `error`. Returns false if no
 * connection or memory is left, or the port of the socket, or every random one, is in use.
 */
export function tcpConnect(socket: TcpSocket, address: Ipv4Address, port: u32): bool {
  const ip = defaultStack.ip;
  socket.options.localPort = socket.port;
  socket.connection = ip.connect(ip.now, address, port, socket.options);
  return socket.connection != null;
}

/** Queues `bytes` to be sent. Returns how many were accepted. */
export function tcpSend(socket: TcpSocket, bytes: Uint8Array): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : connection.write(bytes.dataStart, bytes.length as u32);
}

/** Moves received data into `bytes`. Returns the number of bytes, or -1 if no more will come. */
export function tcpReceive(socket: TcpSocket, bytes: Uint8Array): i32 {
  const connection = socket.connection;
  if (connection == null) return -1;
  const count = connection.read(bytes.dataStart, bytes.length as u32);
  if (count > 0) return count as i32;
  const over = connection.peerFinished() || connection.state == TcpState.Closed;
  return over ? -1 : 0;
}

/** The `how` of shutdown(2). */
export const enum Shutdown {
  Read = 0,
  Write,
  Both,
}

/**
 * Ends a direction of a connection. Write: a FIN follows what was sent, reading goes on. Read:
 * `tcpReceive` returns -1 once it has returned what has arrived; see `TcpConnection.endReading`.
 */
export function tcpShutdown(socket: TcpSocket, how: Shutdown = Shutdown.Write): void {
  const connection = socket.connection;
  if (connection == null) return;
  if (how != Shutdown.Write) connection.endReading();
  if (how != Shutdown.Read) connection.close();
}

/** Returns the state of the connection at this moment (TCP_INFO), or null without one. */
export function tcpInfo(socket: TcpSocket): TcpInfo | null {
  const connection = socket.connection;
  return connection == null ? null : connection.info();
}

/**
 * Closes a listener, or a connection once its data is delivered; see `TcpConnection.detach`. With
 * SO_LINGER 0, the connection is reset.
 */
export function tcpClose(socket: TcpSocket): void {
  const listener = socket.listener;
  if (listener != null) listener.close();
  socket.listener = null;
  const connection = socket.connection;
  if (connection != null && socket.options.linger == 0) connection.abort();
  else if (connection != null) connection.detach();
  socket.connection = null;
}

// --- TLS ---

/** The client's end of a TLS connection. */
export class TlsContext {
  stream: TlsStream | null = null;
  /** Why there is no stream. */
  refusal: string = "";

  constructor(readonly host: string) {}

  /** Open once the handshake is complete and the server is verified. */
  status(): StreamStatus {
    const stream = this.stream;
    return stream == null ? StreamStatus.Failed : stream.status();
  }

  /** Returns why the connection failed, or "". */
  failure(): string {
    const stream = this.stream;
    return stream == null ? this.refusal : stream.failure();
  }
}

/** Returns a message ("TLS is not available: ...") if TLS is unavailable, or "". */
export function initTLS(): string {
  return defaultStack.tls.engine.obstacle();
}

/** Returns a context for `host`, a name or address that the server's certificate must contain. */
export function tlsCreateContext(host: string): TlsContext {
  return new TlsContext(host);
}

/**
 * Starts to connect; `status` becomes Open once the server is verified, or Failed. Returns false,
 * with a `failure`, if it cannot even start. If it fails because the server rejects a cached
 * session, that session is not used again, and a second call may succeed.
 */
export function tlsConnect(context: TlsContext, address: Ipv4Address, port: u32): bool {
  const ip = defaultStack.ip;
  context.stream = null;
  context.refusal = initTLS();
  if (context.refusal != "") return false;
  const tls = defaultStack.tls;
  const connection = ip.connect(ip.now, address, port);
  if (connection == null) {
    context.refusal = "too many connections";
    return false;
  }
  const below = new TcpStream(connection);
  context.stream = tls.connect(below, TlsOptions.client(context.host, port), ip.now);
  if (context.stream != null) return true;
  context.refusal = tls.refusal;
  below.abort();
  return false;
}

/** Moves received data into `bytes`. Returns the number of bytes, or -1 if no more will come. */
export function tlsRead(context: TlsContext, bytes: Uint8Array): i32 {
  const stream = context.stream;
  if (stream == null) return -1;
  stream.poll(defaultStack.ip.now);
  const count = stream.read(bytes.dataStart, bytes.length as u32);
  if (count > 0) return count as i32;
  const status = stream.status();
  return status == StreamStatus.Finished || status == StreamStatus.Failed ? -1 : 0;
}

/** Queues `bytes` to be sent. Returns how many were accepted: 0 until `status` is Open. */
export function tlsWrite(context: TlsContext, bytes: Uint8Array): u32 {
  const stream = context.stream;
  return stream == null ? 0 : stream.write(bytes.dataStart, bytes.length as u32);
}

/** Closes the connection with close_notify, or resets it if it is not open or data is unread. */
export function tlsClose(context: TlsContext): void {
  const stream = context.stream;
  if (stream != null) stream.release();
  context.stream = null;
}

// --- UDP ---

/** Returns a socket on a random port, or null if there are too many sockets. */
export function udpSocket(): UdpSocket | null {
  return defaultStack.ip.udp.open();
}

/**
 * Closes `socket` and returns a new one on `port`, 1 to 65535. Returns null, and leaves `socket`
 * open, if the port is in use or there are too many sockets.
 */
export function udpBind(socket: UdpSocket, port: u32): UdpSocket | null {
  if (port == 0) return null;
  const bound = defaultStack.ip.udp.open(port);
  if (bound != null) socket.close();
  return bound;
}

/** Queues a datagram of at most 65,507 bytes. Returns false if it cannot; see `UdpSocket.send`. */
export function udpSend(
  socket: UdpSocket,
  bytes: Uint8Array,
  address: Ipv4Address,
  port: u32,
): bool {
  return socket.send(bytes.dataStart, bytes.length as u32, address, port);
}

/**
 * Moves the oldest datagram, cut to the length of `bytes`, into `bytes`. Returns the number of
 * bytes moved, or -1 if none is queued. The socket's `lastAddress` and `lastPort` are the sender's.
 */
export function udpReceive(socket: UdpSocket, bytes: Uint8Array): i32 {
  return socket.receive(bytes.dataStart, bytes.length as u32);
}

/** Closes the socket and drops the datagrams queued. */
export function udpClose(socket: UdpSocket): void {
  socket.close();
}

// --- names ---

/** Starts to resolve a name, or an address as text; wait for the query's `done`. */
export function dnsResolve(name: string): DnsQuery {
  return defaultStack.dns.resolve(name, defaultStack.ip.now);
}

/** Returns the address of a name if it is known; otherwise starts to resolve it and returns 0. */
export function resolveHostname(name: string): Ipv4Address {
  const query = dnsResolve(name);
  return query.done && query.addresses.length > 0 ? query.addresses[0] : 0;
}

/** Returns the cached address of a name, or 0. Sends no query. */
export function dnsLookupCache(name: string): Ipv4Address {
  const entry = defaultStack.dns.cached(name, defaultStack.ip.now);
  return entry != null && entry.addresses.length > 0 ? entry.addresses[0] : 0;
}

// --- DHCP, on the first interface; the client's `state` shows its progress ---

/** Drops the lease and starts over with a DISCOVER. Returns null if there is no interface. */
export function dhcpDiscover(): DhcpClient | null {
  const client = dhcpClient();
  if (client == null) return null;
  client.stop();
  client.start(defaultStack.ip.now);
  return client;
}

/** Starts the client unless it is running. Returns null if there is no interface. */
export function dhcpRequest(): DhcpClient | null {
  const client = dhcpClient();
  if (client != null && client.state == DhcpState.Stopped) client.start(defaultStack.ip.now);
  return client;
}

/** Renews the lease now. Returns false if there is none, or it is being released. */
export function dhcpRenew(): bool {
  const client = dhcpClient();
  return client != null && client.lease != null && client.renew(defaultStack.ip.now);
}

/** Releases the lease and stops. Returns false if there is no lease. */
export function dhcpRelease(): bool {
  const client = dhcpClient();
  if (client == null || client.lease == null) return false;
  client.release(defaultStack.ip.now);
  return true;
}

function dhcpClient(): DhcpClient | null {
  const all = defaultStack.configuration.configurators;
  return all.length > 0 ? all[0].dhcp : null;
}

// --- HTTP ---

/** Sends a request with a text body, "" for none; wait for the call's `done`. */
export function httpRequest(method: string, url: string, body: string): HttpCall {
  const request = new HttpRequest(url);
  request.setMethod(method);
  if (body != "") request.body = BytesSource.ofText(body);
  return new HttpCall(defaultStack.http, request, defaultStack.ip.now);
}

/** Like `httpRequest`, but fails if the URL is not https. */
export function httpsRequest(method: string, url: string, body: string): HttpCall {
  const request = new HttpRequest(url);
  request.setMethod(method);
  if (!request.url.secure) request.error = "expected an https URL";
  if (body != "") request.body = BytesSource.ofText(body);
  return new HttpCall(defaultStack.http, request, defaultStack.ip.now);
}

/** Calls a JSON-RPC 2.0 method; `params` is a JSON array or object, or "" for none. */
export function jsonRpcCall(url: string, method: string, params: string): RpcExchange {
  return defaultStack.rpc.call(url, new RpcCall(method, params), 0, defaultStack.ip.now);
}

/** Subscribes at a ws or wss URL: `next` returns the notifications' results; see docs/api.md. */
export function jsonRpcSubscribe(url: string, method: string, params: string): RpcSubscription {
  return defaultStack.rpc.subscribe([url], new RpcCall(method, params));
}

/** Connects to a ws or wss URL. Returns null if it is invalid or there are too many connections. */
export function webSocketConnect(url: string): WebSocket | null {
  return defaultStack.webSocket.connect(url, defaultStack.ip.now);
}
