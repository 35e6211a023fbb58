/**
 * The two ends of a conversation: local and remote address and port (the "socket pair" of RFC
 * 9293 section 3.4.1), in one record that is compared and copied as a whole.
 *
 *      0               16              32            34           36
 *     ┌───────────────┬───────────────┬─────────────┬────────────┐
 *     │ local address │remote address │ remote port │ local port │
 *     └───────────────┴───────────────┴─────────────┴────────────┘
 *
 * The addresses are in network byte order, the ports in that of the machine (little-endian).
 */
import { Ipv4Address } from "../wire/address";
import { IpAddress } from "../wire/ip-address";

/** Bytes of a record, as `save` writes it. */
export const ENDPOINTS_BYTES: u32 = 36;

export class Endpoints {
  // Two 16-byte addresses, held inline so that a record is one object; see IpAddress.
  localHigh: u64 = 0;
  localLow: u64 = 0;
  remoteHigh: u64 = 0;
  remoteLow: u64 = 0;
  /** The local port in the upper 16 bits, the remote port in the lower 16. */
  ports: u32 = 0;

  /** Address of the record's ENDPOINTS_BYTES bytes. */
  get pointer(): usize {
    return changetype<usize>(this);
  }

  get local(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Endpoints>("localHigh"));
  }
  get remote(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<Endpoints>("remoteHigh"));
  }

  /** The local address as IPv4, in host order; meaningful only for IPv4 ends. */
  get localIpv4(): Ipv4Address {
    return this.local.ipv4;
  }
  get remoteIpv4(): Ipv4Address {
    return this.remote.ipv4;
  }

  get localPort(): u32 {
    return this.ports >>> 16;
  }
  get remotePort(): u32 {
    return this.ports & 0xffff;
  }

  /** Sets both ends to IPv4 addresses in host order and ports from 0 to 65535. */
  setIpv4(local: Ipv4Address, localPort: u32, remote: Ipv4Address, remotePort: u32): void {
    this.local.ipv4 = local;
    this.remote.ipv4 = remote;
    this.ports = (localPort << 16) | remotePort;
  }

  /** Sets only the remote end. */
  setRemoteIpv4(remote: Ipv4Address, remotePort: u32): void {
    this.remote.ipv4 = remote;
    this.ports = (this.ports & 0xffff_0000) | remotePort;
  }

  /** Sets only the local port. */
  setLocalPort(port: u32): void {
    this.ports = (port << 16) | (this.ports & 0xffff);
  }

  copy(other: Endpoints): void {
    this.localHigh = other.localHigh;
    this.localLow = other.localLow;
    this.remoteHigh = other.remoteHigh;
    this.remoteLow = other.remoteLow;
    this.ports = other.ports;
  }

  /** Copies `other` as its peer sees it, with the local and remote end swapped. */
  copyReversed(other: Endpoints): void {
    const high = other.localHigh;
    const low = other.localLow;
    this.localHigh = other.remoteHigh;
    this.localLow = other.remoteLow;
    this.remoteHigh = high;
    this.remoteLow = low;
    this.ports = rotl<u32>(other.ports, 16);
  }

  /** Whether both ends are the same; the ports, which differ most often, are compared first. */
  equals(other: Endpoints): bool {
    return (
      this.ports == other.ports &&
      this.remoteLow == other.remoteLow &&
      this.localLow == other.localLow &&
      this.remoteHigh == other.remoteHigh &&
      this.localHigh == other.localHigh
    );
  }

  /** Whether the remote ends have the same address and port. */
  equalsRemote(other: Endpoints): bool {
    const samePort = ((this.ports ^ other.ports) & 0xffff) == 0;
    return samePort && this.remoteLow == other.remoteLow && this.remoteHigh == other.remoteHigh;
  }

  /** Whether both ends equal those that `save` wrote to `pointer`. */
  equalsSaved(pointer: usize): bool {
    return (
      this.ports == load<u32>(pointer, 32) &&
      this.remote.equals(IpAddress.at(pointer + 16)) &&
      this.local.equals(IpAddress.at(pointer))
    );
  }

  /** Writes the record to ENDPOINTS_BYTES bytes at `pointer`. */
  save(pointer: usize): void {
    this.local.copyTo(pointer);
    this.remote.copyTo(pointer + 16);
    store<u32>(pointer, this.ports, 32);
  }

  /** Reads a record that `save` wrote. */
  restore(pointer: usize): void {
    this.local.copyFrom(pointer);
    this.remote.copyFrom(pointer + 16);
    this.ports = load<u32>(pointer, 32);
  }
}
