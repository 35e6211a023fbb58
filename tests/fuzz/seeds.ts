/**
 * Seed inputs by target: ordinary conversations of each kind, in the format that the target reads
 * (described in tests/fuzz/targets/NAME.ts).
 */
import { constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { ntpTime } from "../lab/host/ntp.ts";
import { arp, ethernet, fragments, icmp, ipv4, udpDatagram } from "../lab/packets/build.ts";
import { ARP, address, BROADCAST, ICMP, IPV4, TCP, UDP, u32 } from "../lab/packets/bytes.ts";
import { dhcpMessage, encodeOptions, ips, type Options } from "../lab/packets/dhcp.ts";
import { a, cname, encodeRecord, type Record_, soa } from "../lab/packets/dns.ts";
import { tcpSegment } from "../lab/packets/tcp.ts";
import { closeFrame, opcodes, frame as socketFrame } from "../lab/packets/websocket.ts";
import { types, usual } from "../lab/scripted/dhcp.ts";
import { message as iperf3Message, results, state } from "../lab/scripted/iperf3.ts";
import { der, integer, oid, sequence } from "../tls/der.ts";
import { firmware } from "./firmware-seeds.ts";

const short = (value: number) => Buffer.of(value >> 8, value & 255);
const join = (...parts: (Buffer | number | string)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part))),
  );
/** A step of most targets: its byte, a 16-bit length, and as many bytes. */
const step = (byte: number, piece: Buffer) => join(byte, short(piece.length), piece);

// --- frames ---

const own = { hardware: "52:54:00:12:34:56", address: "10.0.2.15" };
const peer = { hardware: "52:55:0a:00:02:02", address: "10.0.2.2" };
const ends = { source: peer.address, destination: own.address };

function frame(type: number, payload: Buffer, to = own.hardware): Buffer {
  // Details 0xf: mend addresses, header, payload and answer (parts/mend.ts).
  return step(0xf0, ethernet(to, peer.hardware, type, payload, null));
}

function packet(protocol: number, payload: Buffer, more = {}): Buffer {
  return frame(IPV4, ipv4({ ...ends, protocol, payload, ...more }));
}

function datagram(from: number, to: number, payload: Buffer): Buffer {
  const source = { address: address(peer.address), port: from };
  return udpDatagram(source, { address: address(own.address), port: to }, payload);
}

function bootp(options: Options): Buffer {
  const raw = Buffer.concat([encodeOptions(options), Buffer.of(255)]);
  return dhcpMessage({ xid: 0, chaddr: Buffer.alloc(0), yiaddr: own.address, raw });
}

const offer: Options = [[53, [types.offer]], [54, ips(peer.address)], ...usual()];
const ack: Options = [[53, [types.ack]], [54, ips(peer.address)], ...usual()];
const sent = ipv4({
  source: own.address,
  destination: peer.address,
  protocol: UDP,
  payload: datagram(4000, 4000, Buffer.alloc(20)),
});
const request = { operation: 1, senderHardware: peer.hardware, sender: peer.address };
const parts = fragments(
  { ...ends, protocol: ICMP, id: 9, payload: icmp(8, 0, 1, Buffer.alloc(120)) },
  [
    [0, 64],
    [64, 64],
  ],
);
const syn = tcpSegment({
  sourcePort: 9,
  destinationPort: 80,
  sequence: 1,
  flags: "S",
  options: [2, 4, 5, 180],
});
/** The step of targets/frames.ts that lets 2^15 milliseconds pass. */
const later = 0xfa;

function frames(): Buffer[] {
  const question = frame(ARP, arp({ ...request, target: own.address }), BROADCAST);
  const reply = frame(ARP, arp({ ...request, operation: 2, target: own.address }));
  const dnsAnswer = Buffer.concat([Buffer.alloc(2), dnsMessage(0x8180, [a("a.test", "10.0.2.9")])]);
  return [
    join(0, question, reply, 0x1b, 0x1d, reply, later),
    join(
      0,
      packet(ICMP, icmp(8, 0, 1, Buffer.alloc(56))),
      packet(UDP, datagram(5, 4000, Buffer.alloc(9))),
    ),
    join(0, packet(ICMP, icmp(3, 3, 0, sent)), packet(ICMP, icmp(11, 0, 0, sent)), 0x0c, 0x0e),
    join(0, ...parts.map((part) => frame(IPV4, part)), later),
    join(0, packet(TCP, syn), packet(UDP, datagram(5, 9, Buffer.alloc(9))), later),
    join(0, packet(UDP, datagram(53, 1, dnsAnswer)), 0xef, later),
    join(
      1,
      packet(UDP, datagram(67, 68, bootp(offer))),
      packet(UDP, datagram(67, 68, bootp(ack))),
      later,
      later,
    ),
  ];
}

