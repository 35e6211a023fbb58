/** IPv4 headers and addresses under attack: rows IP-01 to IP-18. */
import assert from "node:assert/strict";
import { ethernet, icmp, ipv4, udpDatagram } from "../lab/packets/build.ts";
import { address, BROADCAST, ICMP, IPV4, TCP, UDP } from "../lab/packets/bytes.ts";
import { parse } from "../lab/packets/read.ts";
import { tcpSegment } from "../lab/packets/tcp.ts";
import {
  arpRequest,
  dns,
  echoRequest,
  framed,
  gateway,
  guest,
  packet,
} from "../lab/scripted/ip-host.ts";
import { echoReply, errorAbout } from "./expected-frames.ts";
import { row, rows } from "./world.ts";

const echoes = (count: number) => Array.from({ length: count }, () => echoReply()).flat();
const correctChecksum = echoRequest().readUInt16BE(24);

/** An echo request with options in the shortest header that holds them. */
const optioned = (hex: string) => {
  const option = Buffer.from(hex, "hex");
  const options = Buffer.alloc(Math.ceil(option.length / 4) * 4);
  return echoRequest({ options: Buffer.concat([option, options.subarray(option.length)]) });
};
/** An echo request with 40 bytes of options: NOPs, then these. */
const endingIn = (hex: string) => {
  const option = Buffer.from(hex, "hex");
  return echoRequest({ options: Buffer.concat([Buffer.alloc(40 - option.length, 1), option]) });
};

const unknownProtocols = [143, 4, 41, 47, 255, 0].map((protocol) =>
  packet({ protocol, payload: echoRequest().subarray(14, 46) }),
);

/** Either end of a datagram from the guest to itself. */
const own = { address: address(guest.address), port: 7 };
const syn = (source: number, destination: number) => {
  const ports = { sourcePort: 80, destinationPort: 80 };
  return tcpSegment({ source, destination, ...ports, sequence: 1, flags: "S" });
};

const nonUnicast = ["255.255.255.255", "10.0.2.255", "224.0.0.1"];
/** Packets of each protocol to groups and broadcasts, in a group frame and in a unicast one. */
const toNonUnicast = nonUnicast.flatMap((destination) => {
  const fields = { source: gateway.address, destination };
  const from = { address: address(gateway.address), port: 1000 };
  const to = { address: address(destination), port: 9999 };
  const hardware = destination === "224.0.0.1" ? "01:00:5e:00:00:01" : BROADCAST;
  return [
    { protocol: ICMP, payload: icmp(8, 0, 0x00070001, Buffer.from("ping")) },
    { protocol: UDP, payload: udpDatagram(from, to, Buffer.from("x")) },
    { protocol: TCP, payload: syn(from.address, to.address) },
    { protocol: 143, payload: Buffer.alloc(20) },
  ].flatMap((inner) => {
    const whole = ipv4({ ...fields, ...inner });
    return [ethernet(hardware, gateway.hardware, IPV4, whole), framed(whole)];
  });
});

