/** Malformed, forged and odd DHCP messages (net/wire/dhcp*.ts, net/service/dhcp/). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { udpDatagram } from "../../../../lab/packets/build.ts";
import { address, u32 } from "../../../../lab/packets/bytes.ts";
import { encodeOptions, ips, type Options } from "../../../../lab/packets/dhcp.ts";
import { Random } from "../../../../lab/random.ts";
import { load, writeBytes } from "../../../../lab/scripted/assembly.ts";
import { DhcpBench, type Overrides, second, types, usual } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);

beforeEach(() => world.reset(5));

/** The usual options with some replaced or, if undefined, omitted. */
function usualWith(...changes: [number, Buffer | number[] | undefined][]): Options {
  const kept = usual().filter(([code]) => !changes.some(([changed]) => changed === code));
  return [...kept, ...(changes.filter(([, data]) => data !== undefined) as Options)];
}

/** Sends an OFFER, and reports whether the client requested it. */
function offered(overrides: Overrides): boolean {
  world.reset(5);
  wasm.start(0n);
  world.poll();
  world.reply(types.offer, overrides);
  const taken = world.state === "requesting";
  assert.equal(world.state, taken ? "requesting" : "selecting");
  if (!taken) {
    world.run(6n * second);
    assert.equal(world.last.type, 1, "DISCOVER is sent again");
    world.reply(types.offer);
    assert.equal(world.state, "requesting", "a valid offer is still requested");
  }
  return taken;
}

/** Binds with these options; returns the lease's lists as text. */
function lists(options: Options, yiaddr?: string): string {
  world.reset(5);
  world.bind(options, yiaddr);
  assert.equal(world.state, "bound");
  return world.text(wasm.lists());
}

const countOptions = (message: Buffer) => wasm.optionCount(...writeBytes(wasm, message));

test("rejects every truncated ACK, or reads only its whole options", () => {
  wasm.start(0n);
  world.poll();
  const whole = world.build(types.ack, { options: usual() });
  assert.equal(countOptions(whole), 6);
  for (let length = 0; length < whole.length; length++) {
    const count: number = countOptions(whole.subarray(0, length));
    if (length < 240) assert.equal(count, -1, `${length} bytes`);
    else assert.ok(count === -2 || (count >= 0 && count <= 6), `${length} bytes: ${count}`);
  }
});

test("DHC-01, DHC-02: rejects a message whose last option is truncated", () => {
  const whole = encodeOptions([[53, [2]], [54, ips("10.0.2.2")], ...usual()]);
  assert.ok(offered({ raw: whole }), "no End, but whole options");
  assert.equal(offered({ raw: Buffer.concat([whole, Buffer.from([6, 8, 10, 0])]) }), false);
  assert.equal(offered({ raw: Buffer.concat([whole, Buffer.from([6])]) }), false);
  const beyond = Buffer.concat([whole, Buffer.from([0x0f, 0xff, 0x61, 0xff])]);
  assert.equal(offered({ raw: beyond }), false);
});

test("DHC-03: reads options in file, then in sname, not past a field's end, never nested", () => {
  const overloaded = usualWith([6, undefined], [52, [3]]);
  const file = Buffer.alloc(128);
  file.set(encodeOptions([[6, ips("10.0.2.77")]]));
  const sname = Buffer.alloc(64);
  sname.set(
    encodeOptions([
      [6, ips("10.0.2.78")],
      [52, [1]],
    ]),
  );
  wasm.start(0n);
  world.poll();
  world.reply(types.offer, { options: overloaded, file, sname });
  world.reply(types.ack, { options: overloaded, file, sname });
  assert.match(world.text(wasm.lists()), /servers a00024d a00024e/);
  const cut = Buffer.alloc(64);
  cut.set([6, 63, 1], 0);
  assert.equal(offered({ options: overloaded, file, sname: cut }), false, "beyond sname");
  for (const value of [[0], [4], [255], [], [1, 1]]) {
    assert.ok(offered({ options: usualWith([52, value]), file: cut, sname: cut }), `52 = ${value}`);
  }
});

