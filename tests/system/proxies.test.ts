/** Requests through a forward proxy: curl's options, the configuration, `rpc` and `check`. */
import assert from "node:assert/strict";
import test from "node:test";
import { Lab } from "../attack/world.ts";
import { trust } from "../lab/host/identity.ts";
import { SecurePair } from "../lab/machine/secure-pair.ts";
import { ForwardProxy } from "../lab/network/proxy.ts";

const PORT = 3128;
const basic = (text: string) => Buffer.from(text).toString("base64");

/** A lab whose gateway serves HTTP on port 80 and is a proxy on PORT, which forwards nothing. */
async function lab(commandLine = "", modules: { name: string; bytes: Uint8Array }[] = []) {
  const world = await Lab.at("S1", { commandLine: `ip=dhcp ${commandLine}`, modules });
  const proxy = new ForwardProxy(world.gateway, PORT, {});
  proxy.fixedResponse = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nby proxy";
  return { world, proxy };
}

test("http: asks the proxy for the whole URL, and sends it what curl sends", async () => {
  const { world, proxy } = await lab();
  const said = world.command("curl -x 10.0.2.2:3128 -U u:p http://x:y@a.invalid:81/b?c");
  assert.match(said, /\nby proxy/);
  const head = proxy.heads.at(-1) ?? "";
  assert.match(head, /^GET http:\/\/a\.invalid:81\/b\?c HTTP\/1\.1\r\nHost: a\.invalid:81\r\n/);
  assert.ok(head.includes(`\r\nProxy-Authorization: Basic ${basic("u:p")}\r\n`), head);
  assert.ok(head.includes(`\r\nAuthorization: Basic ${basic("x:y")}\r\n`), head);
  assert.match(head, /\r\nProxy-Connection: Keep-Alive\r\n/);
  world.command("curl -x http://v:w@10.0.2.2:3128/ http://a.invalid/");
  assert.ok(proxy.heads.at(-1)?.includes(`\r\nProxy-Authorization: Basic ${basic("v:w")}\r\n`));
});

