/** DNS responses: parsed alone, then sent to a resolver over UDP and TCP. */
import { loadNet16, storeNet16 } from "../../../core/bytes";
import { DNS_CACHE_ENTRIES } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { DirectQuery } from "../../../net/service/dns/direct-query";
import { DnsQuery } from "../../../net/service/dns/query";
import { isUnicast } from "../../../net/wire/address";
import { sum } from "../../../net/wire/checksum";
import { DnsOpt, DnsReader, emitDnsQuery, parseDns } from "../../../net/wire/dns";
import { recordText } from "../../../net/wire/dns-record";
import { addressSum } from "../../../net/wire/pseudo-header";
import { emitUdp, UDP_HEADER, UdpHeader } from "../../../net/wire/udp";
import * as world from "../../lab/entries/dns";
import { checkPrintable } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const SERVER: u32 = 0x0a00_0203;
const OWN: u32 = 0x0a00_020f;
const NAME: string = "a.test";
const buffer = new StaticArray<u8>(UDP_HEADER + 8192);
let now: i64 = 10 * SECOND;
let direct: DirectQuery | null = null;

function ask(): DnsQuery {
  const name = String.UTF8.encode(NAME);
  const query = world.resolve(changetype<usize>(name), name.byteLength, now);
  world.poll(now);
  return query;
}

/** Returns the message of the last query, after its UDP header, or 0 if there was none. */
function lastQuery(): usize {
  const count = world.sentCount();
  return count == 0 ? 0 : world.sentPointer(count - 1) + UDP_HEADER;
}

/**
 * Writes a message to `to` and returns its length. Form 0: the bytes as they are; 1: with the
 * identifier of the last query; 2: that identifier and its question, followed by the bytes.
 */
function message(piece: Input, form: u32, to: usize): u32 {
  const query = lastQuery();
  let at: u32 = 0;
  if (form == 2) {
    at = emitDnsQuery(to, 0, NAME, 1);
    // Repeat the letter case of the query; otherwise the response is not accepted.
    if (query != 0) memory.copy(to, query, at);
    storeNet16(to + 10, 0);
    storeNet16(to + 2, piece.short());
    // The piece begins with the flags, the number of answers and that of authority records.
    storeNet16(to + 6, piece.byte() & 31);
    storeNet16(to + 8, piece.byte() & 3);
  }
  memory.copy(to + at, piece.pointer, piece.length);
  at += piece.length;
  if (form > 0 && at >= 2 && query != 0) storeNet16(to, loadNet16(query));
  return at;
}

function arrive(piece: Input, form: u32): void {
  const count = world.sentCount();
  if (count == 0) return;
  const start = changetype<usize>(buffer);
  const length = UDP_HEADER + message(piece, form, start + UDP_HEADER);
  const port = UdpHeader.at(world.sentPointer(count - 1)).sourcePort;
  const total = sum(start + UDP_HEADER, length - UDP_HEADER, addressSum(SERVER, OWN));
  emitUdp(start, length, (53 << 16) | port, total);
  world.arrive(SERVER, OWN, fenced(start, length), length);
}

function stream(piece: Input, form: u32): void {
  const count = world.streamCount();
  if (count == 0) return;
  const start = changetype<usize>(buffer);
  const length = message(piece, form, start + 2);
  storeNet16(start, length);
  world.streamState(count - 1, 1);
  world.streamArrive(count - 1, start, length + 2);
}

function poll(): void {
  const query = direct;
  if (query != null) query.poll(now);
  world.poll(now);
}

/** Asks as `dig` does; the responses that arrive may be for this query or the resolver's. */
function askDirectly(): void {
  const name = String.UTF8.encode(NAME);
  direct = world.askDirectly(changetype<usize>(name), name.byteLength, 0, now);
}

function directEnded(): bool {
  const query = direct;
  return query == null || query.done;
}

function check(query: DnsQuery): void {
  assert(query.done, "query does not end");
  assert(query.addresses.length <= 16, "too many addresses");
  for (let i = 0; i < query.addresses.length; i++) {
    assert(isUnicast(query.addresses[i]), "not a unicast address");
  }
  assert((query.error == 0) == query.addresses.length > 0, "neither error nor address, or both");
  checkPrintable(query.canonicalName);
  checkPrintable(query.failure());
  assert(query.ttl <= 7 * 86400, "TTL is too long");
}

/** Shows every record of a response as `dig` does. */
function show(message: usize, length: u32): void {
  if (!parseDns(length)) return;
  const opt = DnsOpt.find(message, length);
  if (opt != null) assert(opt.payload <= 0xffff && opt.version <= 255, "OPT is misread");
  const reader = new DnsReader(message, length, true);
  if (!reader.readQuestion()) return;
  while (reader.readRecord()) {
    checkPrintable(reader.name);
    const data = reader.dataOffset;
    checkPrintable(recordText(message, length, reader.type, data, reader.dataLength));
  }
}

/** Parses a response, then names at the input's first 64 offsets; memory ends where each ends. */
function alone(input: Input): void {
  // `readAnswer` expects the response to a query with identifier 0x1234.
  const start = changetype<usize>(buffer);
  const length = message(new Input(input.pointer, input.length), 2, start);
  storeNet16(start, 0x1234);
  world.readAnswer(fenced(start, length), length);
  show(fenced(start, length), length);
  const at = fenced(input.pointer, input.length);
  for (let offset: u32 = 0; offset < min(input.length, 64); offset++) {
    const after = world.readName(at, input.length, offset, 12);
    assert(after <= (input.length as i32), "name ends beyond the message");
    checkPrintable(world.lastName());
  }
}

export function dns(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  alone(new Input(pointer, min(length, 4096)));
  world.reset(1);
  direct = null;
  world.addServer(SERVER, 53);
  const kind = input.byte();
  if ((kind & 1) != 0) world.addServer(SERVER + 1, 53);
  if ((kind & 2) != 0) world.allowStreams(true);
  if ((kind & 4) != 0) askDirectly();
  const query = ask();
  while (!input.empty) {
    const step = input.byte();
    const piece = input.take(min<u32>(input.short(), 4096));
    if ((step & 8) != 0) stream(piece, (step >>> 4) % 3);
    else arrive(piece, (step >>> 4) % 3);
    now += (SECOND / 8) << ((step & 7) as i64);
    poll();
  }
  for (let i = 0; i < 40; i++) {
    now += SECOND;
    poll();
  }
  check(query);
  assert(directEnded(), "direct query does not end");
  assert(world.socketCount() == 0, "socket leaked");
  assert(world.cacheCount() <= DNS_CACHE_ENTRIES, "cache is too large");
}
