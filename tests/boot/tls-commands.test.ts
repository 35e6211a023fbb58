/** TLS on the console: adding roots, client certificates, httpd -s, the main job, the clock. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { trustedRoots } from "../../compiler-config/certdata.ts";
import { extension, makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { boot, checkLines, configured } from "../lab/host/console.ts";
import { NtpServer } from "../lab/host/ntp.ts";
import { root as folder, run } from "../lab/host/process.ts";
import { Machine, type MachineOptions, userNet } from "../lab/host/qemu.ts";
import { Anvil, NameServer, Nginx, patternBytes, sha256 } from "../lab/host/servers.ts";
import { buildTime, DAY, HOUR, rtcBase, testNow } from "../lab/host/test-clock.ts";
import { TlsServer } from "../lab/host/tls-servers.ts";

const NAME = "mainnet.era.zksync.io";
const root = makeRoot("Test Root");
const authority = makeAuthority("Test Authority", root);
const good = makeServer(["good.tls.test", NAME, "10.0.2.2"], authority);

const text = (path: string) => readFileSync(`${folder}${path}`, "utf8");
const source = readFileSync(`${folder}build/tls/certdata.txt`);
const builtIn = trustedRoots(source.toString());

suite("roots", () => {
  let machine: Machine;
  let server: TlsServer;

  before(async () => {
    server = await TlsServer.start(good);
    machine = await Machine.boot({ memory: "128" });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await server?.stop();
  });

  test("ca list shows the built-in roots, and ca check finds no fault in them", async () => {
    const list = await machine.ok("ca list isrg");
    assert.match(list, /^ +\d+ {2}\d{4}-\d\d-\d\d {2}.*CN=ISRG Root X1$/m);
    const all = await machine.ok("ca list");
    const [, count] = /^(\d+) of \1 roots shown \(\1 built in, 0 added\)$/m.exec(all) ?? [];
    assert.ok(Number(count) > 100, all.slice(-200));
    const [, version] = /^([\d.]+) /m.exec(text("compiler-config/pins/certdata")) ?? [];
    const last = `built in: Mozilla's roots ${version}, certdata.txt SHA-256 ${sha256(source)}`;
    assert.equal(all.trimEnd().split("\n").at(-1), last);
    const checked = await machine.ok("ca check", 60_000);
    assert.match(checked, new RegExp(`^${count} roots checked: 0 with faults, \\d+ expired$`, "m"));
  });

  test("ca show prints a root's distrust date", async (context) => {
    const dated = builtIn.find(({ distrustAfter }) => distrustAfter !== 0n);
    if (dated === undefined) return context.skip("no built-in root has a distrust date");
    const { fingerprint256, subject } = new X509Certificate(dated.der);
    const [, name] = /^CN=(.*)$/m.exec(subject) ?? [];
    const list = await machine.ok(`ca list "${name}"`);
    const [, number] = /^ +(\d+) /m.exec(list) ?? [];
    const shown = await machine.ok(`ca show ${number}`);
    assert.ok(shown.includes(fingerprint256.replaceAll(":", "")), shown);
    const [, ...date] = /^(\d{4})(\d\d)(\d\d)/.exec(`${dated.distrustAfter}`) ?? [];
    assert.ok(shown.includes(`\ntrusted for certificates issued until ${date.join("-")}\n`), shown);
  });

  test("ca adds a pasted root, uses it, shows it, and removes it", async () => {
    const url = `https://10.0.2.2:${server.port}/`;
    assert.equal((await machine.command(`curl ${url}`, 60_000)).code, 60);
    machine.type("ca add\r");
    await machine.waitFor("paste the certificate");
    machine.type(`some words before\r${root.pem.replaceAll("\n", "\r")}`);
    const [, number] = await machine.waitFor(/^root (\d+) added: CN=Test Root$/m);
    await machine.prompt();
    assert.equal(await machine.ok(`curl ${url}`, 60_000), "secure /");
    const shown = await machine.ok(`ca show ${number}`);
    assert.match(shown, /^subject: CN=Test Root$/m);
    assert.match(shown, new RegExp(`^sha256: ${root.fingerprint}$`, "im"));
    assert.match(shown, /^added by ca add or from ca\.pem$/m);
    assert.match(await machine.ok("ca list test"), /CN=Test Root \(added\)/);
    await machine.ok(`ca remove ${number}`);
    assert.equal((await machine.command(`curl ${url}`, 60_000)).code, 60);
  });

  test("ca rejects a malformed certificate, wrong numbers and an unknown action", async () => {
    for (const line of ["ca show 9999", "ca remove 1", "ca remove 9999", "ca frob"]) {
      const { output, code } = await machine.command(line);
      assert.notEqual(code, 0, line);
      assert.match(output, /^ca: /m);
    }
    machine.type("ca add\r-----BEGIN CERTIFICATE-----\rAAAA\r-----END CERTIFICATE-----\r");
    await machine.waitFor(/^ca: not a certificate \(error -0x[0-9a-f]+\)$/m);
    await machine.prompt();
    machine.type("ca add\r");
    await machine.waitFor("paste the certificate");
    machine.type("\x04");
    await machine.waitFor(/^ca: missing line -----END CERTIFICATE-----$/m);
    await machine.prompt();
  });

  test("tls and selftest reject wrong usage; tls exits with curl's codes", async () => {
    for (const line of ["tls", "tls a:0", "tls a:99999", "tls a b", "selftest", "selftest x"]) {
      const { output, code } = await machine.command(line);
      assert.equal(code, 2, line);
      assert.match(output, / \(usage: (tls|selftest) .*\)$/m);
    }
    assert.equal((await machine.command("tls no-such-name.invalid", 60_000)).code, 6);
    assert.equal((await machine.command("tls 10.0.2.2:1", 60_000)).code, 7);
  });

  test("httpd -s needs a certificate", async () => {
    const { output, code } = await machine.command("httpd -s 8443");
    assert.equal(code, 1);
    assert.match(output, /server\.pem and server\.key/);
  });
});

/** Runs `ca check` with the clock on this day; returns its output, the last line first. */
async function checkedOn(day: string, modules: Record<string, string>) {
  const machine = await Machine.boot({
    memory: "128",
    modules,
    rtc: `${day}T12:00:00`,
  });
  try {
    await configured(machine);
    const [, total] = /^(\d+) of \1 roots shown /m.exec(await machine.ok("ca list")) ?? [];
    const { output, code } = await machine.command("ca check", 60_000);
    return { total: Number(total), code, lines: output.trimEnd().split("\n").reverse() };
  } finally {
    await machine.stop();
  }
}