test("https: reports a refused tunnel, a silent proxy and a missing one as curl does", async () => {
  const { world, proxy } = await lab();
  proxy.fixedResponse = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-P: 1\r\n\r\nno";
  const words = "-x 10.0.2.2:3128 https://a.invalid/";
  const format = "-w '%{http_connect} %{http_code} %{exitcode} %{num_connects}\\n'";
  const denied = world.command(`curl -i ${format} ${words}; echo $?`);
  assert.match(denied, /\nHTTP\/1\.1 403 Forbidden\r\n/, "-i shows the proxy's response");
  assert.match(
    denied,
    /\ncurl: \(56\) CONNECT tunnel failed, response 403\r\n403 000 56 0\r\n56\r/,
  );
  assert.match(
    proxy.heads[0],
    /^CONNECT a\.invalid:443 HTTP\/1\.1\r\nHost: a\.invalid:443\r\nUser-Agent: anonymos/,
  );
  const verbose = world.command(`curl -v ${words}`);
  assert.match(verbose, /\n> CONNECT a\.invalid:443 HTTP\/1\.1\r\n[\s\S]*\n< HTTP\/1\.1 403 /);
  proxy.fixedResponse = "\x15\x03\x03";
  assert.match(world.command(`curl ${words}`), /curl: \(56\) /);
  proxy.silent = true;
  const late = world.command(`curl --connect-timeout 1 ${words}`);
  assert.match(late, /curl: \(28\) Proxy CONNECT aborted due to timeout\r/);
  const cases: [string, RegExp][] = [
    ["-x none.invalid http://a/", /\(5\) Could not resolve proxy: none\.invalid/],
    ["-x 10.0.2.2:7 https://a/", /\(7\) Failed to connect to 10\.0\.2\.2 port 7: Connection ref/],
    ["-x socks5://10.0.2.2 http://a/", /\(7\) Unsupported proxy scheme for 'socks5:\/\/10/],
    ["-x 10.0.2.2:99999 http://a/", /\(5\) Unsupported proxy syntax in '10\.0\.2\.2:99999'/],
    ["-x http:// http://a/", /\(5\) Unsupported proxy syntax in 'http:\/\/'/],
  ];
  for (const [options, says] of cases) assert.match(world.command(`curl ${options}`), says);
});

test("an unsupported proxy fails even if a connection to its address is idle", async () => {
  const { world, proxy } = await lab();
  assert.match(world.command("curl -x 10.0.2.2:3128 http://a.invalid/"), /\nby proxy/);
  const said = world.command("curl -x https://10.0.2.2:3128 http://a.invalid/");
  assert.match(said, /\(7\) Unsupported proxy scheme for 'https:/);
  assert.equal(proxy.heads.length, 1);
});

test("-p asks for a tunnel for http too; hosts in --noproxy are asked directly", async () => {
  const { world, proxy } = await lab();
  proxy.fixedResponse = "HTTP/1.1 407 Who\r\n\r\n";
  assert.match(
    world.command("curl -p -x 10.0.2.2:3128 http://a.invalid/"),
    /\(56\) .*response 407/,
  );
  assert.match(proxy.heads[0], /^CONNECT a\.invalid:80 /);
  for (const list of ["*", "b.test,10.0.2.2", "10.0.2.0/24", "x 10.0.2.2"]) {
    const words = `-o null -x 10.0.2.2:3128 --noproxy '${list}'`;
    const said = world.command(`curl ${words} http://10.0.2.2/bytes/1`);
    assert.doesNotMatch(said, /curl:/, list);
  }
  assert.equal(proxy.heads.length, 1);
  proxy.fixedResponse = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\np";
  for (const list of ["slow.tes", "low.test", "10.0.3.0/24"]) {
    world.command(`curl -x 10.0.2.2:3128 --noproxy ${list} http://slow.test/bytes/1`);
  }
  assert.equal(proxy.heads.length, 4, "no list matches slow.test");
});

test("the command line and anonymos.conf set proxies, unless options override them", async () => {
  const { world, proxy } = await lab("http_proxy=http://10.0.2.2:3128 no_proxy=10.0.2.4,10.0.2.2");
  world.command("curl http://a.invalid/");
  assert.match(proxy.heads[0], /^GET http:\/\/a\.invalid\//);
  world.command("curl -x '' http://a.invalid/; curl http://10.0.2.4:7/");
  world.command("curl --noproxy .invalid http://a.invalid/");
  assert.equal(proxy.heads.length, 1);
  world.command("rpc http://a.invalid/ eth_chainId");
  assert.match(proxy.heads[1], /^POST http:\/\/a\.invalid\/ /);
  const body = '{"jsonrpc":"2.0","id":2,"result":"0x144"}';
  proxy.fixedResponse = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const checked = world.command("check http://a.invalid/");
  assert.match(checked, /\nskip dns +10\.0\.2\.2 is an address\r\n/);
  assert.match(checked, /\nok +tcp +10\.0\.2\.2:3128 handshake/);
  assert.match(checked, /\nok +rpc +eth_chainId = 0x144/, checked);

  const text =
    "[Match]\nName=net0\n[Proxy]\nhttp_proxy=10.0.2.2:3128\nhttps_proxy=x y\nno=1\n" +
    "no_proxy=10.0.2.2\n";
  const file = { name: "anonymos.conf", bytes: Buffer.from(`${text}[Network]\nDHCP=yes\n`) };
  const other = await lab("", [file]);
  other.world.command("curl http://a.invalid/");
  assert.match(other.proxy.heads[0], /^GET http:\/\/a\.invalid\//);
  assert.match(other.world.twin.output, /anonymos\.conf:5: .*invalid proxy, expected \[http:\/\//);
  assert.match(other.world.twin.output, /anonymos\.conf:6: .*unknown key in section \[Proxy\]/);
});

test("https in a tunnel: verifies the server, reuses the tunnel, resumes sessions", async () => {
  const pair = await SecurePair.boot({ trust });
  const proxy = new ForwardProxy(pair.gateway, PORT, {
    "b.test": "10.0.2.16",
    "other.test": "10.0.2.16",
  });
  const words = "-v -x 10.0.2.2:3128";
  const first = pair.fetch(20_000, words);
  assert.match(first, /\n\* CONNECT tunnel established, response 200\r\n/);
  assert.match(first, /\n\* SSL certificate verify ok\.\r\n/);
  assert.match(pair.fetch(10, words), /Re-using existing connection/);
  assert.match(pair.fetchAnew(10, words), /, resumed\r?$/m);
  assert.equal(proxy.heads.length, 2);
  assert.doesNotMatch(pair.fetch(10, "-v"), /Re-using/, "the tunnel is not the direct connection");
  assert.match(
    pair.ask("curl -x 10.0.2.2:3128 https://other.test/"),
    /curl: \(60\) .*it is not valid for this name/,
  );
});