// --- TCP ---

/** The step of targets/tcp.ts that delivers a segment with `length` bytes of data. */
const data = (length: number) => join(0x10, 64, short(length));
/** The step that delivers a segment without data. */
const plain = join(0, 0);

function tcp(): Buffer[] {
  const busy = join(data(1000), 0x09, plain, 0x2a, data(100), 0x2a, 0x68, plain);
  const ahead = join(0x10, 64 | 1, 100, short(50), data(100), 0x3a);
  const options = join(0x30, 32 | 16, 0xff, 0xff, 8, Buffer.from("020405b401030307", "hex"));
  const ends = join(0x0e, 0x20, 0, plain, 0x98);
  const error = join(0x3b, 0, 0, 0x4b, short(600), 0x29);
  const states = Array.from({ length: 11 }, (_, state) => join(state, busy, error, ends));
  return [...states, join(1, options, plain, 0x0d, busy), join(4, ahead, 0x0c, busy, 0xfc, ends)];
}

// --- names, leases, time ---

/** A response without its identifier and question: `message` of targets/dns.ts adds them. */
function dnsPiece(flags: number, answers: Record_[]): Buffer {
  return join(short(flags), answers.length, 0, ...answers.map(encodeRecord));
}

function dnsMessage(flags: number, answers: Record_[]): Buffer {
  const counts = [1, answers.length, 0, 0].map(short);
  const question = Buffer.from("\x01a\x04test\0\0\x01\0\x01", "latin1");
  return join(short(flags), ...counts, question, ...answers.map(encodeRecord));
}

function dns(): Buffer[] {
  const good = dnsPiece(0x8180, [cname([12], ["b", 14], 60), a(["b", 14], "203.0.113.7")]);
  const alias = dnsPiece(0x8180, [cname([12], "c.test", 60)]);
  const denial = join(short(0x8183), 0, 1, encodeRecord(soa("test", 60)));
  const whole = join(short(0), dnsMessage(0x8180, [a("a.test", "203.0.113.7")]));
  const byStream = join(2, step(0x20, dnsPiece(0x8380, [])), step(0x18, whole));
  return [good, alias, denial]
    .flatMap((piece) => [join(0, step(0x20, piece)), join(1, step(0x27, piece), step(0x20, good))])
    .concat([join(0, step(0x10, whole)), byStream]);
}

function dhcp(): Buffer[] {
  const more: Options = [
    [
      121,
      Buffer.concat([Buffer.of(24, 10, 9, 8), ips(peer.address), Buffer.of(0), ips(peer.address)]),
    ],
    [119, Buffer.from("\x04test\0\x01a\xc0\0", "latin1")],
    [15, Buffer.from("a.test")],
    [12, Buffer.from("guest")],
    [26, short(1400)],
    [42, ips("10.0.2.4")],
    [58, u32(10)],
    [59, u32(20)],
  ];
  const given = (options: Options) => step(2, join(encodeOptions(options), 255));
  const lease = join(given([...offer, ...more]), given([...ack, ...more]));
  const nak = given([
    [53, [types.nak]],
    [54, ips(peer.address)],
    [56, Buffer.from("no\x1b[2J")],
  ]);
  return [
    join(1, lease, 0x5a, given(ack), 0xba),
    join(1, lease, 0x0c, nak, lease, 0x1d, 0x0a),
    join(0, lease, 0x0b, 0x1b, given(ack), 0x0e, 0x0a),
    join(2, step(1, bootp(offer)), step(1, bootp(ack)), 0xfa),
  ];
}

