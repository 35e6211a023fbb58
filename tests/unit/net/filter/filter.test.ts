/** Packet filters, and the lines that `tcpdump` prints (net/filter/expression.ts, text.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeBytes, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/packet.ts");

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const ethernet = "52550a000202 525400123456";
const arp = bytes(
  `ffffffffffff 525400123456 0806 0001080006040001 525400123456 0a00020f
  000000000000 0a000202`.replaceAll("\n", ""),
);
const ip = (protocol: string, length: string) =>
  `${ethernet} 0800 4500${length} 0001 4000 40${protocol}0000 0a00020f 0a000202`;
const syn = bytes(`${ip("06", "002c")} c350 0050 00000001 00000000 6002 ffff 0000 0000 020405b4`);
const query = bytes(`${ip("11", "0020")} c351 0035 000c 0000 61626364`);
const echo = bytes(`${ip("01", "0024")} 0800 0000 0007 0003 0000000000000000`);
const fragment = bytes(
  `${ethernet} 0800 4500 0024 0009 2001 40110000 0a00020f 0a000202
  00000000000000000000000000000000`.replaceAll("\n", ""),
);
const frames = { arp, syn, query, echo, fragment };

function shown(filter: string): string {
  const error = readString(wasm.memory, wasm.compile(...writeText(wasm, filter)));
  if (error !== "") return error;
  const names = Object.entries(frames).filter(([, frame]) =>
    wasm.matches(...writeBytes(wasm, frame)),
  );
  return names.map(([name]) => name).join(" ");
}

function line(frame: Buffer, kept = frame.length): string {
  const [pointer] = writeBytes(wasm, frame);
  return readString(wasm.memory, wasm.line(pointer, kept, frame.length));
}

test("rejects a filter without terms", () => {
  assert.match(shown("(-("), /^"-": expected/);
  assert.match(shown("((((!!!!"), /^end of the filter: expected arp, ip/);
  for (let i = 0; i < 100; i++) shown(`${"(".repeat(i % 9)}-(${")".repeat(i)}`);
});

test("a filter passes the packets that it names", () => {
  assert.equal(shown(""), "arp syn query echo fragment");
  assert.equal(shown("arp"), "arp");
  assert.equal(shown("ip"), "syn query echo fragment");
  assert.equal(shown("tcp"), "syn");
  assert.equal(shown("tcp port 80"), "syn");
  assert.equal(shown("udp dst port 53"), "query");
  assert.equal(shown("src port 53"), "");
  assert.equal(shown("port 53"), "query");
  assert.equal(shown("host 10.0.2.2"), "arp syn query echo fragment");
  assert.equal(shown("src host 10.0.2.2"), "");
  assert.equal(shown("dst net 10.0.2.0/24 and icmp"), "echo");
  assert.equal(shown("10.0.2.15 and not (tcp or udp)"), "arp echo");
  assert.equal(shown("!arp && (icmp || port 80)"), "syn echo");
});

test("reports why a filter is invalid", () => {
  for (const wrong of ["frob", "port 70000", "port x", "host 1.2.3", "net 10.0.0.0/33", "tcp or"]) {
    assert.match(shown(wrong), /expected /, wrong);
  }
  assert.match(shown("(tcp"), /closing parenthesis/);
  assert.match(shown("tcp tcp"), /expected and, or/);
  assert.match(shown("(".repeat(100)), /fewer parentheses/);
  const ports = (count: number) => new Array(count).fill("tcp port 80").join(" or ");
  assert.equal(shown(ports(32)), "syn");
  assert.match(shown(ports(33)), /^is too long, expected at most 32 primitives$/);
  assert.equal(shown(`arp and (${"tcp port 80 or (".repeat(30)}udp${")".repeat(31)}`), "");
});

test("binds 'and' and 'or' from left to right; a bare value repeats the last qualifier", () => {
  assert.equal(shown("tcp or icmp and host 9.9.9.9"), "");
  assert.equal(shown("tcp or (icmp and host 9.9.9.9)"), "syn");
  assert.equal(shown("host 9.9.9.9 and tcp or udp port 53"), "query");
  assert.equal(shown("ip host 10.0.2.2"), "syn query echo fragment");
  assert.equal(shown("arp host 10.0.2.2"), "arp");
  assert.equal(shown("arp src 10.0.2.2"), "");
  assert.equal(shown("ip net 10.0.2.0/24 and not icmp"), "syn query fragment");
  assert.equal(shown("src or dst host 10.0.2.2"), "arp syn query echo fragment");
  assert.equal(shown("src and dst net 10.0.2.0/24 and arp"), "arp");
  assert.equal(shown("dst and src host 10.0.2.2"), "");
  assert.equal(shown("src 10.0.2.15 or dst port 53"), "arp syn query echo fragment");
  assert.equal(shown("tcp port 443 or 53 or 80"), "syn");
  assert.equal(shown("dst host 9.9.9.9 or 10.0.2.15"), "");
  assert.match(shown("arp port 80"), /^"port": expected tcp or udp before it$/);
  assert.match(shown("src or dst"), /^end of the filter: expected an IPv4 address/);
});

test("prints lines as tcpdump does", () => {
  assert.equal(line(arp), "ARP, Request who-has 10.0.2.2 tell 10.0.2.15, length 28");
  assert.equal(
    line(syn),
    "IP 10.0.2.15.50000 > 10.0.2.2.80: Flags [S], seq 1, win 65535, options [mss 1460], length 0",
  );
  assert.equal(line(query), "IP 10.0.2.15.50001 > 10.0.2.2.53: UDP, length 4");
  assert.equal(line(echo), "IP 10.0.2.15 > 10.0.2.2: ICMP echo request, id 7, seq 3, length 16");
  assert.equal(line(fragment), "IP 10.0.2.15 > 10.0.2.2: frag 9:16@8+");
  assert.equal(readString(wasm.memory, wasm.time(86_399_000_001n)), "23:59:59.000001");
});

test("prints the Fast Open option, and its experimental form", () => {
  const options = (hex: string) => {
    const [length, words] = [40 + hex.length / 2, 5 + hex.length / 8];
    const header = ip("06", length.toString(16).padStart(4, "0"));
    const frame = `${header} c350 0050 00000001 00000000 ${words.toString(16)}002 ffff 0000 0000`;
    return line(bytes(`${frame} ${hex}`)).match(/options \[(.*)\]/)?.[1];
  };
  assert.equal(options("22020101"), "tfo cookiereq,nop,nop");
  assert.equal(options("220a3021b9d889017eeb0101"), "tfo cookie 3021b9d889017eeb,nop,nop");
  assert.equal(options("fe04f989"), "exp-tfo cookiereq");
  assert.equal(options("fe08f98900010203"), "exp-tfo cookie 00010203");
  assert.equal(options("fe041234"), "opt-254");
  assert.equal(options("fe020101"), "opt-254,nop,nop");
  assert.equal(options("22000101"), "[bad]");
});

test("prints a line for a frame truncated anywhere", () => {
  for (const frame of Object.values(frames)) {
    for (let kept = 0; kept < frame.length; kept++) assert.notEqual(line(frame, kept), "");
  }
});
