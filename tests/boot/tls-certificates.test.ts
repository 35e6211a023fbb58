/** Certificates to reject, each with its message, curl's exit code and a TLS alert. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import {
  Certificate,
  type CertificateOptions,
  extension,
  makeAuthority,
  makeRoot,
  makeServer,
} from "../lab/host/certificates.ts";
import { configured } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";
import { NameServer } from "../lab/host/servers.ts";
import { HOUR, testNow } from "../lab/host/test-clock.ts";
import { OpensslServer, TlsServer } from "../lab/host/tls-servers.ts";

const root = makeRoot("Test Root");
const authority = makeAuthority("Test Authority", root);

/** Makes a chain of three for `name`; `options` apply to the server's certificate. */
const leaf = (name: string, options: Partial<CertificateOptions> = {}) =>
  makeServer([name], authority, options);
/** Makes the same chain; `options` apply to the intermediate. */
const below = (name: string, options: Partial<CertificateOptions>) =>
  makeServer([name], makeAuthority("Odd Authority", root, options));
/** A server below an intermediate with name constraints (RFC 5280 section 4.2.1.10). */
const constrained = (name: string, permitted: string[], excluded: string[], critical = true) =>
  below(name, {
    extensions: [
      extension.authority(),
      extension.keyUsage(5, 6),
      extension.constraints(permitted, excluded, critical),
    ],
  });
/** The extensions of a server's certificate, to which others are added. */
const serving = (name: string) => [extension.names([name]), extension.noAuthority()];

interface Case {
  /** The catalogue row, if there is one, and the fault. */
  title: string;
  /** The server is LABEL.tls.test. */
  label: string;
  make(name: string): Certificate;
  /** Expected in the error message. */
  words: RegExp;
  /** curl's exit code. Default: 60. */
  code?: number;
}

/** Has the name of `root`, but another key. */
const impostor = makeRoot("Test Root");
/** An authority with pathlen 0: only servers may be below it. */
const shallow = makeAuthority("Shallow Authority", root, {
  extensions: [extension.authority(0), extension.keyUsage(5, 6)],
});

