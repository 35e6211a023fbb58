/** Large pastes into commands that read the console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lab } from "../attack/world.ts";
import { trust } from "../lab/host/identity.ts";
import { address } from "../lab/packets/bytes.ts";
import { guest } from "../lab/scripted/ip-host.ts";
import { CertificateMaker } from "../tls/certificates.ts";
import { crl, toPem } from "../tls/crl.ts";

/** 12 MiB of memory: input without a bound would exhaust it. */
const small = { machine: { memoryLimit: 12 << 20 } };
const begin = "-----BEGIN CERTIFICATE-----\r";

test("nc -l sends lines pasted before a peer connects, all of them in order", async () => {
  const lab = await Lab.at("S1");
  lab.type("nc -l 9000\r");
  const lines = Array.from({ length: 700 }, (_, i) => `line ${i}`);
  lab.type(`${lines.join("\r")}\r\x04`);
  lab.pass(2);
  let received = "";
  const connection = lab.gateway.tcp.connect(address(guest.address), 9000);
  connection.onData = (data) => {
    received += data.toString();
  };
  connection.onFinish = () => connection.close();
  lab.pass(5);
  assert.equal(received, `${lines.join("\n")}\n`);
  assert.match(lab.twin.output, /\nanonymos> $/);
});

test("nc -l bounds the memory for endless lines without a peer, and ends on Ctrl-C", async () => {
  const lab = await Lab.at("S1", small);
  for (const command of ["nc -l 9000", "nc -u -l 9000"]) {
    lab.type(`${command}\r`);
    for (let i = 0; i < 30; i++) lab.type("\r".repeat(10_000));
    lab.pass(60);
    lab.type("\x03");
    lab.pass(5);
    assert.match(lab.command("echo still here"), /\nstill here\r/);
  }
});

test("ca add rejects an endless certificate within bounded memory", async () => {
  const lab = await Lab.at("S1", small);
  lab.type("ca add\r");
  lab.type(begin);
  for (let i = 0; i < 140; i++) lab.type(`${"A".repeat(4000)}\r`);
  for (let i = 0; i < 4; i++) lab.type("\r".repeat(10_000));
  lab.pass(90);
  assert.match(lab.twin.output, /ca: certificate too long\r\n/);
  assert.match(lab.command("echo still here"), /\nstill here\r/);
});

test("ca crl adds, shows and removes revocation lists", async () => {
  const lab = await Lab.at("S1");
  const maker = new CertificateMaker();
  const issuer = maker.authority({ subject: "/CN=Lists" });
  const revoked = [maker.server(issuer)];
  const lines = toPem(crl(issuer, { revoked })).replaceAll("\n", "\r");
  maker.close();
  const answer = (typed: string) => {
    const before = lab.twin.output.length;
    lab.type(`${typed}\r`);
    lab.pass(2);
    return lab.twin.output.slice(before);
  };
  const text = /CN=Lists: 1 revoked, of 20\d\d-\d\d-\d\d [\d:]+ UTC, next on [-\d]+ [\d:]+\r\n/;
  assert.match(answer("ca crl"), /\nno revocation lists \(try: ca crl add\)\r\n/);
  const added = answer(`ca crl add\r${lines}`);
  assert.match(added, new RegExp(`\nlist 1 added: ${text.source}`));
  assert.match(
    answer(`ca crl add\r${lines}`),
    /\nca: this list or a newer one has already been added\r/,
  );
  assert.match(answer("ca crl"), new RegExp(`\n   1  ${text.source}`));
  const wrong = lines.replaceAll(/^.{64}\r/gm, "");
  assert.match(answer(`ca crl add\r${wrong}`), /\nca: not a revocation list \(error -0x/);
  assert.match(answer("ca crl remove"), /missing list number/);
  assert.match(answer("ca crl remove 2"), /\nca: no such list: 2 \(try: ca crl\)\r/);
  assert.match(answer("ca crl remove 1; ca crl"), /\nno revocation lists/);
  assert.match(answer("ca crl drop"), /unknown verb 'crl drop'/);
});

test("crl.pem adds revocation lists at boot, and names those that it cannot add", async () => {
  const maker = new CertificateMaker();
  const issuer = maker.authority({ subject: "/CN=Lists" });
  const list = toPem(crl(issuer, { revoked: [maker.server(issuer)] }));
  const wrong = toPem(Buffer.from("nonsense"));
  maker.close();
  const boot = async (text: string | Buffer) => {
    const lab = await Lab.at("S1", { modules: [{ name: "crl.pem", bytes: Buffer.from(text) }] });
    const said = [...lab.command("dmesg").matchAll(/\] (crl\.pem: .*)\r$/gm)].map(
      ([, line]) => line,
    );
    return [said, lab.command("ca crl")] as const;
  };
  const [said, shown] = await boot(`comment\n${list}\n${wrong}\n${list}`);
  assert.equal(said[0], "crl.pem: 1 revocation list added, 1 known already or older");
  assert.match(said[1], /^crl\.pem: list 2: not a revocation list \(error -0x/);
  assert.equal(said.length, 2);
  assert.match(shown, /\n {3}1 {2}CN=Lists: 1 revoked, of 20/);
  const der = Buffer.from(list.replace(/-----.*-----|\s/g, ""), "base64");
  assert.deepEqual((await boot(der))[0], ["crl.pem: 1 revocation list added"]);
  const none = ["crl.pem: 0 revocation lists added", "crl.pem: no line -----BEGIN X509 CRL-----"];
  assert.deepEqual((await boot("nothing"))[0], none);
});

test("ca add and ca crl add fail at the end of a block of another kind", async () => {
  const lab = await Lab.at("S1");
  const block = (label: string) => `-----BEGIN ${label}-----\rAAAA\r-----END ${label}-----\r`;
  for (const [line, pasted, says] of [
    [
      "ca add",
      "X509 CRL",
      /\nca: that is not a certificate: expected -----BEGIN CERTIFICATE-----\r/,
    ],
    [
      "ca crl add",
      "CERTIFICATE",
      /\nca: that is not a revocation list: expected -----BEGIN X509 C/,
    ],
  ] as const) {
    lab.type(`${line}\r${block(pasted)}echo aft''er\r`);
    lab.pass(2);
    assert.match(lab.twin.output, says);
    assert.match(lab.twin.output.slice(lab.twin.output.lastIndexOf("that is not")), /\nafter\r/);
  }
});

test("runs the command pasted after a certificate", async () => {
  const lab = await Lab.at("S1");
  const pem = Buffer.from(trust[0].bytes).toString().replaceAll("\n", "\r");
  lab.type(`ca add\r${pem}echo after\r`);
  lab.pass(3);
  assert.match(lab.twin.output, /root \d+ added: .*\r\n[\s\S]*\nafter\r\n/);
  const counts = /^1 of (\d+) roots shown \((\d+) built in, 1 added\)\r$/m;
  const [, total, builtIn] = counts.exec(lab.command("ca list tests")) ?? [];
  assert.equal(Number(total), Number(builtIn) + 1, lab.twin.output.slice(-500));
});
