/** How DHCP options are shown, and captive portals (net/service/dhcp/describe.ts, text.ts). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { u32 } from "../../../../lab/packets/bytes.ts";
import { ips, type Options } from "../../../../lab/packets/dhcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { DhcpBench, second, types, usual } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);

beforeEach(() => world.reset(5));

/** Takes a lease with these options. */
function lists(options: Options): void {
  world.reset(5);
  world.bind(options);
  assert.equal(world.state, "bound");
}

test("describes the options in words", () => {
  lists([
    ...usual(),
    [26, [5, 0xdc]],
    [42, ips("10.0.2.4")],
    [119, [1, 97, 0]],
    [121, Buffer.concat([Buffer.from([0]), ips("10.0.2.2")])],
    [224, [1, 0xab]],
    [51, []],
  ]);
  const text = world.text(wasm.describe());
  for (const line of [
    "message type (53): ACK",
    "server (54): 10.0.2.2",
    "subnet mask (1): 255.255.255.0",
    "lease time (51): 3600 s",
    "MTU (26): 1500",
    "NTP (42): 10.0.2.4",
    "search (119): a",
    "classless routes (121): 0.0.0.0/0 via 10.0.2.2",
    "option 224: 01 ab",
  ]) {
    assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
  }
});

test("describes what clouds, relays and boot servers send, for printing only", () => {
  lists([
    ...usual(),
    [43, [1, 4, 0xde, 0xad, 0xbe, 0xef]],
    [60, Buffer.from("PXEClient")],
    [66, Buffer.from("boot.example")],
    [67, Buffer.from("pxelinux.0\0")],
    [77, Buffer.from("iPXE")],
    [82, [1, 2, 0, 7]],
    [108, u32(1800)],
    [114, Buffer.from("https://portal.example/api")],
    [125, [0, 0, 1, 0x37, 2, 1, 0]],
    [245, ips("168.63.129.16")],
    [249, Buffer.concat([Buffer.from([32]), ips("168.63.129.16", "10.0.2.2")])],
    [252, Buffer.from("http://wpad.example/\x1b[2J\n")],
  ]);
  const lines = world.text(wasm.describe()).split("\n");
  for (const line of [
    "vendor (43): 01 04 de ad be ef",
    "vendor class (60): PXEClient",
    "TFTP server (66): boot.example",
    "boot file (67): pxelinux.0",
    "user class (77): iPXE",
    "relay agent (82): 01 02 00 07",
    "IPv6 only preferred (108): 1800 s",
    "captive portal (114): https://portal.example/api",
    "vendor options by enterprise (125): 00 00 01 37 02 01 00",
    "Azure WireServer (245): 168.63.129.16",
    "classless routes (249): 168.63.129.16/32 via 10.0.2.2",
    "proxy configuration (252): http://wpad.example/\\027[2J\\010",
  ]) {
    assert.ok(lines.includes(line), `${line}\n${lines.join("\n")}`);
  }
});

test("DHC-26: a captive portal is an http or https URI, escaped, and logged once", () => {
  for (const [uri, portal] of [
    ["https://portal.example/api", "https://portal.example/api"],
    ["http://10.0.2.2/\0", "http://10.0.2.2/"],
    ["urn:ietf:params:capport:unrestricted", ""],
    ["javascript:alert(1)", ""],
    ["https://a b", ""],
    ["", ""],
  ]) {
    lists([...usual(), [114, Buffer.from(uri)]]);
    assert.equal(world.text(wasm.portal()), portal, uri);
  }
  lists([...usual(), [114, Buffer.from("https://portal.example/\x1b[2J")]]);
  assert.match(world.text(wasm.portal()), /^[\x20-\x7e]+$/);
  const options: Options = [...usual(), [114, Buffer.from("https://portal.example/")]];
  lists(options);
  world.run(1800n * second);
  world.reply(types.ack, { options });
  const logged = world.text(wasm.logText()).match(/^net0: captive portal: https.*$/gm);
  assert.deepEqual(logged, ["net0: captive portal: https://portal.example/"]);
});