function ntp(): Buffer[] {
  const answer = (ahead: number, first = 0x24) => {
    const bytes = Buffer.alloc(48);
    bytes.set([first, 2], 0);
    bytes.writeBigUInt64BE(ntpTime(1_800_000_000_000 + ahead), 32);
    bytes.writeBigUInt64BE(ntpTime(1_800_000_000_000 + ahead), 40);
    return bytes;
  };
  const three = (...ahead: number[]) => join(1, ...ahead.map((each) => answer(each)));
  return [
    join(0, three(5, 6, 7), three(5000, 5000, 9_000_000), three(5, 6, 7)),
    join(1, three(0, 1, 2), join(1, answer(0, 0xe4), answer(0, 0x23), answer(0))),
  ];
}

// --- texts ---

const crlf = (text: string) => text.replaceAll("\n", "\r\n");
/** Each text in one piece, and cut up: a byte for the form, lengths, 0, the text. */
const cuts = (form: number, text: string) => [
  join(form, 0, crlf(text)),
  join(form, 2, 7, 1, 1, 20, 0, crlf(text)),
];

const responses = [
  "HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello",
  "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5;a=b\nhello\n0\nX: y\n\n",
  "HTTP/1.0 200 OK\n\nuntil the end",
  "HTTP/1.1 100 Continue\n\nHTTP/1.1 204 No Content\nConnection: close\n\n",
  "HTTP/1.1 302 Found\nLocation: /there?x\nContent-Length: 2\n\nok",
  "HTTP/1.1 401 No\nWWW-Authenticate: Basic\nConnection: keep-alive\nContent-Length: 0\n\n",
];
const cookieFile =
  "# Netscape HTTP Cookie File\n\n.a.test\tTRUE\t/x\tFALSE\t1900000000\tn\tv\n" +
  "#HttpOnly_a.test\tFALSE\t/\tTRUE\t0\t__Host-n\t\nset-cookie: any=host; path=/\n";
const setCookies =
  "a=1; Path=/; HttpOnly\nb=2; Max-Age=9; Secure\nc=3; domain=.a.test; " +
  "Expires=Wed, 21 Oct 2037 07:28:00 GMT\nd=4; max-age=-1\ne=5; expires=21-Oct-37 7:28:0";
const tunnels = [
  "HTTP/1.1 200 Connection established\n\nHTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
  "HTTP/1.1 407 No\nProxy-Authenticate: Basic\nContent-Length: 0\n\n",
];
const requests = [
  "GET / HTTP/1.1\nHost: a\n\nGET /status.json HTTP/1.1\nHost: a\nConnection: close\n\n",
  "POST /discard HTTP/1.1\nHost: a\nContent-Length: 5\n\nhelloHEAD / HTTP/1.0\n\n",
  "POST /discard HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nExpect: " +
    "100-continue\n\n3\nabc\n0\n\n",
  "GET http://a/bytes/10 HTTP/1.1\nHost: a\n\nOPTIONS * HTTP/1.1\nHost: a\n\n",
];
const commandLines = [
  'kernel.elf ip=10.0.2.15::10.0.2.2:255.255.255.0:name:net0:off:10.0.2.3 run="echo a; b" panic=5',
  'ip=dhcp console=ttyS0,9600n8 "run=help" ip=::::host:net1:dhcp',
];
const files = [
  "[Match]\nName=net0 net*\nMACAddress=52:54:00:12:34:56\n[Network]\nDHCP=ipv4\n" +
    "Address=10.0.2.15/24\nGateway=10.0.2.2\nDNS=10.0.2.3 1.1.1.1#5353\n" +
    "Domains=a.test\nNTP=10.0.2.4\n",
  "# x\n; y\n[Address]\nAddress=10.1.2.3/16\n[Route]\nDestination=10.9.0.0/16\nGateway=10.1.0.1\n" +
    "Metric=5\n[Link]\nMTUBytes=1400\n[DHCPv4]\nUseDNS=no\n[X-Other]\nA=b\n",
];
const typed = [
  "help\recho a 'b c' \"d\" $?; nope\rhistory\r\x1b[A\x1b[A\r",
  "ip addr\rip route add 10.9.0.0/16 via 10.0.2.2\rip -s link\rip neigh\rss -a\rfree\rdmesg\r",
  "ping -c 2 10.0.2.2\r\xff\x18\x03curl -v http://10.0.2.2:8080/x\r\xff\x1a\x03\r",
  "nc -l 99\rabc\r\x04\x03host a.test\r\xff\x1b\x03httpd 8080\rtcpdump -c 1 tcp port 80\r\x03",
  "ec\t ab\x7f\x1b[D\x1b[3~\x01\x05\x0b\x15\x17\x14date +%F\rrpc http://10.0.2.2/ " +
    "eth_x '[]'\r\xff\x1c\x03",
  "dhcp\rresolvectl\rntp 10.0.2.4\r\x03check\r\xff\x1c\x03tls\rca\rselftest\r" +
    "lspci\ruptime -p\rsleep 1\r",
];
const filters = [
  "",
  "tcp port 80 and not (src host 10.0.2.2 or arp)",
  "udp or icmp and net 10.0.0.0/8",
];
const arpFrame = ethernet(BROADCAST, peer.hardware, ARP, arp({ ...request, target: own.address }));
const synFrame = ethernet(
  own.hardware,
  peer.hardware,
  IPV4,
  ipv4({ ...ends, protocol: TCP, payload: syn }),
);
const texts = [
  '{"jsonrpc":"2.0","id":1,"result":"0x10"}',
  '{"id":1,"jsonrpc":"2.0","error":{"code":-32000,"message":"no\\u001b","data":[1,{"a":null}]}}',
  '[{"jsonrpc":"2.0","id":2,"result":{"a":[1.5e3,-0,true,"\\ud83d\\ude00"]}},' +
    '{"jsonrpc":"2.0","id":1,"result":null}]',
];

