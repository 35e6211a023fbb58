/** DHCP replies: parsed alone, then sent to a client in whatever state it is. */
import { loadNet32, storeNet32, storeNet48 } from "../../../core/bytes";
import { SECOND } from "../../../core/time";
import { sum } from "../../../net/wire/checksum";
import { DHCP_HEADER } from "../../../net/wire/dhcp";
import { addressSum } from "../../../net/wire/pseudo-header";
import { emitUdp, UDP_HEADER } from "../../../net/wire/udp";
import * as world from "../../lab/entries/dhcp";
import { checkLines, checkPrintable } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const HARDWARE: u64 = 0x5254_0012_3456;
const SERVER: u32 = 0x0a00_0202;
const OFFERED: u32 = 0x0a00_020f;
const BROADCAST: u32 = 0xffff_ffff;
/** From this state on, the address is one set by hand. */
const INFORMING: u32 = 9;
const buffer = new StaticArray<u8>(UDP_HEADER + 8192);
let now: i64 = 10 * SECOND;
/** Whether an address was set by hand; it outlives leases. */
let byHand = false;

/** Writes the header of a matching reply; options follow it. */
function writeHeader(to: usize): void {
  memory.fill(to, 0, DHCP_HEADER);
  store<u32>(to, 0x0006_0102);
  storeNet32(to + 16, OFFERED);
  storeNet48(to + 28, HARDWARE);
  storeNet32(to + 236, 0x6382_5363);
}

/** Parses the input as the options of a reply that ends where memory ends. */
function alone(pointer: usize, length: u32): void {
  const start = changetype<usize>(buffer);
  writeHeader(start);
  memory.copy(start + DHCP_HEADER, pointer, length);
  const whole = DHCP_HEADER + length;
  assert(world.optionCount(fenced(start, whole), whole) != -1, "valid reply rejected");
}

/**
 * Delivers a message. Form 0: the bytes as they are; 1: with the transaction id of the last
 * request; 2: as the options of a reply, with that id as well.
 */
function arrive(piece: Input, form: u32): void {
  const start = changetype<usize>(buffer);
  const to = start + UDP_HEADER;
  let length: u32 = 0;
  if (form == 2) {
    writeHeader(to);
    length = DHCP_HEADER;
  }
  memory.copy(to + length, piece.pointer, piece.length);
  length += piece.length;
  const count = world.sentCount();
  if (form > 0 && length >= 8 && count > 0) {
    storeNet32(to + 4, loadNet32(world.sentPointer(count - 1) + UDP_HEADER + 4));
  }
  length += UDP_HEADER;
  const total = sum(start + UDP_HEADER, length - UDP_HEADER, addressSum(SERVER, BROADCAST));
  emitUdp(start, length, (67 << 16) | 68, total);
  world.arrive(SERVER, BROADCAST, fenced(start, length), length);
}

function step(input: Input): void {
  const byte = input.byte();
  const what = byte & 15;
  const details = byte >>> 4;
  if (what < 10) arrive(input.take(min<u32>(input.short(), 4200)), what % 3);
  else if (what == 10) now += SECOND << (details as i64);
  else if (what == 11) world.linkChanged((details & 1) != 0, now);
  else if (what == 12) world.renew(now);
  else if (what == 13) world.setTaken((details & 1) != 0);
  else if (what == 14 && details == 0) world.release(now);
  else if (what == 14 && details == 1) world.removeAddress();
  else if (what == 15) inform(details);
  world.poll(now);
  check();
}

/** Asks for the options of an address set by hand, unless there is a lease; or removes that one. */
function inform(details: u32): void {
  byHand = true;
  if (world.state() >= INFORMING && details == 0) world.setAddress(0);
  else if (world.state() >= INFORMING || !world.leased()) world.setAddress(OFFERED);
  world.inform(now);
}

/** Checks that the lease is plausible. */
function check(): void {
  checkPrintable(world.lastFailure());
  if (!world.leased()) return;
  assert(world.prefix() >= 1 && world.prefix() <= 32, "prefix out of range");
  assert(world.t1At() <= world.t2At() && world.t2At() <= world.expiresAt(), "times out of order");
  assert(world.mtu() == 0 || (world.mtu() >= 576 && world.mtu() <= 1500), "MTU out of range");
  checkPrintable(world.domain());
  checkPrintable(world.serverHostname());
  checkPrintable(world.search());
  checkPrintable(world.portal());
  checkLines(world.describe());
}

export function dhcp(pointer: usize, length: u32): void {
  alone(pointer, min(length, 4200));
  const input = new Input(pointer, length);
  world.reset(1);
  byHand = false;
  world.setHostname(input.byte() % 3);
  world.start(now);
  world.poll(now);
  while (!input.empty) step(input);
  const endless = world.leased() && world.expiresAt() == i64.MAX_VALUE;
  world.linkChanged(true, now);
  for (let i = 0; i < 300; i++) {
    now = max(now + 1, min(world.pollAt(), i64.MAX_VALUE / 2));
    world.poll(now);
    assert(world.sentLength(world.sentCount() - 1) <= 576, "message is too long");
  }
  if (!endless && !byHand) assert(world.address() == 0, "address outlives its lease");
  world.stop();
  if (byHand) world.setAddress(0);
  assert(world.address() == 0 && world.socketCount() == 0, "address or socket leaked");
}
