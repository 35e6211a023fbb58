/** UDP port 68 of one interface: sends a DHCP client's messages and receives the replies. */
import { DHCP_MESSAGE_BYTES, DHCP_QUEUE_BYTES } from "../../../core/limits";
import { UdpTable } from "../../socket/udp";
import { UdpSocket } from "../../socket/udp-socket";
import { Ipv4Address } from "../../wire/address";
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DhcpHeader,
  DhcpType,
  parseDhcp,
} from "../../wire/dhcp";
import { DhcpMessage } from "./message";
import { LeaseTarget } from "./target";

export class DhcpPort {
  /** Sent as option 12; letters, digits, '-' and '.', or "" for none. */
  hostname: string = "";
  /** The fields of the next message. */
  readonly message: DhcpMessage;
  /** The length in bytes, and the source, of the message that `receive` returned. */
  length: u32 = 0;
  source: Ipv4Address = 0;
  private socket: UdpSocket | null = null;
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(DHCP_MESSAGE_BYTES as i32);

  constructor(
    private readonly udp: UdpTable,
    private readonly target: LeaseTarget,
  ) {
    this.message = new DhcpMessage(target.hardwareAddress());
  }

  /** Opens the port unless it is open. Returns false if it is in use, or no socket is free. */
  open(): bool {
    if (this.socket != null) return true;
    const device = this.target.device();
    this.socket = this.udp.open(DHCP_CLIENT_PORT, DHCP_QUEUE_BYTES, DHCP_QUEUE_BYTES, device);
    return this.socket != null;
  }

  close(): void {
    const socket = this.socket;
    if (socket != null) socket.close();
    this.socket = null;
  }

  /** Sets whether to receive datagrams for any address, as a client without a lease must. */
  acceptUnconfigured(accept: bool): void {
    const socket = this.socket;
    if (socket != null) socket.acceptUnconfigured = accept;
  }

  /** Whether a message waits to be sent. */
  pending(): bool {
    return this.socket != null && this.socket!.pending();
  }

  /** Queues a message for `to`. `client` is ciaddr; `requested` and `server` are 0 for none. */
  send(
    type: DhcpType,
    client: Ipv4Address,
    requested: Ipv4Address,
    server: Ipv4Address,
    to: Ipv4Address,
  ): void {
    const message = this.message;
    if (type == DhcpType.Decline || type == DhcpType.Release) {
      // Both fields are 0 in these messages (RFC 2131 section 4.4.1, table 5).
      message.seconds = 0;
      message.broadcast = false;
    }
    message.clientAddress = client;
    message.requestedAddress = requested;
    message.server = server;
    const length = message.write(type, this.hostname);
    this.socket!.send(message.pointer(), length, to, DHCP_SERVER_PORT);
  }

  readable(): bool {
    return this.socket != null && this.socket!.readable();
  }

  /** Receives a message. Returns null if it is malformed, or not a reply to this client. */
  receive(): DhcpHeader | null {
    const socket = this.socket!;
    const buffer = changetype<usize>(this.buffer);
    this.length = socket.receive(buffer, DHCP_MESSAGE_BYTES) as u32;
    this.source = socket.lastAddress;
    // Accept any source port: relays and containers do not always send from 67.
    if (socket.lastLength != this.length || !parseDhcp(buffer, this.length)) return null;
    const header = DhcpHeader.at(buffer);
    if (header.transaction != this.message.transaction) return null;
    return header.hardwareAddress == this.target.hardwareAddress() ? header : null;
  }
}
