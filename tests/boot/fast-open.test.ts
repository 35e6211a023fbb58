/** Fast Open with Linux (RFC 7413): HAProxy as its server, curl as its client. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, suite, test } from "node:test";
import { GATEWAY, Namespace, NETWORK, obstacle } from "../lab/host/namespace.ts";
import { has } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const KERNEL = `${NETWORK}.20`;
const PORT = 8080;
const CONFIGURATION = `
defaults
  mode http
  timeout connect 10s
  timeout client 10s
  timeout server 10s
frontend answers
  bind ${GATEWAY}:${PORT} tfo
  http-request return status 200 content-type text/plain string "by Linux"
`;

const missing = ["haproxy", "curl", "nstat"].find((program) => !has(program));
const why = missing === undefined ? obstacle() : `${missing} is not installed`;

suite("Fast Open with Linux", { skip: why !== "" && why }, () => {
  let network: Namespace;
  let machine: Machine;

  before(async () => {
    network = await Namespace.make(1);
    await network.run(["sh", "-c", "echo 3 > /proc/sys/net/ipv4/tcp_fastopen"]);
    const file = `${network.folder}/haproxy.conf`;
    writeFileSync(file, CONFIGURATION);
    const haproxy = network.start("haproxy", ["haproxy", "-W", "-db", "-f", file]);
    const loaded = () => /Loading success/.test(haproxy.output) || undefined;
    await haproxy.until("its start", loaded, 20_000);
    const append = `ip=${KERNEL}::${GATEWAY}:255.255.255.0 sysctl.net.ipv4.tcp_fastopen=3`;
    const nics = [network.nic(0)];
    machine = await Machine.boot({ append, prefix: network.prefix, nics });
    await machine.ok(`ping -c 1 ${GATEWAY}`, 20_000);
  });
  after(async () => {
    await machine?.stop();
    await network?.stop();
  });

  /** Reads one of Linux's counters. */
  const linux = async (name: string) => {
    const text = await network.run(["nstat", "-asz", `TcpExt${name}`]);
    return Number(new RegExp(`TcpExt${name} +(\\d+)`).exec(text)?.[1]);
  };
  /** Reads one of the kernel's counters. */
  const own = async (name: string) => {
    const text = await machine.ok(`nstat -az TcpExt${name}`);
    return Number(new RegExp(`TcpExt${name} +(\\d+)`).exec(text)?.[1]);
  };

  test("a request in the SYN reaches Linux's server, with the cookie that it gave", async () => {
    const curl = `curl -s -H "Connection: close" --tcp-fastopen http://${GATEWAY}:${PORT}/`;
    for (let i = 0; i < 3; i++) assert.match(await machine.ok(curl), /by Linux/);
    assert.equal(await linux("TCPFastOpenCookieReqd"), 1);
    assert.equal(await linux("TCPFastOpenPassive"), 2);
    assert.equal(await linux("TCPFastOpenPassiveFail"), 0);
    assert.equal(await own("TCPFastOpenActive"), 2);
    assert.equal(await own("TCPFastOpenActiveFail"), 0);
  });

  test("httpd takes a request in Linux's SYN, with the cookie that it gave", async () => {
    await machine.ok("httpd --fastopen 16");
    const url = `http://${KERNEL}/bytes/3000`;
    const curl = ["curl", "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{size_download}"];
    for (let i = 0; i < 3; i++) {
      assert.equal(await network.run([...curl, "--tcp-fastopen", url]), "3000");
    }
    assert.equal(await own("TCPFastOpenCookieReqd"), 1);
    assert.equal(await own("TCPFastOpenPassive"), 2);
    assert.equal(await own("TCPFastOpenPassiveFail"), 0);
    assert.equal(await linux("TCPFastOpenActive"), 2);
  });
});