test("DHC-04: accepts every valid mask, and replaces others with the mask of the class", () => {
  for (const mask of [[], [255], [255, 255, 255], [255, 255, 255, 0, 0]]) {
    lists(usualWith([1, mask]));
    assert.equal(wasm.prefix(), 8, `mask ${mask}`);
  }
  for (const [mask, prefix] of [
    ["255.255.255.255", 32],
    ["255.255.255.254", 31],
    ["128.0.0.0", 1],
  ] as const) {
    lists(usualWith([1, ips(mask)]));
    assert.equal(wasm.prefix(), prefix, mask);
  }
  for (const mask of ["255.0.255.0", "0.0.0.0"]) {
    lists(usualWith([1, ips(mask)]));
    assert.equal(wasm.prefix(), 8, mask);
  }
  lists(usualWith([1, undefined]), "172.16.0.9");
  assert.equal(wasm.prefix(), 16);
  lists(usualWith([1, undefined]), "192.168.0.9");
  assert.equal(wasm.prefix(), 24);
  const cloud = usualWith(
    [1, ips("255.255.255.255")],
    [
      121,
      Buffer.concat([
        Buffer.from([32]),
        ips("10.0.2.2", "0.0.0.0"),
        Buffer.from([0]),
        ips("10.0.2.2"),
      ]),
    ],
  );
  assert.match(lists(cloud), /routes a000202\/32>0 0\/0>a000202/);
  assert.equal(wasm.prefix(), 32);
});

test("DHC-05: rejects addresses that no host can have", () => {
  const bad = ["0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.5", "10.0.2.255", "10.0.2.2"];
  for (const yiaddr of [...bad, "10.0.2.0", "0.1.2.3", "240.0.0.1"]) {
    assert.equal(offered({ yiaddr }), false, yiaddr);
  }
  const alone = usualWith([3, undefined]);
  assert.equal(offered({ yiaddr: "10.0.2.2", options: alone }), false, "the server's own address");
  const router = usualWith([3, ips("10.0.2.15")]);
  assert.equal(offered({ options: router }), false, "the router's own address");
});

test("DHC-06: ignores another xid, chaddr, op, hlen, cookie or htype", () => {
  const cases: Overrides[] = [
    { xid: 0x12345678 },
    { chaddr: Buffer.from("525400123457", "hex") },
    { op: 1 },
    { hlen: 16 },
    { cookie: 0x63825364 },
    { htype: 6 },
  ];
  for (const overrides of cases) assert.equal(offered(overrides), false, JSON.stringify(overrides));
});

test("DHC-07: handles lease times of 0, 1, 2^31-1 and infinity, and implausible T1 and T2", () => {
  for (const data of [u32(0), undefined, [0, 1]]) {
    lists(usualWith([51, data]));
    assert.equal(wasm.leaseTime(), 3600, `${data}`);
    assert.equal(wasm.t1At(), 1800n * second);
    assert.match(
      world.text(wasm.logText()),
      /net0: DHCP: 10\.0\.2\.2 gives no lease time, assuming 3600 s\n/,
    );
  }
  lists(usual(1));
  assert.equal(wasm.leaseTime(), 10, "no flood of requests");
  lists(usual(0x7fffffff));
  assert.equal(wasm.expiresAt(), 0x7fffffffn * second);
  lists(usual(0xffffffff));
  assert.equal(wasm.expiresAt(), 0x7fffffffffffffffn);
  const odd: [number, number][] = [
    [200, 100],
    [100, 2000],
    [0, 0],
    [1000, 1000],
    [2000, 3000],
  ];
  for (const [t1, t2] of odd) {
    lists([...usual(1000), [58, u32(t1)], [59, u32(t2)]]);
    assert.equal(wasm.t1At(), 500n * second, `${t1} ${t2}`);
    assert.equal(wasm.t2At(), 875n * second, `${t1} ${t2}`);
  }
});

test("DHC-08: uses the source if there is no server identifier; ignores NAKs of others", () => {
  for (const server of [null, "0.0.0.0", "255.255.255.255"]) {
    assert.ok(offered({ server, source: "10.0.2.7" }), `${server}`);
    assert.deepEqual(world.last.options.get(54), ips("10.0.2.7"));
    world.reply(types.nak, { server, source: "10.0.2.66" });
    assert.equal(world.state, "requesting");
    world.reply(types.ack, { server, source: "10.0.2.7" });
    assert.equal(world.state, "bound");
    assert.equal(offered({ server, source: "0.0.0.0" }), false);
  }
  assert.ok(offered({}));
  world.reply(types.ack, { server: "10.0.2.66", source: "10.0.2.66", yiaddr: "10.0.2.99" });
  assert.equal(world.state, "requesting");
  world.reply(types.nak, { server: "10.0.2.66", source: "10.0.2.66" });
  assert.equal(world.state, "requesting");
  world.reply(types.ack);
  assert.equal(world.state, "bound");
});

