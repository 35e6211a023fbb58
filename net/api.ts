/**
 * The public API: the names of the D kernel that this one succeeds, over the one default stack.
 * None of these functions waits. What takes time answers a handle, and `networkStackPoll`, which
 * the kernel calls every turn, moves it on. docs/api.md explains them with a whole program.
 */
import { DhcpClient, DhcpState } from "./service/dhcp/client";
import { DnsError } from "./service/dns/failure";
import { DnsQuery } from "./service/dns/query";
import { HttpCall } from "./service/http/client/call";
import { HttpRequest } from "./service/http/client/request";
import { BytesSource } from "./service/http/message/body";
import { RpcCall } from "./service/json-rpc/call";
import { RpcExchange } from "./service/json-rpc/client";
import { NameServer, parseNameServer, parseNetworkAddress } from "./service/settings";
import { NetworkStack } from "./service/stack";
import { StreamStatus } from "./service/stream/stream";
import { TcpStream } from "./service/stream/tcp-stream";
import { TlsOptions } from "./service/tls/shared";
import { TlsStream } from "./service/tls/stream";
import { SocketError } from "./socket/error";
import { TcpConnection } from "./socket/tcp/connection";
import { TcpListener } from "./socket/tcp/listen/listener";
import { TcpState } from "./socket/tcp/state";
import { UdpSocket } from "./socket/udp-socket";
import { NOT_AN_ADDRESS, parseIpv4 } from "./wire/address";

let defaultStack!: NetworkStack;

// --- stack ---

/** Makes `stack` the one that the functions below work on. The kernel does so before a program. */
export function initNetworkStack(stack: NetworkStack): void {
  defaultStack = stack;
}

/** One turn of the stack at `now`, microseconds since boot; true: call again at once. */
export function networkStackPoll(now: i64): bool {
  return defaultStack.poll(now);
}

/**
 * Configures the first interface by hand, and ends DHCP there: an address with its prefix length
 * ("10.0.2.15/24"), a gateway and name servers ("10.0.2.3" or "10.0.2.3#5353", blanks between),
 * "" for none. False: there is no interface, or one of the texts is not what it must be.
 */
export function configureNetwork(address: string, gateway: string, nameServers: string): bool {
  const own = parseNetworkAddress(address);
  const router = gateway == "" ? 0 : parseIpv4(gateway);
  if (
    own == null ||
    router == NOT_AN_ADDRESS ||
    defaultStack.configuration.configurators.length == 0
  )
    return false;
  const servers: Array<NameServer> = [];
  const words = nameServers.split(" ");
  for (let i = 0; i < words.length; i++) {
    if (words[i] == "") continue;
    const server = parseNameServer(words[i]);
    if (server == null) return false;
    servers.push(server);
  }
  const configurator = defaultStack.configuration.configurators[0];
  configurator.configureByHand(own, router as u32);
  configurator.setNameServers(servers);
  return true;
}

// --- TCP ---

/** A TCP socket: nothing yet, a listener, or one end of a connection. */
export class TcpSocket {
  port: u32 = 0;
  listener: TcpListener | null = null;
  connection: TcpConnection | null = null;
  /** What `tcpSetKeepAlive` and `tcpSetUserTimeout` were told. */
  keepAlive: i64 = 0;
  userTimeout: i64 = 0;

  /** Where it is in the state diagram of RFC 9293. */
  state(): TcpState {
    if (this.listener != null) return TcpState.Listen;
    const connection = this.connection;
    return connection == null ? TcpState.Closed : connection.state;
  }

  /** Why the connection is over, or None. */
  error(): SocketError {
    const connection = this.connection;
    return connection == null ? SocketError.None : connection.error;
  }
}

/** A socket that is nothing yet. */
export function tcpSocket(): TcpSocket {
  return new TcpSocket();
}

/** The port that `tcpListen` listens on, 1 to 65535; a connecting socket gets a random one. */
export function tcpBind(socket: TcpSocket, port: u32): bool {
  if (port - 1 >= 65535) return false;
  socket.port = port;
  return true;
}

/** Listens on the bound port with up to `backlog` waiting. False: not bound, or in use. */
export function tcpListen(socket: TcpSocket, backlog: u32): bool {
  socket.listener = defaultStack.ip.tcp.listen(socket.port, backlog);
  return socket.listener != null;
}

/** The connection that has waited for longest, or null. */
export function tcpAccept(socket: TcpSocket): TcpSocket | null {
  const listener = socket.listener;
  if (listener == null) return null;
  const connection = listener.accept();
  if (connection == null) return null;
  const accepted = new TcpSocket();
  accepted.port = socket.port;
  accepted.connection = connection;
  accepted.keepAlive = socket.keepAlive;
  accepted.userTimeout = socket.userTimeout;
  applyOptions(accepted);
  return accepted;
}