const cases: Case[] = [
  {
    title: "TLS-01 expired",
    label: "expired",
    make: (name) => leaf(name, { notAfter: new Date(testNow() - HOUR) }),
    words: /it has expired; the clock says .* UTC \d{4} \(real-time clock\)/,
  },
  {
    title: "TLS-45 requires a stapled OCSP response, but the server has none",
    label: "staple",
    make: (name) => leaf(name, { extensions: [...serving(name), extension.mustStaple()] }),
    words: /it requires a stapled OCSP response, and none was sent/,
    code: 91,
  },
  {
    title: "TLS-02 not yet valid",
    label: "early",
    make: (name) => leaf(name, { notBefore: new Date(testNow() + HOUR) }),
    words: /it is not yet valid; the clock says .* \(real-time clock\)/,
  },
  {
    title: "TLS-03 self-signed",
    label: "self",
    make: (name) => makeServer([name], null),
    words: /its issuer is not trusted/,
  },
  {
    title: "TLS-03 from an unknown root",
    label: "unknown",
    make: (name) => makeServer([name], makeAuthority("Authority", makeRoot("Unknown Root"))),
    words: /its issuer is not trusted/,
  },
  {
    title: "TLS-03 from an impostor with a trusted root's name",
    label: "impostor",
    make: (name) => makeServer([name], makeAuthority("Test Authority", impostor)),
    words: /its issuer is not trusted/,
  },
  {
    title: "TLS-03 without its intermediate",
    label: "gap",
    make: (name) => {
      const missing = makeAuthority("Missing Authority", root);
      return makeServer([name], null, { key: missing.keys, issuerName: "Missing Authority" });
    },
    words: /its issuer is not trusted/,
  },
  {
    title: "TLS-04 for another name",
    label: "wrong",
    make: () => leaf("other.test"),
    words: /it is not valid for this name/,
  },
  {
    title: "TLS-05 with the name as common name only",
    label: "common",
    make: (name) => leaf(name, { extensions: [extension.noAuthority()] }),
    words: /it has no subjectAltName/,
  },
  ...["*.test", "a*.tls.test", "*.*.test", "*", "*.com", "w*6.tls.test"].map((pattern, index) => ({
    title: `TLS-06 for ${pattern}`,
    label: `wild${index + 1}`,
    make: () => leaf(pattern),
    words: /it is not valid for this name/,
  })),
  {
    title: "TLS-07 with a NUL in its name",
    label: "zero",
    make: (name) => leaf(`${name}\0.evil.test`),
    words: /certificate verification failed: /,
  },
  {
    title: "TLS-09 outside its authority's permitted names",
    label: "outside",
    make: (name) => constrained(name, ["good.tls.test"], []),
    words: /its name violates the name constraints of an issuer/,
  },
  {
    title: "TLS-09 within its authority's excluded names",
    label: "excluded",
    make: (name) => constrained(name, [], ["excluded.tls.test"]),
    words: /its name violates the name constraints of an issuer/,
  },
  {
    title: "TLS-09 outside constraints that are not critical",
    label: "lax",
    make: (name) => constrained(name, ["good.tls.test"], [], false),
    words: /its name violates the name constraints of an issuer/,
  },
  {
    title: "TLS-10 issued by a certificate that is not an authority's",
    label: "pretender",
    make: (name) => below(name, { extensions: [extension.noAuthority(), extension.keyUsage(0)] }),
    words: /certificate verification failed: /,
  },
  {
    title: "TLS-10 issued by an authority that may not sign certificates",
    label: "unsigned",
    make: (name) => below(name, { extensions: [extension.authority(), extension.keyUsage(0)] }),
    words: /certificate verification failed: /,
  },
  {
    title: "TLS-10 below more intermediates than an authority's pathlen allows",
    label: "deep",
    make: (name) => makeServer([name], makeAuthority("Deep Authority", shallow)),
    words: /certificate verification failed: /,
  },
  {
    title: "TLS-11 for clients only",
    label: "client",
    make: (name) => leaf(name, { extensions: [...serving(name), extension.purposes(2)] }),
    words: /its extended key usage does not permit server authentication/,
  },
  {
    title: "TLS-11 with a key usage without digitalSignature",
    label: "nosign",
    make: (name) => leaf(name, { extensions: [...serving(name), extension.keyUsage(6)] }),
    words: /its key usage does not permit digital signatures/,
  },
  {
    title: "issued by an authority for clients only",
    label: "purpose",
    make: (name) =>
      below(name, {
        extensions: [extension.authority(), extension.keyUsage(5), extension.purposes(2)],
      }),
    words: /an issuer must not certify servers/,
  },
  {
    title: "TLS-12 with an unknown critical extension",
    label: "critical",
    make: (name) => leaf(name, { extensions: [...serving(name), extension.unknown()] }),
    words: /it has an unknown critical extension/,
  },
  {
    title: "TLS-12 issued by an authority with an unknown critical extension",
    label: "above",
    make: (name) =>
      below(name, {
        extensions: [extension.authority(), extension.keyUsage(5), extension.unknown()],
      }),
    words: /it has an unknown critical extension/,
  },
  {
    title: "TLS-13 signed with SHA-1",
    label: "sha1",
    make: (name) => leaf(name, { hash: "sha1" }),
    words: /its signature uses a weak hash/,
  },
  {
    title: "TLS-13 issued by an authority signed with SHA-1",
    label: "sha1above",
    make: (name) => below(name, { hash: "sha1" }),
    words: /its signature uses a weak hash/,
  },
  {
    title: "an authority's certificate used by a server",
    label: "authority",
    make: (name) => leaf(name, { extensions: [extension.names([name]), extension.authority()] }),
    words: /it is a CA certificate, not a server's/,
  },
  {
    title: "X.509 version 1",
    label: "old",
    make: (name) => leaf(name, { version: 1 }),
    words: /it is not X.509 version 3/,
  },
];