test("DHC-09: ignores messages whose type is missing, malformed, unknown or repeated", () => {
  const rest: Options = [[54, ips("10.0.2.2")], ...usual()];
  const raw = (...first: Options) =>
    Buffer.concat([encodeOptions([...first, ...rest]), Buffer.from([255])]);
  assert.equal(offered({ raw: raw() }), false);
  for (const data of [[], [2, 2], [0], [9], [255]]) {
    assert.equal(offered({ raw: raw([53, data]) }), false, `53 = ${data}`);
  }
  assert.equal(offered({ raw: raw([53, [2]], [53, [2]]) }), false, "two");
  assert.ok(offered({ raw: raw([53, [2]]) }));
});

test("DHC-10: uses the first few routers and servers, on-link routers first", () => {
  assert.match(lists(usualWith([3, []])), /^routers; .*routes$/);
  assert.match(lists(usualWith([3, [10, 0, 2]])), /^routers; .*routes$/);
  const many = Buffer.concat(Array.from({ length: 63 }, (_, i) => ips(`10.0.2.${100 + i}`)));
  const text = lists(usualWith([3, many], [6, many]));
  const first = "a000264 a000265 a000266 a000267";
  assert.equal(text, `routers ${first}; servers ${first}; routes 0/0>a000264`);
  assert.match(lists(usualWith([3, ips("198.51.100.1")])), /routes 0\/0>c6336401$/);
  assert.match(lists(usualWith([3, ips("198.51.100.1", "10.0.2.9")])), /routes 0\/0>a000209$/);
  assert.match(lists(usualWith([3, ips("10.0.2.255")])), /routes$/, "no host's address");
  assert.match(lists(usualWith([3, ips("10.0.2.255", "198.51.100.1")])), /routes 0\/0>c6336401$/);
  assert.match(lists(usualWith([1, ips("255.255.255.255")])), /routes 0\/0>a000202$/);
  assert.match(lists(usualWith([6, ips("0.0.0.0", "224.0.0.1", "9.9.9.9")])), /servers 9090909;/);
});

test("DHC-11: omits a search list with a loop or a pointer past its end", () => {
  for (const data of [
    [0xc0, 0, 0xc0, 2],
    [0xc0, 0xff],
    [3, 97, 98],
    [1, 97, 0xc0, 0],
  ]) {
    lists(usualWith([119, data]));
    assert.equal(world.text(wasm.search()), "", `${data}`);
  }
  lists(usualWith([119, [2, 101, 110, 0, 1, 97, 0xc0, 0]]));
  assert.equal(world.text(wasm.search()), "en a.en");
});

test("DHC-12: concatenates the parts of an option", () => {
  const part = Buffer.alloc(200, "a");
  lists([...usual(), [15, part], [15, part], [119, part], [121, part], [121, part]]);
  assert.equal(world.text(wasm.domain()).length, 400);
  const routes = Buffer.concat([Buffer.from([24, 192, 168, 7]), ips("10.0.2.9")]);
  const split: Options = [
    [121, routes.subarray(0, 3)],
    [121, routes.subarray(3)],
  ];
  assert.match(lists([...usual(), ...split]), /routes c0a80700\/24>a000209/);
});

test("DHC-13: classless routes override option 3, if they are well-formed", () => {
  const route = (width: number, to: number[], via: string) =>
    Buffer.concat([Buffer.from([width, ...to]), ips(via)]);
  for (const bad of [route(33, [1, 2, 3, 4, 5], "10.0.2.9"), route(255, [], "10.0.2.9")]) {
    assert.match(
      lists(usualWith([121, bad])),
      /routes 0\/0>a000202$/,
      "ignored, so option 3 applies",
    );
  }
  const good = route(0, [], "10.0.2.9");
  for (let length = 0; length < good.length; length++) {
    assert.match(lists(usualWith([121, good.subarray(0, length)])), /routes 0\/0>a000202$/);
  }
  assert.match(lists(usualWith([121, good])), /routes 0\/0>a000209$/);
  const three = Buffer.concat([route(8, [44], "10.0.2.9"), route(16, [127, 0], "10.0.2.9"), good]);
  assert.match(lists(usualWith([121, three])), /routes 2c000000\/8>a000209 0\/0>a000209$/);
  assert.match(lists(usualWith([121, route(0, [], "198.51.100.1")])), /routes 0\/0>c6336401$/);
  assert.match(lists(usualWith([121, route(0, [], "10.0.2.255")])), /routes$/, "no host's address");
  // Windows' code for the same option, and its classful predecessor.
  const other = route(16, [44, 1], "10.0.2.8");
  assert.match(lists(usualWith([249, other])), /routes 2c010000\/16>a000208$/);
  assert.match(lists(usualWith([249, other], [121, good])), /routes 0\/0>a000209$/);
  const classful = ips("44.1.2.3", "10.0.2.8", "192.168.7.0", "10.0.2.9", "0.0.0.0", "10.0.2.1");
  assert.match(
    lists(usualWith([33, classful])),
    /routes 2c000000\/8>a000208 c0a80700\/24>a000209 0\/0>a000202$/,
  );
  assert.match(lists(usualWith([33, classful], [249, good])), /routes 0\/0>a000209$/);
});

