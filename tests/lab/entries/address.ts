/** The address functions under test, with their strings in and out as pointers. */
import { formatHardware, formatIpv4, parseIpv4, prefixOf } from "../../../net/wire/address";
import { IpAddress } from "../../../net/wire/ip-address";
import { textAt } from "./text";

export { allocateBytes } from "./text";

export function parse(pointer: usize, length: u32): i64 {
  return parseIpv4(textAt(pointer, length));
}
export function format(address: u32): string {
  return formatIpv4(address);
}
export function hardware(address: u64): string {
  return formatHardware(address);
}
export function prefix(mask: u32): i32 {
  return prefixOf(mask);
}

// --- 16-byte addresses: each call views the bytes at its pointers ---
export function setIpv4(pointer: usize, address: u32): void {
  IpAddress.at(pointer).ipv4 = address;
}
export function ipv4(pointer: usize): u32 {
  return IpAddress.at(pointer).ipv4;
}
export function isIpv4(pointer: usize): bool {
  return IpAddress.at(pointer).isIpv4;
}
export function isUnspecified(pointer: usize): bool {
  return IpAddress.at(pointer).isUnspecified;
}
export function equals(a: usize, b: usize): bool {
  return IpAddress.at(a).equals(IpAddress.at(b));
}
export function copyTo(from: usize, to: usize): void {
  IpAddress.at(from).copyTo(to);
}
export function copyFrom(to: usize, from: usize): void {
  IpAddress.at(to).copyFrom(from);
}
