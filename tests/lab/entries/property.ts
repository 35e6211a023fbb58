/** For the property tests, beside wire.ts: TCP and DHCP emitted and parsed, HTTP heads parsed. */
import { HttpHead } from "../../../net/service/http/message/head";
import { HeadParser } from "../../../net/service/http/message/head-parser";
import { sum } from "../../../net/wire/checksum";
import { DHCP_HEADER, DhcpHeader, emitDhcp, parseDhcp } from "../../../net/wire/dhcp";
import { DhcpOptions, DhcpOptionWriter } from "../../../net/wire/dhcp-options";
import { addressSum } from "../../../net/wire/pseudo-header";
import { emitTcp, parseTcp, sealTcp, TcpHeader, tcpControl } from "../../../net/wire/tcp";
import { emitSegmentSize, emitWindowScale, TcpOptions } from "../../../net/wire/tcp-options";

export { allocateBytes } from "./text";
export { emitSegmentSize, emitTcp, emitWindowScale, parseDhcp, parseTcp, tcpControl };

// --- TCP ---
/** Sets the checksum of a segment whose header and payload are in place. */
export function seal(
  pointer: usize,
  headerLength: u32,
  length: u32,
  source: u32,
  destination: u32,
): void {
  const addresses = addressSum(source, destination);
  const total = sum(pointer + headerLength, length - headerLength, addresses);
  sealTcp(pointer, headerLength, length, total);
}
export function tcpField(pointer: usize, field: u32): u32 {
  const header = TcpHeader.at(pointer);
  if (field == 0) return (header.sourcePort << 16) | header.destinationPort;
  if (field == 1) return header.sequence;
  if (field == 2) return header.acknowledgment;
  if (field == 3) return header.flags;
  if (field == 4) return header.window;
  return header.headerLength;
}
/** The segment size in the high half, then whether there is a shift, and the shift. */
export function tcpOptions(pointer: usize, length: u32): u32 {
  const options = new TcpOptions();
  options.parse(pointer, length);
  return (options.segmentSize << 16) | (options.scaled ? 256 : 0) | options.windowShift;
}

// --- DHCP ---
export function dhcpMessage(
  pointer: usize,
  transaction: u32,
  seconds: u32,
  broadcast: bool,
  client: u32,
  hardware: u64,
): bool {
  emitDhcp(pointer, transaction, seconds, broadcast, client, hardware);
  const header = DhcpHeader.at(pointer);
  const same = header.transaction == transaction && header.seconds == seconds;
  const sender = header.clientAddress == client && header.hardwareAddress == hardware;
  return same && sender && header.broadcast == broadcast && header.yourAddress == 0;
}
/**
 * Writes the options at `pointer`, each with code, length and data, up to a code of 0, and then an
 * End. Returns the number of bytes written.
 */
export function writeOptions(to: usize, pointer: usize): u32 {
  const writer = new DhcpOptionWriter(to);
  for (let at = pointer; load<u8>(at) != 0; at += 2 + (load<u8>(at, 1) as u32)) {
    writer.bytes(load<u8>(at), at + 2, load<u8>(at, 1));
  }
  return (writer.end() - to) as u32;
}
/** The options of a message as `code:hex` lines, or "malformed". */
export function options(pointer: usize, length: u32): string {
  if (length < DHCP_HEADER) return "malformed";
  const found = DhcpOptions.parse(pointer, length);
  if (found == null) return "malformed";
  let text = "";
  for (let i = 0; i < found.list.length; i++) {
    const option = found.list[i];
    text += `${option.code}:`;
    for (let k = 0; k < option.data.length; k++) {
      text += option.data[k].toString(16).padStart(2, "0");
    }
    text += "\n";
  }
  return text;
}

// --- HTTP heads ---
let head = new HttpHead(16384, 64);
let parser = new HeadParser(head, true);
export function beginHead(request: bool): void {
  head = new HttpHead(16384, 64);
  parser = new HeadParser(head, request);
}
/** Feeds the next bytes; returns how many were consumed. */
export function feedHead(pointer: usize, length: u32): u32 {
  return parser.feed(pointer, length);
}
/** The state and the failure in words, and if the head is complete, its start line and fields. */
export function headText(request: bool): string {
  let text = `${parser.state} ${parser.message}\n`;
  if (parser.state != 2) return text;
  text += request ? `${head.method()} ${head.target()}` : `${head.status} ${head.reason()}`;
  text += ` ${head.minorVersion}\n`;
  for (let i: u32 = 0; i < head.fieldCount; i++) text += `${head.name(i)}: ${head.value(i)}\n`;
  return text;
}
