/** curl against Apache, HAProxy, lighttpd and Caddy, and through the forward proxy Tinyproxy. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeRoot, makeServer } from "../lab/host/certificates.ts";
import { configured, netErrors } from "../lab/host/console.ts";
import type { Daemon } from "../lab/host/daemon.ts";
import { Machine } from "../lab/host/qemu.ts";
import { crcText, patternBytes, type Service, Sink, sha256 } from "../lab/host/servers.ts";
import {
  startApache,
  startCaddy,
  startHaproxy,
  startLighttpd,
  startTinyproxy,
} from "../lab/host/web-servers.ts";

const BULK = patternBytes(1_000_003);
const TEXT = Array.from({ length: 10_000 }, (_, i) => `This is line ${i}.\n`).join("");
const FORM = 100_003;

suite("web servers", () => {
  const root = makeRoot("Test Root");
  // The proxy, on this host, connects to the servers at 127.0.0.1; the guest at 10.0.2.2.
  const certificate = makeServer(["10.0.2.2", "127.0.0.1"], root);
  const services: Service[] = [];
  const servers: Record<string, Daemon> = {};
  let sink: Sink;
  let machine: Machine;

  before(async () => {
    const started = async <T extends Service>(service: Promise<T>) => {
      services.push(await service);
      return await service;
    };
    const files = { "bulk.bin": BULK, "text.txt": TEXT, "small.txt": "plain text\n" };
    sink = await started(Sink.start());
    servers.Apache = await started(startApache(certificate, files, sink.port));
    servers.HAProxy = await started(startHaproxy(certificate, servers.Apache.port, sink.port));
    servers.lighttpd = await started(startLighttpd(certificate, files, sink.port));
    servers.Caddy = await started(startCaddy(certificate, files, sink.port));
    servers.Tinyproxy = await started(startTinyproxy(servers.Apache.tlsPort));
    machine = await Machine.boot({ modules: { "ca.pem": root.pem } });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    for (const service of services.reverse()) await service.stop();
  });

  /** Fetches a file with curl and the options `more`; returns the output, which has its CRC-32. */
  const fetched = async (url: string, more = "") =>
    await machine.ok(`curl ${more} -o null --crc32 ${url}`, 30_000);

  /** Tries what every web server can do. */
  const exercise = async (site: string, server: string) => {
    assert.match(await fetched(`${site}/bulk.bin`), new RegExp(crcText(BULK), "i"));

    const head = await machine.ok(`curl -I ${site}/bulk.bin`);
    assert.match(head, /^HTTP\/1\.1 200 OK\n/);
    assert.match(head, new RegExp(`^content-length: ${BULK.length}$`, "im"));
    assert.match(head, new RegExp(`^server: (${server}|Apache)`, "im"));

    const text = crcText(Buffer.from(TEXT));
    assert.match(await machine.ok(`curl -i ${site}/moved`), /^HTTP\/1\.1 302 Found\n/);
    assert.match(await fetched(`${site}/moved`, "-L"), new RegExp(text, "i"));

    const compressed = await fetched(`${site}/text.txt`, "--compressed -v");
    assert.match(compressed, /^< content-encoding: gzip$/im);
    const chunked = ["HAProxy", "Caddy"].includes(server);
    assert.equal(/^< transfer-encoding: chunked$/im.test(compressed), chunked);
    assert.match(compressed, new RegExp(text, "i"));

    for (const more of ["", "-H 'Expect: 100-continue'"]) {
      const answer = await machine.ok(`curl -d @bytes:${FORM} ${more} ${site}/form`, 30_000);
      assert.equal(answer, `took ${FORM} bytes`);
      assert.equal(sink.requests.at(-1)?.sha256, sha256(patternBytes(FORM)));
    }

    const range = await machine.ok(`curl -i -H 'Range: bytes=6-9' ${site}/small.txt`);
    assert.match(range, /^HTTP\/1\.1 206 Partial Content\n[\s\S]*\n\ntext$/);

    const missing = await machine.command(`curl -f ${site}/missing`);
    assert.equal(missing.code, 22);
    assert.match(missing.output, /^curl: .*404/m);

    const format = "-w '%{http_code} %{num_connects}\\n'";
    await machine.ok(`curl -o /dev/null ${site}/small.txt`);
    const again = await machine.ok(`curl ${format} ${site}/small.txt`);
    assert.equal(again, "plain text\n200 0");
  };

  for (const name of ["Apache", "HAProxy", "lighttpd", "Caddy"]) {
    test(`${name}: HTTP and HTTPS`, async () => {
      const { port, tlsPort } = servers[name];
      await exercise(`http://10.0.2.2:${port}`, name);
      await exercise(`https://10.0.2.2:${tlsPort}`, name);
    });
  }

  test("Tinyproxy: HTTP, and HTTPS in a tunnel", async () => {
    const { Apache: apache, Tinyproxy: proxy, Caddy: caddy } = servers;
    const site = `http://127.0.0.1:${apache.port}`;
    const secure = `https://127.0.0.1:${apache.tlsPort}`;
    const through = `-x user:secret@10.0.2.2:${proxy.port}`;
    for (const url of [site, secure]) {
      assert.match(await fetched(`${url}/bulk.bin`, through), new RegExp(crcText(BULK), "i"));
      assert.match(await machine.ok(`curl -I ${through} ${url}/small.txt`), /^HTTP\/1\.\d 200 /m);
      const text = new RegExp(crcText(Buffer.from(TEXT)), "i");
      assert.match(await fetched(`${url}/moved`, `-L --compressed ${through}`), text);
      const answer = await machine.ok(`curl -d @bytes:${FORM} ${through} ${url}/form`, 30_000);
      assert.equal(answer, `took ${FORM} bytes`);
      assert.equal(sink.requests.at(-1)?.sha256, sha256(patternBytes(FORM)));
    }
    await proxy.logged(/CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1/);

    // Two requests in one tunnel.
    await machine.ok(`curl ${through} ${secure}/small.txt`);
    const again = await machine.ok(`curl ${through} -w '%{num_connects}\\n' ${secure}/small.txt`);
    assert.equal(again, "plain text\n0");

    const unknown = `-x user:wrong@10.0.2.2:${proxy.port}`;
    const denied = await machine.command(`curl -f ${unknown} ${site}/small.txt`);
    assert.equal(denied.code, 22);
    assert.match(denied.output, /^curl: .*40[17]/m);
    const refusals: [string, string, RegExp][] = [
      [unknown, secure, /40[17]/],
      [through, `https://127.0.0.1:${caddy.tlsPort}`, /403/],
    ];
    for (const [proxied, url, status] of refusals) {
      const { output, code } = await machine.command(`curl ${proxied} ${url}/small.txt`);
      assert.equal(code, 56);
      assert.match(output, /^curl: \(56\) CONNECT tunnel failed, response/m);
      assert.match(output, status);
    }
  });

  test("counts no errors", async () => {
    assert.deepEqual(await netErrors(machine), {});
  });
});