const contents = ["", "a".repeat(300), texts.join("abcabc"), [...Array(400).keys()].join(" ")];

/** What a WebSocket server sends after the handshake. */
const socketBytes = Buffer.concat([
  socketFrame(opcodes.text, '{"a":1}'),
  socketFrame(opcodes.text, "caf", { final: false }),
  socketFrame(opcodes.ping, "?"),
  socketFrame(opcodes.continuation, "\u00e9"),
  socketFrame(opcodes.binary, Buffer.alloc(300, 1)),
  closeFrame(1001, "bye"),
]);

// --- iperf3 ---

/** The steps of targets/iperf3.ts: bytes on a stream, and a message on the control connection. */
const bytesOn = (stream: number, ...bytes: number[]) => step(stream << 3, Buffer.from(bytes));
const told = (value: unknown) => step(1, iperf3Message(value).subarray(4));
const tenths = (count: number) => join(3, count);

function iperf3(): Buffer[] {
  const begun = bytesOn(0, state.parameterExchange, state.createStreams, state.testStart);
  const over = join(bytesOn(0, state.exchangeResults), told(results([100_000])));
  const sends = join(begun, bytesOn(0, state.testRunning), tenths(25), over);
  const data = bytesOn(1, ...Buffer.alloc(64, 1));
  const error = bytesOn(0, state.serverError, 0, 0, 0, 13, 0, 0, 0, 0);
  const parameters = { tcp: true, time: 1, parallel: 2, omit: 0, num: 0, TOS: 8, len: 1000 };
  const served = join(2, told(parameters), 2, 2, data, tenths(12));
  const ended = join(
    bytesOn(0, state.testEnd),
    told(results([64, 0], 0, 1)),
    bytesOn(0, state.done),
  );
  return [
    join(0, sends, bytesOn(0, state.displayResults)),
    join(16, begun, bytesOn(0, state.testRunning), data, tenths(25), over),
    join(0x1a, begun, bytesOn(0, state.testRunning), data, join(12, 0), tenths(9)),
    join(0, error),
    join(3, served, ended),
    join(1, served, bytesOn(0, state.clientTerminate)),
    join(1, 2, told({ ...parameters, reverse: true, bandwidth: 9000 }), 2, 2, tenths(99), ended),
    join(1, 2, told({ tcp: true, num: 64, parallel: 1 }), 2, 2, data, ended),
  ];
}

// --- certificates ---

/** One certificate of chain.c: flags, names, extensions. */
function entry(flags: number, names: number, ...extensions: Buffer[]): Buffer {
  const list = extensions.length === 0 ? Buffer.alloc(0) : sequence(...extensions);
  return join(flags, names, short(list.length), list);
}

const TRUE = der(1, Buffer.of(255));
/** An extension 2.5.29.x. */
const extension = (id: number, value: Buffer, ...critical: Buffer[]) =>
  sequence(oid(`551d${id.toString(16)}`), ...critical, der(4, value));