suite("ca check on another day", () => {
  const DATE = "2089-06-01";
  const date = (text: string) => new Date(`${text}T00:00:00Z`);
  const until = (text: string) => ({ notAfter: date(text) });

  test("warns of expired roots when all built-in ones have expired", async () => {
    const { total, code, lines } = await checkedOn(DATE, {});
    assert.equal(code, 0, lines[0]);
    assert.equal(lines[0], `${total} roots checked: 0 with faults, ${total} expired`);
    assert.equal(lines.length, total + 1);
    const [past] = lines.filter((line) => line.includes("CN=ISRG Root X1"));
    assert.match(past, /^\d+: .*: warning: expired on 2035-06-04, ignored$/);
  });

  test("reports roots below which every chain is rejected", async () => {
    const noSigning = extension.keyUsage(0);
    // Weak is not added. The last may not sign certificates, and is trusted for its own server.
    const roots = [
      makeRoot("Good", until("2089-06-02")),
      makeRoot("Good v1", { version: 1, ...until("2090-01-01") }),
      makeRoot("Yesterday", until("2089-05-31")),
      makeRoot("Tomorrow", { notBefore: date("2089-06-02"), notAfter: date("2090-01-01") }),
      makeRoot("Weak", { kind: "rsa1024", ...until("2090-01-01") }),
      makeRoot("No signer", {
        extensions: [extension.authority(), noSigning],
        ...until("2090-01-01"),
      }),
    ];
    const bundle = roots.map(({ pem }) => pem).join("");
    const { total, code, lines } = await checkedOn(DATE, { "ca.pem": bundle });
    assert.equal(code, 1, lines[0]);
    const added = lines.filter((line) => / CN=(Good|Yester|Tomor|Weak|No )/.test(line)).reverse();
    assert.deepEqual(added, [
      `${total - 2}: CN=Yesterday: warning: expired on 2089-05-31, ignored`,
      `${total - 1}: CN=Tomorrow: not valid before 2089-06-02`,
    ]);
    assert.equal(lines[0], `${total} roots checked: 1 with faults, ${total - 4} expired`);
  });
});