test("DHC-14: escapes control characters in names, and does not use such names", () => {
  const nasty = Buffer.from("a\0\x1b[2J`rm`;\\");
  lists([...usual(), [12, nasty], [15, nasty], [56, nasty], [12, Buffer.alloc(200, 0xff)]]);
  assert.equal(world.text(wasm.domain()), "a\\000\\027[2J`rm`;\\\\");
  assert.equal(world.text(wasm.serverHostname()), "", "not a host name");
  assert.match(world.text(wasm.describe()), /^[\x20-\x7e\n]*$/);
  lists([...usual(), [12, Buffer.from("guest-7\0")]]);
  assert.equal(world.text(wasm.serverHostname()), "guest-7");
});

test("DHC-15: drops a message of 5,000 bytes, but not one with 2 KiB of padding", () => {
  const padded = Buffer.concat([
    encodeOptions([
      [53, [2]],
      [54, ips("10.0.2.2")],
    ]),
    Buffer.alloc(2048),
    encodeOptions(usual()),
    Buffer.from([255]),
  ]);
  assert.ok(offered({ raw: padded }));
  assert.equal(offered({ raw: Buffer.concat([padded, Buffer.alloc(3000)]) }), false);
});

test("DHC-22: accepts messages from any port, and through a relay", () => {
  for (const sourcePort of [67, 68, 53, 1067, 40000]) assert.ok(offered({ sourcePort }));
  assert.ok(offered({ source: "203.0.113.9" }));
});

test("ignores an MTU of 68, and limits one of 9000 to 1500", () => {
  const mtuOf = (data: number[]) => {
    lists(usualWith([26, data]));
    return wasm.mtu();
  };
  assert.equal(mtuOf([5, 0x78]), 1400);
  assert.equal(mtuOf([0, 68]), 0);
  assert.equal(mtuOf([0x23, 0x28]), 1500);
  assert.equal(wasm.givenMtu(), 9000);
  assert.equal(mtuOf([5]), 0);
});

test("DHC-25: ignores a relay's option 82 and address, well-formed or not", () => {
  const relayed = usualWith([82, [1, 200, ...Buffer.alloc(200, 7), 2, 6, 1, 2, 3, 4, 5, 6]]);
  assert.ok(offered({ options: relayed, giaddr: "10.0.7.1", source: "10.0.7.1" }));
  assert.deepEqual(world.last.options.get(54), ips("10.0.2.2"));
  world.reply(types.ack, { options: relayed, giaddr: "10.0.7.1", source: "10.0.8.1" });
  assert.equal(world.state, "bound");
  assert.ok(offered({ options: usualWith([82, []]) }), "an empty one");
  const cut = encodeOptions([[53, [2]], [54, ips("10.0.2.2")], ...usual(), [82, [1, 9, 1]]]);
  assert.ok(offered({ raw: Buffer.concat([cut, Buffer.from([255])]) }), "a malformed one");
});

test("rejects 20,000 messages with random options", () => {
  wasm.start(0n);
  world.poll();
  const random = new Random(99);
  const from = { address: address("10.0.2.2"), port: 67 };
  const block: number = wasm.allocateBytes(2048);
  for (let i = 0; i < 20000; i++) {
    const message = world.build(types.ack, {
      raw: random.bytes(random.below(80)),
    });
    const datagram = udpDatagram(from, { address: 0xffffffff, port: 68 }, message);
    new Uint8Array(wasm.memory.buffer, block, datagram.length).set(datagram);
    wasm.arrive(from.address, 0xffffffff, block, datagram.length);
    wasm.poll(0n);
    if (i % 1000 === 0) wasm.collect();
  }
  assert.equal(world.state, "selecting");
});
