/** One frame as one line, in the words of tcpdump(1) with -n; every length is checked here. */
import { loadNet16, loadNet32, loadNet48 } from "../../core/bytes";
import { formatHardware, formatIpv4 } from "../../net/wire/address";

const TCP_FLAGS: StaticArray<string> = ["F", "S", "R", "P", ".", "U", "E", "W"];

/** `hh:mm:ss.micros` of a time in microseconds since midnight of any day. */
export function formatTimeOfDay(micros: i64): string {
  const second = micros / 1_000_000;
  const hours = ((second / 3600) % 24).toString().padStart(2, "0");
  const minutes = ((second / 60) % 60).toString().padStart(2, "0");
  const seconds = (second % 60).toString().padStart(2, "0");
  return `${hours}:${minutes}:${seconds}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
}

/** The frame of `length` bytes of which `kept` are at `pointer`. */
export function formatFrame(pointer: usize, kept: u32, length: u32): string {
  if (kept < 14) return `[|ether], length ${length}`;
  const type = loadNet16(pointer + 12);
  if (type == 0x0806) return formatArp(pointer + 14, kept - 14);
  if (type == 0x0800) return formatIp(pointer + 14, kept - 14);
  const from = formatHardware(loadNet48(pointer + 6));
  const to = formatHardware(loadNet48(pointer));
  return `${from} > ${to}, ethertype 0x${type.toString(16)}, length ${length}`;
}

function formatArp(pointer: usize, kept: u32): string {
  if (kept < 28) return "[|arp]";
  const operation = loadNet16(pointer + 6);
  const sender = formatIpv4(loadNet32(pointer + 14));
  const target = formatIpv4(loadNet32(pointer + 24));
  if (operation == 1) return `ARP, Request who-has ${target} tell ${sender}, length 28`;
  if (operation == 2) {
    return `ARP, Reply ${sender} is-at ${formatHardware(loadNet48(pointer + 8))}, length 28`;
  }
  return `ARP, operation ${operation}, length 28`;
}

function formatIp(pointer: usize, kept: u32): string {
  if (kept < 20) return "IP [|ip]";
  const header: u32 = (load<u8>(pointer) & 15) * 4;
  const total = loadNet16(pointer + 2);
  const source = formatIpv4(loadNet32(pointer + 12));
  const destination = formatIpv4(loadNet32(pointer + 16));
  if (header < 20 || total < header || kept < header) return `IP ${source} > ${destination}: bad`;
  const body = pointer + header;
  const bodyLength = total - header;
  const bodyKept = min<u32>(kept - header, bodyLength);
  const protocol: u32 = load<u8>(pointer + 9);
  const fragment = loadNet16(pointer + 6);
  if ((fragment & 0x1fff) != 0) {
    const more = (fragment & 0x2000) != 0 ? "+" : "";
    const id = loadNet16(pointer + 4);
    const offset = (fragment & 0x1fff) * 8;
    return `IP ${source} > ${destination}: frag ${id}:${bodyLength}@${offset}${more}`;
  }
  if (protocol == 1) return `IP ${source} > ${destination}: ${icmp(body, bodyKept, bodyLength)}`;
  if ((protocol == 6 || protocol == 17) && bodyKept >= 8) {
    const from = `${source}.${loadNet16(body)}`;
    const to = `${destination}.${loadNet16(body + 2)}`;
    const rest = protocol == 6 ? tcp(body, bodyKept, bodyLength) : udp(body);
    return `IP ${from} > ${to}: ${rest}`;
  }
  return `IP ${source} > ${destination}: proto ${protocol}, length ${bodyLength}`;
}

function icmp(pointer: usize, kept: u32, length: u32): string {
  if (kept < 8) return "[|icmp]";
  const type = load<u8>(pointer);
  const code = load<u8>(pointer + 1);
  if (type == 8 || type == 0) {
    const name = type == 8 ? "request" : "reply";
    const id = loadNet16(pointer + 4);
    return `ICMP echo ${name}, id ${id}, seq ${loadNet16(pointer + 6)}, length ${length}`;
  }
  if (type == 3) return `ICMP unreachable, code ${code}, length ${length}`;
  if (type == 11) return `ICMP time exceeded, code ${code}, length ${length}`;
  return `ICMP type ${type}, code ${code}, length ${length}`;
}

function udp(pointer: usize): string {
  const length = loadNet16(pointer + 4);
  return length < 8 ? "[bad udp length]" : `UDP, length ${length - 8}`;
}

function tcp(pointer: usize, kept: u32, length: u32): string {
  if (kept < 20) return "[|tcp]";
  const header: u32 = (load<u8>(pointer + 12) >> 4) * 4;
  if (header < 20 || header > length) return "[bad tcp header length]";
  const flags = load<u8>(pointer + 13);
  let names = "";
  for (let i = 0; i < 8; i++) if ((flags >> (i as u8)) & 1) names += TCP_FLAGS[i];
  let text = `Flags [${names.length > 0 ? names : "none"}], seq ${loadNet32(pointer + 4)}`;
  const data = length - header;
  if (data > 0) text += `:${loadNet32(pointer + 4) + data}`;
  if (flags & 16) text += `, ack ${loadNet32(pointer + 8)}`;
  text += `, win ${loadNet16(pointer + 14)}`;
  if (kept >= header && header > 20) text += `, options [${tcpOptions(pointer + 20, header - 20)}]`;
  return `${text}, length ${data}`;
}

function tcpOptions(pointer: usize, length: u32): string {
  let text = "";
  let at: u32 = 0;
  while (at < length) {
    const kind = load<u8>(pointer + at);
    const size: u32 = kind <= 1 ? 1 : at + 1 < length ? load<u8>(pointer + at + 1) : 0;
    if (size == 0 || (kind > 1 && size < 2) || at + size > length) return `${text}[bad]`;
    if (text.length > 0) text += ",";
    if (kind == 0) return `${text}eol`;
    if (kind == 1) text += "nop";
    else if (kind == 2 && size == 4) text += `mss ${loadNet16(pointer + at + 2)}`;
    else if (kind == 3 && size == 3) text += `wscale ${load<u8>(pointer + at + 2)}`;
    else if (kind == 4) text += "sackOK";
    else if (kind == 5) text += "sack";
    else if (kind == 8) text += "TS";
    else text += `opt-${kind}`;
    at += size;
  }
  return text;
}