suite("identities", () => {
  const purposes = [extension.noAuthority(), extension.keyUsage(0), extension.purposes(2)];
  const client = makeServer(["a client"], authority, { extensions: purposes });
  const certificate = makeServer(["guest.test", "127.0.0.1"], authority);
  const folder = mkdtempSync(join(tmpdir(), "anonymos-identity-"));
  let machine: Machine;

  before(async () => {
    writeFileSync(`${folder}/root.pem`, root.pem);
    machine = await Machine.boot({
      memory: "128",
      nics: [userNet([8443])],
      modules: {
        "ca.pem": root.pem,
        "client.pem": client.chain,
        "client.key": client.key,
        "server.pem": certificate.chain,
        "server.key": certificate.key,
      },
    });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("reads identities from boot modules, and logs no key", async () => {
    const log = await machine.ok("dmesg");
    assert.match(log, /client\.pem: certificate and key of the client are set/);
    assert.match(log, /server\.pem: certificate and key of the server are set/);
    assert.doesNotMatch(machine.console, /PRIVATE/);
  });

  test("TLS-46 sends the client's certificate to a server that requests it", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const settings = { minVersion: version, maxVersion: version, clientRoots: root.pem };
      const server = await TlsServer.start(good, {}, settings);
      try {
        assert.equal(await machine.ok(`curl https://10.0.2.2:${server.port}/`), "secure /");
        assert.equal(server.seen.at(-1)?.client, "a client");
        assert.equal(server.seen.at(-1)?.protocol, version);
      } finally {
        await server.stop();
      }
    }
  });

  test("httpd -s serves the host's curl: both versions, keep-alive, bulk data", async () => {
    await machine.ok("httpd -s 8443");
    const port = await machine.port(8443);
    const url = `https://127.0.0.1:${port}`;
    const curl = (...words: string[]) =>
      run(["curl", "-sS", "--cacert", `${folder}/root.pem`, "--max-time", "120", ...words]);
    for (const version of ["1.2", "1.3"]) {
      const words = [`--tlsv${version}`, "--tls-max", version, `${url}/status.json`];
      const { code, output } = await curl(...words, "-w", "%{num_connects}", `${url}/`);
      assert.equal(code, 0, output);
      assert.match(output, /^\{"hostname".*\}$/m);
      assert.match(output, /^1<!doctype html>[\s\S]*<\/html>\n0$/m);
    }
    const file = `${folder}/bytes`;
    const got = await curl("-o", file, `${url}/bytes/4000000`);
    assert.equal(got.code, 0, got.output);
    const { output } = await run(["sha256sum", file]);
    const { createHash } = await import("node:crypto");
    const wanted = createHash("sha256").update(patternBytes(4_000_000)).digest("hex");
    assert.equal(output.split(" ")[0], wanted);
    writeFileSync(file, patternBytes(2_000_000));
    const posted = await curl("--data-binary", `@${file}`, `${url}/discard`);
    assert.equal(posted.code, 0, posted.output);
    assert.match(posted.output, /2000000/);
    const stranger = await run(["curl", "-sS", url]);
    assert.equal(stranger.code, 60, stranger.output);
    const plain = await run(["curl", "-sS", "--max-time", "20", `http://127.0.0.1:${port}/`]);
    assert.notEqual(plain.code, 0);
    assert.equal((await curl(`${url}/`)).code, 0);
    await machine.ok("httpd stop");
  });
});

suite("the main job over https", () => {
  test("check and rpc work with a node behind nginx with TLS", async (t) => {
    const anvil = await Anvil.start();
    t.after(() => anvil.stop());
    const more = `location / { proxy_pass http://127.0.0.1:${anvil.port}; }`;
    const nginx = await Nginx.start({}, { secure: good, more });
    t.after(() => nginx.stop());
    const names = await NameServer.start([`--address=/${NAME}/10.0.2.2`]);
    t.after(() => names.stop());
    const configuration = `[Network]\nDHCP=yes\nDNS=10.0.2.2#${names.port}\n`;
    const modules = { "ca.pem": root.pem, "anonymos.conf": configuration };
    const machine = await boot(t, { memory: "128", modules });
    const url = `https://${NAME}:${nginx.port}/`;
    const lines = checkLines(await machine.ok(`check ${url}`, 60_000));
    assert.deepEqual(
      lines.map(({ verdict, name }) => `${verdict} ${name}`),
      ["nic", "arp", "ping", "dns", "tcp", "tls", "http", "rpc"].map((name) => `ok ${name}`),
    );
    const tls = lines.find((line) => line.name === "tls")?.detail ?? "";
    assert.match(tls, new RegExp(`^${NAME} verified, TLSv1\\.3, `));
    assert.equal(await machine.ok(`rpc ${url} eth_chainId`, 60_000), '"0x144" (324)');
    const refused = await machine.command(`check https://other.${NAME}:${nginx.port}/`, 60_000);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /^FAIL tls .*it is not valid for this name/m);
    assert.match(refused.output, /^skip rpc +not tried: tls failed$/m);
    const over = await machine.ok(`rpc https://10.0.2.2:1/ ${url} eth_chainId`, 60_000);
    assert.match(over, /^"0x144" \(324\)$/m);
  });
});