suite("certificates to reject", () => {
  let machine: Machine;
  let server: TlsServer;
  let byAddress: TlsServer;
  let names: NameServer;

  before(async () => {
    const full = (label: string) => `${label}.tls.test`;
    const shown = Object.fromEntries(
      cases.map(({ label, make }) => [full(label), make(full(label))]),
    );
    shown["star.tls.test"] = leaf("*.tls.test");
    shown["permitted.tls.test"] = constrained("permitted.tls.test", ["tls.test"], ["evil.test"]);
    shown["shallow.tls.test"] = makeServer(["shallow.tls.test"], shallow);
    const weak = { ciphers: "DEFAULT:@SECLEVEL=0" };
    server = await TlsServer.start(leaf("10.0.2.2"), shown, weak);
    byAddress = await TlsServer.start(
      leaf("x", { extensions: [addressAsName(), extension.noAuthority()] }),
    );
    names = await NameServer.start(["--address=/tls.test/10.0.2.2"]);
    const configuration = `[Network]\nDHCP=yes\nDNS=10.0.2.2#${names.port}\n`;
    const modules = { "ca.pem": root.pem, "anonymos.conf": configuration };
    machine = await Machine.boot({ memory: "128", modules });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await server?.stop();
    await byAddress?.stop();
    await names?.stop();
  });

  for (const { title, label, words, code: expected = 60 } of cases) {
    test(title, async () => {
      const before = server.requests.length;
      const errors = server.errors.length;
      const url = `https://${label}.tls.test:${server.port}/`;
      const { output, code } = await machine.command(`curl ${url}`, 60_000);
      assert.equal(code, expected, output);
      assert.match(output, words);
      assert.match(output, new RegExp(`^curl: \\(${expected}\\) `, "m"));
      assert.equal(server.requests.length, before, "a request was sent");
      await machine.ok("sleep 0.1");
      const alert = /ALERT|alert|STATUS_RESPONSE/;
      assert.match(server.errors.slice(errors).join(), alert, "no alert was sent");
    });
  }

  test("TLS-06, TLS-09, TLS-10 accepts a wildcard, a permitted name and a pathlen", async () => {
    for (const label of ["star", "permitted", "shallow"]) {
      const output = await machine.ok(`curl https://${label}.tls.test:${server.port}/`, 60_000);
      assert.equal(output, "secure /");
    }
  });

  test("TLS-08 accepts an address only as iPAddress, and sends no server_name for it", async () => {
    assert.equal(await machine.ok(`curl https://10.0.2.2:${server.port}/`, 60_000), "secure /");
    assert.equal(server.seen.at(-1)?.servername, "");
    const url = `https://10.0.2.2:${byAddress.port}/`;
    const { output, code } = await machine.command(`curl ${url}`, 60_000);
    assert.equal(code, 60, output);
    assert.match(output, /it is not valid for this name/);
  });

  test("TLS-13 rejects a key of 1,024 bits", async () => {
    const short = leaf("10.0.2.2", { kind: "rsa1024" });
    const more = ["-www", "-cipher", "DEFAULT:@SECLEVEL=0"];
    const openssl = await OpensslServer.start(short, more);
    try {
      const { output, code } = await machine.command(`curl https://10.0.2.2:${openssl.port}/`);
      assert.equal(code, 60, output);
      assert.match(output, /a key is too short/);
    } finally {
      await openssl.stop();
    }
  });

  test("-k warns and accepts any server; later requests without -k verify again", async () => {
    const url = `https://wrong.tls.test:${server.port}/`;
    const output = await machine.ok(`curl -k ${url}`, 60_000);
    assert.match(output, /^curl: warning: -k: server certificate is not verified$/m);
    assert.match(output, /^secure \/$/m);
    assert.equal((await machine.command(`curl ${url}`, 60_000)).code, 60);
  });

  test("tls shows the fault and the chain", async () => {
    const { output, code } = await machine.command(`tls wrong.tls.test:${server.port}`, 60_000);
    assert.equal(code, 60);
    assert.match(output, /^verification: failed\n {2}it is not valid for this name$/m);
    assert.match(output, /^ {2}names: DNS:other\.test$/m);
    assert.match(output, /^certificate 2 of 2\n {2}subject: CN=Test Authority$/m);
  });
});

/** Returns a subjectAltName whose dNSName looks like an address. */
function addressAsName() {
  const text = Buffer.from("10.0.2.2");
  const value = Buffer.concat([Buffer.of(0x30, text.length + 2, 0x82, text.length), text]);
  return { oid: "2.5.29.17", value };
}
