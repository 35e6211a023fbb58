/** The HTTP client against nginx and Node: curl's options, and bulk data both ways. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { configured, heapLevel, netErrors } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { crcText, Nginx, patternBytes, Sink, sha256 } from "../lab/host/servers.ts";

const BULK = 64 * 1024 * 1024;
const chunked = patternBytes(1_000_000).map((byte) => 97 + (byte % 26));

suite("curl", () => {
  let machine: Machine;
  let nginx: Nginx;
  let sink: Sink;
  const bulk = patternBytes(BULK);

  before(async () => {
    nginx = await Nginx.start({
      "bulk.bin": bulk,
      "small.bin": patternBytes(1),
      "chunked.txt": chunked,
    });
    sink = await Sink.start();
    machine = await Machine.boot({ memory: "128" });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await nginx?.stop();
    await sink?.stop();
  });

  test("prints the body", async () => {
    assert.equal(await machine.ok(`curl ${nginx.url("/plain")}`), "plain text");
  });

  test("-i prints the status line and the header first", async () => {
    const output = await machine.ok(`curl -i ${nginx.url("/plain")}`);
    assert.match(output, /^HTTP\/1\.1 200 OK\n/);
    assert.match(output, /^Content-Type: text\/plain$/im);
    assert.match(output, /\n\nplain text$/);
  });

  test("-X and -H reach the server; options may follow the URL", async () => {
    const output = await machine.ok(`curl ${nginx.url("/echo")} -X DELETE -H 'X-Test: a b'`);
    assert.match(output, /^DELETE a b 10\.0\.2\.2:\d+ \d+$/);
  });

  test("exits with 0 on an HTTP error, with 22 if -f is given", async () => {
    assert.equal((await machine.command(`curl ${nginx.url("/secret")}`)).code, 0);
    const failed = await machine.command(`curl -f ${nginx.url("/secret")}`);
    assert.equal(failed.code, 22);
    assert.match(failed.output, /^curl: .*403/m);
  });

  test("follows redirects only with -L, and at most fifty", async () => {
    assert.match(await machine.ok(`curl -i ${nginx.url("/moved")}`), /^HTTP\/1\.1 302 /);
    assert.equal(await machine.ok(`curl -L ${nginx.url("/moved")}`), "plain text");
    const circle = await machine.command(`curl -L ${nginx.url("/circle")}`, 60_000);
    assert.equal(circle.code, 47);
    assert.match(circle.output, /^curl: .*redirect/im);
  });

  test("reads a chunked body, one on a connection that then closes, and an empty one", async () => {
    const output = await machine.ok(`curl -o null --crc32 ${nginx.url("/chunked")}`, 30_000);
    assert.match(output, new RegExp(crcText(chunked), "i"));
    assert.equal(await machine.ok(`curl ${nginx.url("/closing")}`), "bye");
    assert.equal(await machine.ok(`curl ${nginx.url("/empty")}`), "");
    assert.match(
      await machine.ok(`curl -o null --crc32 ${nginx.url("/small.bin")}`),
      new RegExp(crcText(patternBytes(1)), "i"),
    );
  });

  test("exits with curl's codes on failures", async () => {
    assert.equal((await machine.command(`curl ${nginx.url("/silent")}`)).code, 52);
    const closed = await machine.command("curl http://10.0.2.2:1/");
    assert.equal(closed.code, 7);
    assert.match(closed.output, /^curl: .+/m);
    const unknown = await machine.command("curl http://no-such-name.invalid/", 60_000);
    assert.equal(unknown.code, 6);
    assert.match(unknown.output, /^curl: .*no-such-name\.invalid/m);
    const late = await machine.command("curl -m 1 http://10.0.2.77/", 20_000);
    assert.ok([7, 28].includes(late.code), `exit code ${late.code}`);
  });

  test("rejects a malformed URL with a message", async () => {
    for (const url of ["http://", "ftp://x/", "http://x:99999/", "http://1.2.3.456/"]) {
      const { output, code } = await machine.command(`curl ${url}`);
      assert.notEqual(code, 0, url);
      assert.match(output, /^curl: .+/m);
    }
  });

  test("-d sends a body and its header fields", async () => {
    const output = await machine.ok(`curl -d 'a=1&b=2' ${sink.url("/form")}`);
    assert.equal(output, "took 7 bytes");
    const got = sink.requests.at(-1);
    assert.equal(got?.method, "POST");
    assert.equal(got?.body, "a=1&b=2");
    assert.equal(got?.headers["content-length"], "7");
    assert.equal(got?.headers["content-type"], "application/x-www-form-urlencoded");
  });

  test("@bytes:N sends the pattern", async () => {
    for (const length of [0, 1, 1460, 65_535, 65_537, 1_000_003]) {
      await machine.ok(`curl -s -o null -d @bytes:${length} ${sink.url("/pattern")}`, 30_000);
      const got = sink.requests.at(-1);
      assert.equal(got?.bytes, length);
      assert.equal(got?.sha256, sha256(patternBytes(length)), `${length} bytes`);
    }
  });

  test("reuses connections", async () => {
    const counts: number[] = [];
    for (let i = 0; i < 3; i++) {
      counts.push(Number((await machine.ok(`curl ${nginx.url("/echo")}`)).split(" ").at(-1)));
    }
    assert.ok(counts[2] > counts[0], `requests on the connection: ${counts}`);
  });

  test("transfers 64 MiB unchanged, three times each way", async () => {
    await machine.ok(`curl -s -o null ${nginx.url("/plain")}`);
    const level = await heapLevel(machine);
    const wanted = crcText(bulk);
    for (let i = 0; i < 3; i++) {
      const output = await machine.ok(`curl -o null --crc32 ${nginx.url("/bulk.bin")}`, 120_000);
      assert.match(output, /\b200\b/);
      assert.match(output, new RegExp(`\\b${BULK}\\b`));
      assert.match(output, /[\d.]+ MB\/s/);
      assert.match(output, new RegExp(wanted, "i"));
    }
    const whole = sha256(bulk);
    for (let i = 0; i < 3; i++) {
      await machine.ok(`curl -s -o null -d @bytes:${BULK} ${sink.url("/bulk")}`, 120_000);
      const got = sink.requests.at(-1);
      assert.equal(got?.bytes, BULK);
      assert.equal(got?.sha256, whole);
    }
    await machine.ok(`curl -s -o null -d @bytes:${BULK} ${nginx.url("/discard")}`, 120_000);
    assert.deepEqual(await netErrors(machine), {});
    const later = await heapLevel(machine);
    assert.ok(later - level < 16_384, `${level} bytes before, ${later} afterwards`);
  });

  test("-o null prints its summary even with -s", async () => {
    const output = await machine.ok(`curl -s -o null ${nginx.url("/plain")}`);
    assert.match(output, /\b200\b.*\b11\b.* MB\/s/);
  });

  test("Ctrl-C ends a transfer and frees its memory", async () => {
    const level = await heapLevel(machine);
    machine.type(`curl -o null -d @bytes:4000000000 ${sink.url("/endless")}\r`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    machine.type("\x03");
    await machine.prompt();
    const later = await heapLevel(machine);
    assert.ok(later - level < 16_384, `${level} bytes before, ${later} afterwards`);
  });
});
