/** Settings that a DHCP server sends as vendor-specific information (option 43). */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";
import { DhcpServer } from "../lab/network/dhcp-server.ts";
import { Peer } from "../lab/network/peer.ts";
import { Switch } from "../lab/network/switch.ts";
import { World } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";
import { readOptions } from "../lab/packets/dhcp.ts";

const ROUTER = "10.0.2.2";
const URL = `http://${ROUTER}/web1.conf`;

/** A suboption, or several if it is long. */
function sub(code: number, content: string): number[] {
  const bytes = [...Buffer.from(content)];
  const first = bytes.splice(0, 255);
  return [code, first.length, ...first, ...(bytes.length > 0 ? sub(code, toText(bytes)) : [])];
}
const toText = (bytes: number[]) => Buffer.from(bytes).toString();

interface Answer {
  status?: number;
  body?: string;
}

/** Boots a kernel on a network whose DHCP server sends `vendor`, and whose router serves `file`. */
async function boot(vendor: number[], file: Answer = {}, options: TwinOptions = {}) {
  const world = new World(1);
  const network = new Switch(world);
  const router = new Peer(world, network, "router", ROUTER, Uint8Array.of(2, 0, 0, 0, 0, 2));
  const server = { router: address(ROUTER), servers: [], first: "10.0.2.50" };
  // A long option is split (RFC 3396).
  const parts = [vendor.slice(0, 255), vendor.slice(255)].filter((part) => part.length > 0);
  new DhcpServer(router, { ...server, more: parts.map((part) => [43, part]) });
  const requests: string[] = [];
  router.tcp.listeners.set(80, (connection) => {
    connection.onData = (data) => {
      requests.push(Buffer.from(data).toString().split(" HTTP")[0]);
      const { status = 200, body = "" } = file;
      connection.write(
        Buffer.from(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
    };
    connection.onFinish = () => connection.close();
  });
  const twin = await Twin.boot(options);
  const classes: string[] = [];
  world.add(twin);
  network.connectTwin(twin);
  const forward = twin.onSend;
  twin.onSend = (frame) => {
    const message = Buffer.from(frame.subarray(42));
    if (frame[23] === 17 && message[236] === 0x63) {
      classes.push(Buffer.from(readOptions(message).get(60) ?? []).toString());
    }
    forward(frame);
  };
  world.pass(30);
  const ask = (line: string) => world.command(twin, line);
  return { twin, requests, classes, ask, log: ask("dmesg") };
}

test("applies the text of suboption 2, which may be long", async () => {
  const comment = "# a comment\n".repeat(30);
  const conf = `[Network]\nHostname=web1\n${comment}[Link]\nMTUBytes=1400\nBad=1\n`;
  const { ask, log, classes } = await boot(sub(2, conf));
  assert.match(log, /dhcp: \d+ bytes of user data: applying them as anonymos\.conf/);
  assert.match(log, /anonymos\.conf:35: Bad=1: /);
  assert.match(ask("hostname"), /web1/);
  assert.match(ask("ip addr"), /mtu 1400.*inet 10\.0\.2\.50\/24/s);
  assert.ok(classes.length >= 2 && classes.every((name) => name === "AnonymOS"), `${classes}`);
});

test("fetches the file at the URL of suboption 1, and applies it after the text", async () => {
  const text = sub(2, "[Network]\nHostname=text\n");
  const file = { body: "[Network]\nHostname=file\nAddress=10.0.2.77/24\n" };
  const { ask, log, requests } = await boot([...text, ...sub(1, URL), 255], file);
  assert.deepEqual(requests, ["GET /web1.conf"]);
  assert.match(log, /dhcp: settings are at http:\/\/10\.0\.2\.2\/web1\.conf/);
  assert.match(ask("hostname"), /file/);
  assert.match(ask("ip addr"), /inet 10\.0\.2\.77\/24/);
  const missing = await boot(sub(1, URL), { status: 404 });
  assert.match(missing.log, /dhcp: no settings: HTTP status 404/);
  const long = await boot(sub(1, URL), { body: "#".repeat(70_000) });
  assert.match(long.log, /dhcp: no settings: /);
  assert.equal(long.requests.length, 1, "another try would fail in the same way");
  const refused = await boot(sub(1, URL), { status: 403 });
  assert.match(refused.log, /dhcp: no settings: HTTP status 403/);
});

test("takes text that ends with NULs, and settings that begin with blanks or a BOM", async () => {
  for (const before of ["\n", "; a comment\n", "\ufeff"]) {
    const { ask } = await boot(sub(2, `${before}[Network]\nHostname=web2\n\0`));
    assert.match(ask("hostname"), /web2/, JSON.stringify(before));
  }
  const { requests } = await boot(sub(1, `${URL}\0`), { body: "[Network]\nHostname=file\n" });
  assert.deepEqual(requests, ["GET /web1.conf"]);
});

test("runs no commands that arrive by DHCP", async () => {
  const body = "#!anonymos\necho done > x\n";
  for (const found of [await boot(sub(1, URL), { body }), await boot(sub(2, body))]) {
    assert.match(found.log, /dhcp: 25 bytes of user data: ignored, as anybody could send commands/);
    assert.doesNotMatch(found.twin.output, /\[exit/);
  }
});

test("any other source of settings is stronger", async () => {
  const vendor = sub(2, "[Network]\nHostname=weak\n");
  const fwCfg = { "opt/anonymos/anonymos.conf": "[Link]\nMTUBytes=1400\n" };
  const other = await boot(vendor, {}, { machine: { fwCfg } });
  assert.match(other.log, /dhcp: settings ignored, as there is another anonymos\.conf/);
  assert.match(other.ask("hostname"), /anonymos/);
  for (const name of ["none", "nocloud", "hetzner"]) {
    const off = await boot(vendor, {}, { commandLine: `ds=${name}` });
    assert.doesNotMatch(off.log, /dhcp: /);
  }
  const named = await boot(vendor, {}, { commandLine: "ds=dhcp ip=dhcp" });
  assert.match(named.ask("hostname"), /weak/);
});

test("ignores what is meant for other vendors, or damaged", async () => {
  for (const vendor of [
    [1, 4, 0, 0, 0, 2, 2, 4, 0, 0, 0, 1],
    [6, 1, 8, 255],
    [1],
    [1, 200, 104],
    [2, 0],
    [...sub(1, "ftp://10.0.2.2/"), ...sub(2, "text")],
    sub(1, "http://10.0.2.2/ a"),
    sub(1, "http://10.0.2.2/\x1b"),
    [0, 0, 0, 255, ...sub(2, "[Network]\nHostname=bad\n")],
  ]) {
    const { ask, log } = await boot(vendor);
    assert.doesNotMatch(log, /dhcp: /, `${vendor}`);
    assert.match(ask("hostname"), /anonymos/);
    assert.match(ask("ip addr"), /inet 10\.0\.2\.50\/24/);
  }
});
