/** How services open connections: plain TCP, or TLS over it. */
import { Ipv4Address } from "../../wire/address";
import { Stream } from "./stream";

export interface Connector {
  /** Opens a TCP connection. Returns null, with a `refusal`, if it cannot even begin. */
  connect(address: Ipv4Address, port: u32, now: i64): Stream | null;
  /** The same through TLS, with a server that proves to be `host`, a name or an address. */
  connectSecure(host: string, address: Ipv4Address, port: u32, now: i64): Stream | null;
  /** Says why the last attempt returned null: "too many connections". */
  refusal(): string;
}