const dnsName = (text: string) => der(0x82, Buffer.from(text));
const ipName = (...bytes: number[]) => der(0x87, Buffer.from(bytes));
const subtrees = (tag: number, ...bases: Buffer[]) =>
  der(tag, ...bases.map((base) => sequence(base)));

function chain(): Buffer[] {
  const policy = oid("2a0304");
  const other = oid("2a0305");
  const any = oid("551d2000");
  const notice = sequence(oid("2b06010505070202"), sequence(der(0x0c, Buffer.from("hi"))));
  const policies = extension(32, sequence(sequence(policy, sequence(notice)), sequence(any)), TRUE);
  const mappings = extension(33, sequence(sequence(policy, other)));
  const constraints = extension(36, sequence(der(0x80, Buffer.of(0)), der(0x81, Buffer.of(1))));
  const names = extension(
    17,
    sequence(dnsName("b.a.test"), dnsName("*.a.test"), ipName(10, 0, 2, 2)),
  );
  const permitted = subtrees(0xa0, dnsName("a.test"), ipName(10, 0, 0, 0, 255, 0, 0, 0));
  const excluded = subtrees(0xa1, dnsName(".x.test"), der(0xa4, sequence()));
  const limits = extension(30, sequence(permitted, excluded), TRUE);
  const usage = extension(37, sequence(oid("2b06010505070301"), oid("2b06010505070309")));
  const feature = sequence(oid("2b06010505070118"), der(4, sequence(integer(5n))));
  const inhibit = extension(54, integer(0n));
  const leaf = entry(4, 1, names, policies, usage, feature);
  const middle = entry(6, 0x0a, policies, mappings, constraints, limits, usage);
  const root = entry(2, 5, limits, inhibit);
  return [
    join(0, leaf, root),
    join(1, leaf, middle, root),
    join(2, entry(0, 1, names), middle, entry(2, 0x0f, policies, inhibit), root),
    join(0, entry(1, 0), entry(2, 0, extension(30, sequence()))),
  ];
}

/** The seeds, by target. Those of `ocsp` and `crl` are signed, so they are files of the corpus. */
export const seeds: Record<string, () => Buffer[]> = {
  chain,
  cookies: () => [
    join(cookieFile, 0, setCookies),
    join(cookieFile.replace("a.test", "10.0.2.2"), 0, setCookies, "x"),
    ...["xx", "yyy"].map((end) => join(0, setCookies, end)),
  ],
  ...{ crl: () => [], ocsp: () => [] },
  firmware,
  frames,
  tcp,
  dns,
  dhcp,
  iperf3,
  ntp,
  response: () => [
    ...responses.flatMap((text) => [...cuts(4, text), ...cuts(9, text)]),
    ...tunnels.flatMap((text) => cuts(36, text)),
  ],
  request: () => requests.flatMap((text) => cuts(1, text)),
  rpc: () => texts.flatMap((text) => [join(0, text), join(0x41, text), join(6, text)]),
  json: () => texts.map((text) => Buffer.from(text)),
  url: () => [
    Buffer.from("http://u:p@www.a.test:8080/a/b?x=1#y\n../c?d"),
    Buffer.from("https://10.0.2.2/\n//other/x"),
    Buffer.from("https://a/b/c\n?q"),
  ],
  content: () =>
    contents.flatMap((plain) => [
      join(0, gzipSync(plain)),
      join(0x82, gzipSync(plain, { level: 1 }), gzipSync(plain)),
      join(1, deflateSync(plain, { strategy: constants.Z_FIXED })),
      join(0x87, deflateRawSync(plain)),
      join(3, deflateSync(plain, { level: 0 })),
    ]),
  config: () => [
    ...commandLines.flatMap((text) => [join(0, text), join(1, text)]),
    join(2, "10.0.2.2 gateway gw.example # both\n\n10.0.2.4\n"),
    ...files.flatMap((text) => [join(3, text), join(7, text)]),
  ],
  console: () => typed.map((text) => Buffer.from(text, "latin1")),
  websocket: () => [
    join(0, socketBytes),
    join(8, socketBytes),
    join(1, "HTTP/1.1 401 No\r\nRetry-After: 7\r\n\r\n"),
    join(0, socketFrame(opcodes.text, "", { lengthBytes: 8, length: 1n << 40n })),
  ],
  filter: () => filters.flatMap((text) => [join(text, 0x0a, arpFrame), join(text, 0x0a, synFrame)]),
};