rows([
  {
    name: "IP-01: rejects other versions",
    frames: [0, 5, 6].map((version) => echoRequest({ version })),
    drops: { "ipv4-version": 3 },
  },
  {
    name: "IP-02: rejects headers shorter than 20 bytes",
    frames: [4, 0].map((headerWords) => echoRequest({ headerWords })),
    drops: { "ipv4-header-length": 2 },
  },
  {
    name: "IP-03: rejects a header longer than its packet",
    frames: [echoRequest({ headerWords: 15, totalLength: 28 })],
    drops: { "ipv4-header-length": 1 },
  },
  {
    name: "IP-04: rejects total lengths of 0, 19 and 20",
    frames: [0, 19, 20].map((totalLength) => echoRequest({ totalLength })),
    drops: { "ipv4-header-length": 2, "icmp-truncated": 1 },
  },
  {
    name: "IP-05: rejects a total length beyond the frame",
    frames: [47, 1500, 65535].map((totalLength) => echoRequest({ totalLength })),
    drops: { "ipv4-total-length": 3 },
  },
  {
    name: "IP-06: rejects wrong header checksums",
    frames: [correctChecksum + 1, correctChecksum - 1, 0].map((checksum) =>
      echoRequest({ checksum }),
    ),
    drops: { "ipv4-checksum": 3 },
  },
  {
    name: "IP-07: rejects sources that are not unicast",
    frames: ["127.0.0.1", "255.255.255.255", "224.0.0.1", "10.0.2.255", "0.0.0.0", "240.0.0.1"].map(
      (source) => echoRequest({ source }),
    ),
    drops: { "ipv4-source": 6 },
  },
  {
    name: "IP-09: neither accepts nor forwards packets to other destinations",
    frames: ["127.0.0.1", "10.0.2.16", "203.0.113.9"].map((destination) =>
      echoRequest({ destination }),
    ),
    drops: { "ipv4-destination": 3 },
  },
  {
    name: "IP-10: accepts a TTL of 0 and 1",
    frames: [0, 1].map((ttl) => echoRequest({ ttl })),
    answers: echoes(2),
  },
  {
    name: "IP-11: reports unknown protocols, tunnels included",
    frames: unknownProtocols,
    answers: unknownProtocols.map((frame) => errorAbout(frame, 3, 2)),
    drops: { "ipv4-protocol": 6 },
  },
  {
    name: "IP-12: rejects source routes, valid or malformed",
    frames: [
      "8327040a00020a0a00020b00",
      "832700",
      "8327ff",
      "83ff04",
      "8907040a00020100",
      "8903048903040000",
    ].map(optioned),
    drops: { "ipv4-options": 6 },
  },
  {
    name: "IP-13: rejects options of length 0 or 1, or beyond the header",
    frames: [
      optioned("4400"),
      optioned("0701"),
      optioned("07ff0400"),
      endingIn("07"),
      endingIn("4400"),
    ],
    drops: { "ipv4-options": 5 },
  },
  {
    // Recording is optional (RFC 1122 section 3.2.1.8 d, e): the reply has no options.
    name: "IP-14: ignores record route and timestamps, valid or malformed",
    frames: ["0707030000000000", "0707ff0000000000", "44080ff100000000"].map(optioned),
    answers: echoes(3),
  },
  {
    name: "IP-15: accepts 40 bytes of NOP, and garbage after the end of options",
    frames: [endingIn("01"), optioned(`00${"83".repeat(39)}`)],
    answers: echoes(2),
  },
  {
    name: "IP-16: ignores the reserved flag, and treats DF with MF as a fragment",
    frames: [
      echoRequest({ fragment: 0x8000 }),
      packet({
        id: 6,
        fragment: 0x6000,
        payload: icmp(8, 0, 0x00070001, Buffer.from("ping+ping")).subarray(0, 16),
      }),
      packet({ id: 6, fragment: 0x4002, payload: Buffer.from("g") }),
    ],
    answers: [...echoes(1), ...echoReply("ping+ping")],
  },
  {
    name: "IP-17: neither echoes nor reports packets to groups and broadcasts",
    // The card drops multicast frames, which are four of these.
    frames: toNonUnicast,
    drops: { "ipv4-destination": 10, "udp-no-socket": 5, "tcp-broadcast": 5 },
  },
]);

row("IP-08: drops packets from the guest's own address (LAND)", "S1", (lab) => {
  lab.command("httpd");
  lab.take();
  const source = guest.address;
  lab.inject([
    packet({ source, protocol: TCP, payload: syn(own.address, own.address) }),
    packet({ source, protocol: UDP, payload: udpDatagram(own, own, Buffer.from("x")) }),
    echoRequest({ source }),
  ]);
  lab.expectSent();
  lab.expectDrops({ "ipv4-source": 3 });
  lab.command("httpd stop");
});

row(
  "IP-18: identifications do not repeat, and reveal nothing about other destinations",
  "S1",
  (lab) => {
    lab.inject([arpRequest(dns, guest.address)]);
    const ask = (who: typeof dns) => {
      const inner = echoRequest({ source: who.address }).subarray(14);
      return ethernet(guest.hardware, who.hardware, IPV4, inner);
    };
    for (let i = 0; i < 1000; i++) lab.inject([ask(gateway), ask(dns)], 1e-5);
    lab.pass(1);
    const ids: Record<string, number[]> = { [gateway.address]: [], [dns.address]: [] };
    for (const { ip } of lab.frames().map(parse)) {
      if (!ip) continue;
      assert.equal(ip.fragment, 0, "DF is set, or it is a fragment");
      ids[ip.destination].push(ip.id);
    }
    const [first, second] = Object.values(ids);
    assert.deepEqual([new Set(first).size, new Set(second).size], [1000, 1000]);
    // With a shared counter, values of the two sequences would alternate.
    const between = first.filter((id, i) => ((second[i] - id) & 0xffff) <= 2).length;
    assert.ok(between < 10, `${between} of 1000 are consecutive`);
  },
);