/**
 * Begins a connection; `state` is Established when it is there, and Closed with an `error` when
 * it failed. False: no connection is free.
 */
export function tcpConnect(socket: TcpSocket, address: u32, port: u32): bool {
  const ip = defaultStack.ip;
  socket.connection = ip.connect(ip.now, address, port);
  applyOptions(socket);
  return socket.connection != null;
}

/**
 * Probes the peer once it is silent for `idle` microseconds (SO_KEEPALIVE with TCP_KEEPIDLE; RFC
 * 9293 section 3.8.4): the connection fails with TimedOut if 9 probes, 75 s apart, are not
 * answered. 0, the default: never. Accepted sockets inherit what their listener has.
 */
export function tcpSetKeepAlive(socket: TcpSocket, idle: i64): void {
  socket.keepAlive = idle;
  applyOptions(socket);
}

/**
 * Fails the connection with TimedOut if data, or the SYN, is not acknowledged for `timeout`
 * microseconds (TCP_USER_TIMEOUT; RFC 9293 section 3.8.3). 0, the default: 5 minutes, 3 for the
 * SYN. Accepted sockets inherit what their listener has.
 */
export function tcpSetUserTimeout(socket: TcpSocket, timeout: i64): void {
  socket.userTimeout = timeout;
  applyOptions(socket);
}

function applyOptions(socket: TcpSocket): void {
  const connection = socket.connection;
  if (connection == null) return;
  connection.setKeepAlive(socket.keepAlive);
  connection.timeout = socket.userTimeout;
}

/** Takes up to all of `bytes` to be sent; answers how many. */
export function tcpSend(socket: TcpSocket, bytes: Uint8Array): u32 {
  const connection = socket.connection;
  return connection == null ? 0 : connection.write(bytes.dataStart, bytes.length as u32);
}

/** Moves what has arrived into `bytes`; answers how many, or -1 when no more will come. */
export function tcpReceive(socket: TcpSocket, bytes: Uint8Array): i32 {
  const connection = socket.connection;
  if (connection == null) return -1;
  const count = connection.read(bytes.dataStart, bytes.length as u32);
  if (count > 0) return count as i32;
  const over = connection.peerFinished() || connection.state == TcpState.Closed;
  return over ? -1 : 0;
}

/** Frees the port of a listener; ends a connection, after what was sent has arrived. */
export function tcpClose(socket: TcpSocket): void {
  const listener = socket.listener;
  if (listener != null) listener.close();
  socket.listener = null;
  const connection = socket.connection;
  if (connection != null) connection.detach();
  socket.connection = null;
}

// --- TLS ---

/** One end of a connection through TLS, from `tlsCreateContext` on. */
export class TlsContext {
  stream: TlsStream | null = null;
  /** Why there is no stream. */
  refusal: string = "";

  constructor(readonly host: string) {}

  /** Open once the handshake is over and the server is who it should be. */
  status(): StreamStatus {
    const stream = this.stream;
    return stream == null ? StreamStatus.Failed : stream.status();
  }

  /** What went wrong, in words. */
  failure(): string {
    const stream = this.stream;
    return stream == null ? this.refusal : stream.failure();
  }
}

/** Why TLS cannot be used ("not enough entropy ..."), or "" where it can. */
export function initTLS(): string {
  return defaultStack.tls.engine.obstacle();
}

/** A context for a server of that name (or address): its certificate has to be for it. */
export function tlsCreateContext(host: string): TlsContext {
  return new TlsContext(host);
}

/**
 * Begins a connection; `status` is Open when the server was verified, Failed when it was not or
 * cannot be reached. False: it cannot even begin, `failure` says why. Where a session of before
 * was what the server did not take, the next attempt goes without and may succeed.
 */
export function tlsConnect(context: TlsContext, address: u32, port: u32): bool {
  const ip = defaultStack.ip;
  context.stream = null;
  context.refusal = initTLS();
  if (context.refusal != "") return false;
  const tls = defaultStack.tls;
  const connection = ip.connect(ip.now, address, port);
  if (connection == null) {
    context.refusal = "no connection is free";
    return false;
  }
  const below = new TcpStream(connection);
  context.stream = tls.connect(below, TlsOptions.client(context.host, port), ip.now);
  if (context.stream != null) return true;
  context.refusal = tls.refusal;
  below.abort();
  return false;
}

/** Moves what has arrived into `bytes`; answers how many, or -1 when no more will come. */
export function tlsRead(context: TlsContext, bytes: Uint8Array): i32 {
  const stream = context.stream;
  if (stream == null) return -1;
  stream.poll(defaultStack.ip.now);
  const count = stream.read(bytes.dataStart, bytes.length as u32);
  if (count > 0) return count as i32;
  const status = stream.status();
  return status == StreamStatus.Finished || status == StreamStatus.Failed ? -1 : 0;
}