suite("entropy", () => {
  test("TLS-49 seeds from a virtio device, the processor, or jitter alone", async (t) => {
    const server = await TlsServer.start(good);
    t.after(() => server.stop());
    for (const [options, found] of [
      [
        { more: ["-device", "virtio-rng-pci"] },
        "64 bytes of virtio-rng, timing jitter \\(no RDRAND\\)",
      ],
      [{ cpu: "max,-rdseed" }, "8 words of RDRAND, timing jitter"],
      [{ cpu: "qemu64,-rdrand" }, "timing jitter \\(no RDRAND\\)"],
    ] as [MachineOptions, string][]) {
      const modules = { "ca.pem": root.pem };
      const machine = await boot(t, { memory: "128", modules, ...options });
      await configured(machine);
      assert.match(
        await machine.ok("dmesg"),
        new RegExp(`random: seeded from ${found}; health tests passed$`, "m"),
      );
      assert.equal(await machine.ok(`curl https://10.0.2.2:${server.port}/`, 60_000), "secure /");
    }
  });
});

suite("the clock", () => {
  test("TLS-02 if the clock is far ahead, rejects certificates, and shows the clock", async (t) => {
    const notAfter = new Date(testNow() + 100 * DAY);
    const server = await TlsServer.start(makeServer(["10.0.2.2"], authority, { notAfter }));
    t.after(() => server.stop());
    const ahead = 14_000 * DAY;
    const rtc = rtcBase(testNow() + ahead);
    const machine = await boot(t, { memory: "128", modules: { "ca.pem": root.pem }, rtc });
    const { output, code } = await machine.command(`curl https://10.0.2.2:${server.port}/`, 60_000);
    assert.equal(code, 60, output);
    const shown = new RegExp(
      `expired.*; the clock says .* UTC ${rtc.slice(0, 4)} \\(real-time clock`,
    );
    assert.match(output, shown);
    const time = await NtpServer.start();
    t.after(() => time.stop());
    const moved = await machine.ok(`ntp 10.0.2.2#${time.port}`, 60_000);
    const answer = /^10\.0\.2\.2#\d+: stratum 2, offset (-\d+\.\d{6}) s, delay [\d.]+ ms$/m.exec(
      moved,
    );
    const [, offset] = answer ?? assert.fail(moved);
    assert.ok(Math.abs(Number(offset) + ahead / 1000) < 60, moved);
    assert.match(moved, /^clock stepped by -\d+\.\d{6} s: /m);
    assert.match(await machine.ok("date -v"), /^source: network time from 10\.0\.2\.2#\d+$/m);
    assert.equal(await machine.ok(`curl https://10.0.2.2:${server.port}/`, 60_000), "secure /");
  });

  test("TLS-02 ignores a clock that is before the source date", async (t) => {
    const machine = await boot(t, { rtc: "1970-01-02T00:00:00" });
    const output = await machine.ok("date -v +%s");
    assert.match(output, /^source: the kernel's source date, because .* says 1970-01-02$/m);
    const late = Number.parseInt(output, 10) - buildTime() / 1000;
    assert.ok(late >= 0 && late < 60, output);
  });

  test("sets the clock in the background, by the majority of the time servers", async (t) => {
    const servers = await Promise.all(
      [HOUR, HOUR, 20 * HOUR].map((offset) => NtpServer.start({ offset })),
    );
    for (const server of servers) t.after(() => server.stop());
    const list = servers.map((server) => `10.0.2.2#${server.port}`);
    const modules = { "anonymos.conf": `[Network]\nDHCP=yes\nNTP=${list.join(" ")}\n` };
    const machine = await boot(t, { modules });
    await machine.waitFor(/ntp: clock stepped by 3[56]\d{5} ms/, 30_000);
    const shown = Date.parse((await machine.ok("date")).trim());
    assert.ok(Math.abs(shown - testNow() - HOUR) < 10_000);
    const asked = await machine.ok("ntp -q");
    assert.match(asked, new RegExp(`^${list[2]}: .*, rejected$`, "m"));
    const tie = await machine.command(`ntp -q ${list[0]} ${list[2]}`);
    assert.equal(tie.code, 1);
    assert.match(tie.output, /can't synchronise: no majority/);
    const none = await machine.command("ntp 10.0.2.2#1", 30_000);
    assert.equal(none.code, 1);
  });
});
