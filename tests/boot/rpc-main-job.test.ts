/** The main job: JSON-RPC with a real Ethereum node, by `rpc` and by `check`. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { checkLines, configured, runOnce } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { Anvil, NameServer } from "../lab/host/servers.ts";

const NAME = "mainnet.era.zksync.io";
const steps = ["nic", "arp", "ping", "dns", "tcp", "tls", "http", "rpc"];

suite("anvil", () => {
  let machine: Machine;
  let anvil: Anvil;
  let names: NameServer;
  let url: string;

  before(async () => {
    anvil = await Anvil.start();
    names = await NameServer.start([`--address=/${NAME}/10.0.2.2`]);
    url = `http://${NAME}:${anvil.port}/`;
    const modules = { "anonymos.conf": `[Network]\nDHCP=yes\nDNS=10.0.2.2#${names.port}\n` };
    machine = await Machine.boot({ modules });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await anvil?.stop();
    await names?.stop();
  });

  test("rpc prints the result", async () => {
    assert.equal(await machine.ok(`rpc ${url} eth_chainId`), '"0x144" (324)');
    assert.equal(await machine.ok(`rpc ${url} eth_blockNumber '[]'`), '"0x0" (0)');
    assert.match(await machine.ok(`rpc ${url} web3_clientVersion`), /anvil/);
  });

  test("rpc sends parameters, and prints large results", async () => {
    const block = await machine.ok(`rpc ${url} eth_getBlockByNumber '["0x0", true]'`);
    assert.match(block, /"number":\s*"0x0"/);
    const accounts = JSON.parse(await machine.ok(`rpc ${url} eth_accounts`)) as string[];
    assert.equal(accounts.length, 10);
    const balance = `rpc ${url} eth_getBalance '["${accounts[0]}", "latest"]'`;
    const shown = /^"(0x[0-9a-f]+)" \((\d+)\)$/.exec(await machine.ok(balance));
    assert.equal(BigInt(shown?.[1] ?? 0), 10_000n * 10n ** 18n);
    assert.equal(BigInt(shown?.[2] ?? 0), 10_000n * 10n ** 18n);
  });

  test("-b sends several calls in one request", async () => {
    const output = await machine.ok(
      `rpc -b ${url} eth_chainId eth_getBlockByNumber '["0x0", false]' net_version`,
    );
    assert.match(output, /^eth_chainId: "0x144" \(324\)$/m);
    assert.match(output, /^eth_getBlockByNumber: \{\n[\s\S]*"number": "0x0"/m);
    assert.match(output, /^net_version: "324"$/m);
    const mixed = await machine.command(`rpc -b ${url} eth_chainId no_such_method`);
    assert.equal(mixed.code, 1);
    assert.match(mixed.output, /^eth_chainId: "0x144" \(324\)$/m);
    assert.match(mixed.output, /^no_such_method: \{\n {2}"code": -32601/m);
  });

  test("tries the next of several URLs if one does not respond", async () => {
    const down = "http://10.0.2.2:1/";
    const output = await machine.ok(`rpc ${down} ${url} eth_chainId`, 60_000);
    assert.match(output, /^rpc: http:\/\/10\.0\.2\.2:1\/: Failed to connect .*, trying http/m);
    assert.match(output, /^"0x144" \(324\)$/m);
    const error = await machine.command(`rpc ${url} ${down} no_such_method`);
    assert.equal(error.code, 1);
    assert.doesNotMatch(error.output, /trying/);
    const none = await machine.command(`rpc ${down} ${down} eth_chainId`, 60_000);
    assert.equal(none.code, 7);
  });

  test("tries the next URL if a server is overloaded, and sends -H", async (t) => {
    const limited = '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"slow down"}}';
    const heads: string[] = [];
    const server = createServer((request, response) => {
      heads.push(String(request.headers.authorization));
      if (request.url === "/busy") response.writeHead(503).end();
      else response.writeHead(429).end(limited);
      request.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    for (const path of ["busy", "quota"]) {
      const first = `http://10.0.2.2:${port}/${path}`;
      const line = `rpc -H 'Authorization: Bearer k' ${first} ${url} eth_chainId`;
      const output = await machine.ok(line, 60_000);
      assert.match(output, /^rpc: http:.*: (HTTP 503|error -32005: slow down).*, trying http/m);
      assert.match(output, /^"0x144" \(324\)$/m);
    }
    assert.deepEqual(heads, ["Bearer k", "Bearer k"]);
    const wrong = await machine.command(`rpc -H Bearer ${url} eth_chainId`);
    assert.equal(wrong.code, 2);
  });

  test("rpc prints an error object and exits with 1", async () => {
    const { output, code } = await machine.command(`rpc ${url} no_such_method`);
    assert.equal(code, 1);
    assert.match(output, /-32601/);
  });

  test("rpc rejects parameters that are not JSON", async () => {
    const { output, code } = await machine.command(`rpc ${url} eth_chainId '[1,'`);
    assert.equal(code, 2);
    assert.match(output, /^rpc: .+/m);
  });

  test("check prints eight lines in order and exits with 0", async () => {
    const lines = checkLines(await machine.ok(`check ${url}`, 60_000));
    assert.deepEqual(
      lines.map((line) => line.name),
      steps,
    );
    for (const { verdict, name } of lines) {
      assert.equal(verdict, name === "tls" ? "skip" : "ok", name);
    }
  });

  test("check skips dns for an address", async () => {
    const output = await machine.ok(`check http://10.0.2.2:${anvil.port}/`, 60_000);
    const verdicts = Object.fromEntries(checkLines(output).map((l) => [l.name, l.verdict]));
    assert.equal(verdicts.dns, "skip");
    assert.equal(verdicts.rpc, "ok");
  });

  test("check reports the step that fails, and exits with an error", async () => {
    const { output, code } = await machine.command("check http://10.0.2.2:1/", 60_000);
    assert.notEqual(code, 0);
    const lines = checkLines(output);
    assert.deepEqual(
      lines.map((line) => line.name),
      steps,
    );
    assert.equal(lines.find((line) => line.name === "tcp")?.verdict, "FAIL");
    const missing = await machine.command("check http://no-such-name.invalid/", 60_000);
    assert.notEqual(missing.code, 0);
    const dns = checkLines(missing.output).find((line) => line.name === "dns");
    assert.equal(dns?.verdict, "FAIL");
  });

  test("run= does the main job and powers off with its exit code", async (t) => {
    const options = { append: `ip=:::::net0:dhcp:10.0.2.2` };
    const plain = await runOnce(t, `check http://10.0.2.2:${anvil.port}/; poweroff $?`, options);
    assert.equal(plain.code, 1, plain.machine.console);
    const [first] = plain.machine.outcomes();
    assert.deepEqual(first, { command: `check http://10.0.2.2:${anvil.port}/`, code: 0 });
  });
});
