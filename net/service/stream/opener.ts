/** How a `ConnectionRace` opens a stream to one of a host's addresses. */
import { Ipv4Address } from "../../wire/address";
import { Connector } from "./connector";
import { Stream } from "./stream";

export interface StreamOpener {
  /** Starts to open a stream to `address`. If that fails, returns null, and `refusal` says why. */
  open(address: Ipv4Address, now: i64): Stream | null;
  /** Returns why the last attempt returned null. */
  refusal(): string;
}

/** Opens TCP connections to a port, or TLS over them. */
export class PortOpener implements StreamOpener {
  constructor(
    private readonly connector: Connector,
    private readonly port: u32,
    /** With TLS, the name or address in the server's certificate; otherwise "". */
    private readonly secureHost: string = "",
  ) {}

  open(address: Ipv4Address, now: i64): Stream | null {
    const host = this.secureHost;
    if (host == "") return this.connector.connect(address, this.port, now);
    return this.connector.connectSecure(host, address, this.port, now);
  }

  refusal(): string {
    return this.connector.refusal();
  }
}
