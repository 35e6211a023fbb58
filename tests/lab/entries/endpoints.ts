/** A few `Endpoints` records, named by index. */
import { Endpoints } from "../../../net/socket/endpoints";
import { IpAddress } from "../../../net/wire/ip-address";

export { allocateBytes } from "./text";

const records: Endpoints[] = [new Endpoints(), new Endpoints(), new Endpoints()];

export function setIpv4(i: u32, local: u32, localPort: u32, remote: u32, remotePort: u32): void {
  records[i].setIpv4(local, localPort, remote, remotePort);
}
export function setRemoteIpv4(i: u32, remote: u32, remotePort: u32): void {
  records[i].setRemoteIpv4(remote, remotePort);
}
/** Replaces the local or the remote address by the 16 bytes at `pointer`. */
export function setAddress(i: u32, remote: bool, pointer: usize): void {
  (remote ? records[i].remote : records[i].local).copyFrom(pointer);
}
export function localIpv4(i: u32): u32 {
  return records[i].localIpv4;
}
export function remoteIpv4(i: u32): u32 {
  return records[i].remoteIpv4;
}
export function localPort(i: u32): u32 {
  return records[i].localPort;
}
export function remotePort(i: u32): u32 {
  return records[i].remotePort;
}
export function sameAddress(i: u32, remote: bool, pointer: usize): bool {
  return (remote ? records[i].remote : records[i].local).equals(IpAddress.at(pointer));
}
export function copy(i: u32, from: u32): void {
  records[i].copy(records[from]);
}
export function copyReversed(i: u32, from: u32): void {
  records[i].copyReversed(records[from]);
}
export function equals(i: u32, other: u32): bool {
  return records[i].equals(records[other]);
}
export function equalsRemote(i: u32, other: u32): bool {
  return records[i].equalsRemote(records[other]);
}
export function save(i: u32, pointer: usize): void {
  records[i].save(pointer);
}
export function restore(i: u32, pointer: usize): void {
  records[i].restore(pointer);
}
/** The address of the bytes that are hashed. */
export function pointer(i: u32): usize {
  return records[i].pointer;
}