/** Takes up to all of `bytes` to be sent; answers how many: none before `status` is Open. */
export function tlsWrite(context: TlsContext, bytes: Uint8Array): u32 {
  const stream = context.stream;
  return stream == null ? 0 : stream.write(bytes.dataStart, bytes.length as u32);
}

/** Says close_notify and lets go of the connection. */
export function tlsClose(context: TlsContext): void {
  const stream = context.stream;
  if (stream != null) stream.release();
  context.stream = null;
}

// --- UDP ---

/** A socket on a random port, or null when there are too many; `udpBind` gives it another. */
export function udpSocket(): UdpSocket | null {
  return defaultStack.ip.udp.open();
}

/** A socket on `port`, 1 to 65535, in place of `socket`, which is closed; null: it is in use. */
export function udpBind(socket: UdpSocket, port: u32): UdpSocket | null {
  if (port == 0) return null;
  const bound = defaultStack.ip.udp.open(port);
  if (bound != null) socket.close();
  return bound;
}

/** Queues a datagram; false: the queue is full, or it is longer than 65,507 bytes. */
export function udpSend(socket: UdpSocket, bytes: Uint8Array, address: u32, port: u32): bool {
  return socket.send(bytes.dataStart, bytes.length as u32, address, port);
}

/**
 * Moves the oldest datagram into `bytes`; answers its length (cut to that of `bytes`), or -1
 * when there is none. `lastAddress` and `lastPort` of the socket say who sent it.
 */
export function udpReceive(socket: UdpSocket, bytes: Uint8Array): i32 {
  return socket.receive(bytes.dataStart, bytes.length as u32);
}

/** Gives the port back; what is queued is forgotten. */
export function udpClose(socket: UdpSocket): void {
  socket.close();
}

// --- names ---

/** Begins to ask for the addresses of a name (or takes an address as it is); see its `done`. */
export function dnsResolve(name: string): DnsQuery {
  return defaultStack.dns.resolve(name, defaultStack.ip.now);
}

/** The address of a name if it is known now, else 0; then it is being asked for. */
export function resolveHostname(name: string): u32 {
  const query = dnsResolve(name);
  return query.done && query.addresses.length > 0 ? query.addresses[0] : 0;
}

/** The address that the cache holds for a name, or 0; nothing is asked. */
export function dnsLookupCache(name: string): u32 {
  const entry = defaultStack.dns.cached(name, defaultStack.ip.now);
  return entry != null && entry.error == DnsError.None && entry.addresses.length > 0
    ? entry.addresses[0]
    : 0;
}

// --- DHCP, on the first interface; the client's `state` tells how far it is ---

/** Begins anew with a DISCOVER; null: there is no interface. */
export function dhcpDiscover(): DhcpClient | null {
  const client = dhcpClient();
  if (client == null) return null;
  client.stop();
  client.start(defaultStack.ip.now);
  return client;
}

/** Sees to it that there is a lease, or that one is being asked for. */
export function dhcpRequest(): DhcpClient | null {
  const client = dhcpClient();
  if (client != null && client.state == DhcpState.Stopped) client.start(defaultStack.ip.now);
  return client;
}

/** Asks for the lease anew before its time; false: there is none. */
export function dhcpRenew(): bool {
  const client = dhcpClient();
  return client != null && client.lease != null && client.renew(defaultStack.ip.now);
}

/** Gives the lease back and stops; false: there is none. */
export function dhcpRelease(): bool {
  const client = dhcpClient();
  if (client == null || client.lease == null) return false;
  client.release(defaultStack.ip.now);
  return true;
}

function dhcpClient(): DhcpClient | null {
  return defaultStack.configuration.configurators.length > 0
    ? defaultStack.configuration.configurators[0].dhcp
    : null;
}

// --- HTTP ---

/** Makes a request with a body of text ("" for none); see the call's `done`, `status`, `text`. */
export function httpRequest(method: string, url: string, body: string): HttpCall {
  const request = new HttpRequest(url);
  request.setMethod(method);
  if (body != "") request.body = BytesSource.ofText(body);
  return new HttpCall(defaultStack.http, request, defaultStack.ip.now);
}

/** Like `httpRequest`, but fails for a URL that is not https. */
export function httpsRequest(method: string, url: string, body: string): HttpCall {
  const request = new HttpRequest(url);
  request.setMethod(method);
  if (!request.url.secure) request.error = "expected an https URL";
  if (body != "") request.body = BytesSource.ofText(body);
  return new HttpCall(defaultStack.http, request, defaultStack.ip.now);
}

/** Calls a method by JSON-RPC 2.0; `params` is a JSON array or object, "" for none. */
export function jsonRpcCall(url: string, method: string, params: string): RpcExchange {
  return defaultStack.rpc.call(url, new RpcCall(method, params), 0, defaultStack.ip.now);
}
