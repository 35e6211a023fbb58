/** The resolver's way to TCP (RFC 7766): the connections that HTTP uses as well. */
import { Connector } from "../http/client/ports";
import { Stream } from "../stream/stream";
import { DnsStreams } from "./exchange";

export class ConnectorStreams implements DnsStreams {
  constructor(private readonly connector: Connector) {}

  open(address: u32, port: u32, now: i64): Stream | null {
    return this.connector.open("", address, port, false, now);
  }
}
