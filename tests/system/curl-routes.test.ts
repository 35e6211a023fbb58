/** curl's --resolve, --connect-to, --retry, --compressed, and bodies that are files or typed. */
import assert from "node:assert/strict";
import test from "node:test";
import { brotliCompressSync, crc32, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Lab } from "../attack/world.ts";
import { recordRequests } from "../lab/network/recording-server.ts";

interface Options {
  modules?: { name: string; bytes: Uint8Array }[];
}

/** A lab with a server on the gateway; `answer` gets each request, and how many there were. */
async function lab(
  answer: (request: string, count: number) => Buffer | string,
  options: Options = {},
): Promise<[Lab, string[]]> {
  const world = await Lab.at("S1", { commandLine: "ip=dhcp", ...options });
  return [world, recordRequests(world.gateway, 81, answer)];
}

const response = (status: string, body: string | Buffer, more = "") =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${more}Content-Length: ${body.length}\r\n\r\n`),
    Buffer.from(body),
  ]);
const ok = () => response("200 OK", "ok");
const URL = "http://10.0.2.2:81/";

test("--resolve and --connect-to change where curl connects, not what it asks for", async () => {
  const [world, requests] = await lab(ok);
  const good = [
    "--resolve a.invalid:81:10.0.2.2 http://a.invalid:81/",
    "--resolve '*:81:10.0.2.2' http://a.invalid:81/",
    "--resolve +A.invalid:81:10.0.2.77,10.0.2.2 http://a.invalid:81/",
    "--connect-to a.invalid:81:10.0.2.2:81 http://a.invalid:81/",
    "--connect-to a.invalid:80:10.0.2.2:81 http://a.invalid/",
    "--connect-to ::10.0.2.2: http://a.invalid:81/",
    "--connect-to ::b.invalid:81 --resolve b.invalid:81:10.0.2.2 http://a.invalid/",
  ];
  for (const words of good) {
    const before = requests.length;
    assert.match(world.command(`curl ${words}`), /\nok/, words);
    assert.equal(requests.length, before + 1, words);
    assert.match(requests.at(-1) ?? "", /\r\nHost: a\.invalid(:81)?\r\n/);
  }
  const bad: [string, RegExp][] = [
    ["--resolve a:81 a", /\(49\) Couldn't parse CURLOPT_RESOLVE entry 'a:81'/],
    ["--resolve a:x:10.0.2.2 a", /\(49\) Couldn't parse/],
    ["--resolve a:81:10.0.2 a", /\(49\) Couldn't parse/],
    ["--connect-to a:80:b:zz a", /\(49\) No valid port number in connect to host string \(zz\)/],
    ["--resolve a.invalid:82:10.0.2.2 a.invalid:81", /\(6\) /],
    ["--resolve a.invalid:81:10.0.2.2 --resolve -a.invalid:81 a.invalid:81", /\(6\) /],
    ["--connect-to b:81:10.0.2.2:81 a.invalid:81", /\(6\) /],
    ["--connect-to b:81:10.0.2.2:zz a.invalid:81", /\(6\) /],
    ["--connect-to a.invalid:82:10.0.2.2:zz a.invalid:81", /\(6\) /],
    ["--connect-to :81:10.0.2.2:zz a.invalid:81", /\(49\) /],
    ["--connect-to a:zz:10.0.2.2:81 a.invalid:81", /\(6\) /],
  ];
  for (const [words, says] of bad) assert.match(world.command(`curl ${words}`), says, words);
});

test("--retry retries what curl retries, with curl's delays", async () => {
  let left = 0;
  let status = "503 Busy";
  let more = "";
  const [world, requests] = await lab(() => (left-- > 0 ? response(status, "no", more) : ok()));
  const run = (words: string, failures: number) => {
    left = failures;
    const before = requests.length;
    const from = world.world.now;
    const said = world.command(`curl ${words}`);
    const seconds = Math.round((world.world.now - from) / 1e9);
    return { said, seconds, count: requests.length - before };
  };
  const two = run(`--retry 3 ${URL}`, 2);
  assert.deepEqual([two.count, two.seconds], [3, 3], "1 s, then 2 s");
  assert.match(
    two.said,
    /Warning: Problem : HTTP error\. Will retry in 1 seconds\. 3 retries left\./,
  );
  assert.match(two.said, /Will retry in 2 seconds\. 2 retries left\.\r\nok/);
  assert.doesNotMatch(run(`-s --retry 3 ${URL}`, 1).said, /Warning/);
  const ended = run(`-f --retry 1 --retry-delay 5 ${URL}; echo $?`, 9);
  assert.deepEqual([ended.count, ended.seconds], [2, 5]);
  assert.match(ended.said, /\(22\) [\s\S]*\(22\) .*\r\n22\r\n/);
  more = "Retry-After: 7\r\n";
  assert.equal(run(`--retry 1 ${URL}`, 1).seconds, 7);
  const long = run(`--retry 1 --retry-max-time 5 ${URL}`, 1);
  assert.match(long.said, /The Retry-After: time would make this command line exceed/);
  assert.equal(long.count, 1);
  more = "";
  const crc = crc32("ok").toString(16).padStart(8, "0");
  assert.ok(run(`--retry 1 --crc32 ${URL}`, 1).said.includes(`crc32 ${crc}`));
  assert.ok(run(`--retry 1 --crc32 -o null ${URL}`, 1).said.includes(`crc32 ${crc}`));
  assert.equal(run(`--retry 9 --retry-max-time 3 ${URL}`, 99).count, 3);
  for (const other of ["400 Bad", "404 No", "501 No"]) {
    status = other;
    assert.equal(run(`--retry 1 ${URL}`, 1).count, 1, other);
  }
  const refused = "10.0.2.2:7";
  assert.equal(run(`--retry 1 ${refused}`, 0).seconds, 0);
  assert.equal(run(`--retry 1 --retry-connrefused ${refused}`, 0).seconds, 1);
  const all = run(`--retry 1 --retry-all-errors ${refused}`, 0);
  assert.match(all.said, /Problem \(retrying all errors\)\. Will retry/);
  world.gateway.tcp.listeners.set(82, () => {});
  const silent = run("--retry 1 -m 2 10.0.2.2:82", 0);
  assert.match(silent.said, /Problem : timeout\. Will retry in 1 seconds/);
  assert.equal(silent.seconds, 5, "each attempt has its own limit");
});

test("--compressed asks for gzip and deflate, and decodes them", async () => {
  const plain = "hello world ".repeat(2000);
  const bodies: Record<string, [string, Buffer]> = {
    gzip: ["gzip", gzipSync(plain)],
    zlib: ["deflate", deflateSync(plain)],
    raw: ["Deflate", deflateRawSync(plain)],
    none: ["identity", Buffer.from(plain)],
    old: ["x-gzip", gzipSync(plain)],
    brotli: ["br", brotliCompressSync(plain)],
    two: ["gzip, gzip", gzipSync(gzipSync(plain))],
    cut: ["gzip", gzipSync(plain).subarray(0, -4)],
    bad: ["gzip", Buffer.from("junk")],
    empty: ["gzip", Buffer.alloc(0)],
  };
  const [world, requests] = await lab((request) => {
    const [coding, body] = bodies[/^\w+ \/(\w+)/.exec(request)?.[1] ?? ""];
    const head = /^HEAD/.test(request) ? Buffer.alloc(0) : body;
    return Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      head,
    ]);
  });
  const count = (name: string) =>
    world.command(`curl --compressed -w '%{size_download}\\n' ${URL}${name}`);
  for (const name of ["gzip", "zlib", "raw", "none", "old"]) {
    const said = count(name);
    assert.ok(said.includes(`${plain}${bodies[name][1].length}\r\n`), name);
  }
  assert.match(requests[0], /\r\nAccept-Encoding: deflate, gzip\r\n/);
  assert.doesNotMatch(count("empty"), /curl:/);
  assert.doesNotMatch(world.command(`curl -I --compressed ${URL}gzip`), /curl:/);
  const unknown = /\(61\) Unrecognized content encoding type\. curl understands deflate, gzip/;
  assert.match(count("brotli"), unknown);
  assert.match(count("two"), unknown);
  assert.match(count("bad"), /\(61\) Error while processing content unencoding: incorrect header/);
  assert.match(count("cut"), /\(61\) .*unexpected end of data/);
  assert.match(
    world.command(`curl -o null ${URL}gzip`),
    new RegExp(`${bodies.gzip[1].length} byt`),
  );
  const words = /the response has the content coding gzip, which was not asked for\r\n/;
  assert.match(world.command(`rpc ${URL}gzip eth_chainId`), words);
});

test("-T and @FILE send boot modules; - sends what is typed until Ctrl-D", async () => {
  const modules = [
    { name: "data.bin", bytes: Buffer.from(Uint8Array.from({ length: 50_000 }, (_, i) => i)) },
    { name: "text", bytes: Buffer.from("a b\r\nc\n") },
    { name: "client.key", bytes: Buffer.from("secret") },
  ];
  const [world, requests] = await lab(ok, { modules });
  const sent = (words: string) => {
    world.command(`curl ${words}`);
    return requests.at(-1) ?? "";
  };
  const binary = modules[0].bytes.toString("latin1");
  assert.match(sent(`-T data.bin ${URL}up/`), /^PUT \/up\/data\.bin HTTP/);
  assert.ok(requests.at(-1)?.endsWith(binary));
  assert.match(sent("-T data.bin http://10.0.2.2:81"), /^PUT \/data\.bin /);
  assert.match(sent(`-T text ${URL}x`), /^PUT \/x [\s\S]*\r\n\r\na b\r\nc\n$/);
  assert.ok(sent(`--data-binary @data.bin ${URL}`).endsWith(binary));
  assert.match(sent(`-d @text -d x ${URL}`), /\r\n\r\na bc&x$/);
  assert.match(sent(`--data-urlencode n@text ${URL}`), /\r\n\r\nn=a\+b%0D%0Ac%0A$/);
  for (const words of ["-T none", "-d @none", "--data-urlencode n@none", "--json @none"]) {
    const said = world.command(`curl ${words} ${URL}; echo $?`);
    assert.match(said, /\ncurl: \(26\) .*there is no boot module of that name\r\n26\r/, words);
  }
  assert.match(world.command(`curl -T client.key ${URL}`), /private keys are not sent/);
  assert.match(world.command(`curl -d @client.key ${URL}`), /private keys are not sent/);
  assert.match(world.command(`curl -T text -d x ${URL}`), /only select one HTTP request method/);
  for (const [words, line] of [
    ["-T -", "PUT / "],
    ["-d @-", "POST / "],
  ]) {
    world.twin.type(`curl ${words} ${URL}\r`, world.world.now);
    world.pass(20);
    world.twin.type("one\rtwo\r\x04", world.world.now);
    world.pass(1);
    const request = requests.at(-1) ?? "";
    assert.ok(request.startsWith(line), request);
    assert.ok(
      request.endsWith(words === "-T -" ? "\r\n\r\none\ntwo\n" : "\r\n\r\nonetwo"),
      request,
    );
  }
});
