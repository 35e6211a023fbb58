/**
 * Roots that Mozilla distrusts for what they certify after a date. The harness is linked with
 * roots of the test's own, which take the way of the real ones: certdata.txt, compiler-config/
 * roots.ts, the index.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { TlsRefusal } from "../../core/tls-codes.ts";
import { certdata, type RootEntry } from "../lab/host/certdata.ts";
import { type Certificate, makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { root } from "../lab/host/process.ts";
import { build, visit } from "./harness.ts";
import { told } from "./peer/verdict.ts";

const date = (text: string) => new Date(`${text}Z`);
const valid = { notBefore: date("2020-01-01T00:00:00"), notAfter: date("2030-01-01T00:00:00") };
const NOW = `time=${date("2025-06-01T00:00:00").getTime() / 1000}`;
const LAST_SECOND = { ...valid, notBefore: date("2024-11-30T23:59:59") };
const TOO_LATE = { ...valid, notBefore: date("2024-12-01T00:00:00") };

const dated = makeRoot("Distrusted after 2024-11-30", valid);
const plain = makeRoot("Trusted without a date", valid);
const mail = makeRoot("Trusted for mail", valid);
/** One that shares the subject's name with the dated root, and so its place in the index. */
const namesake = makeRoot("Distrusted after 2024-11-30", valid);

/** Finds issuer and serial number in the certificate (RFC 5280, 4.1). */
function entryOf({ der, options }: Certificate, more: Partial<RootEntry> = {}): RootEntry {
  const serial = Buffer.from(new X509Certificate(der).serialNumber, "hex");
  return { label: options.subject, der, issuer: Buffer.from(options.subject), serial, ...more };
}

async function connect(server: Certificate, ...above: Certificate[]) {
  const chain = [server, ...above].map(({ pem }) => ({ file: "", key: "", pem, keyPem: "" }));
  chain[0].keyPem = server.key;
  return await visit(chain, "good.test", [NOW]);
}

async function accepts(server: Certificate, ...above: Certificate[]) {
  const report = await connect(server, ...above);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), 0);
}

async function refuses(reasons: number, server: Certificate, ...above: Certificate[]) {
  const report = await connect(server, ...above);
  assert.equal(report.get("state"), "failed", report.text);
  assert.equal(report.number("refusals"), reasons);
  assert.equal(report.number("received"), 0);
  return report;
}

suite("roots with a distrust date", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-distrust-"));

  before(() => {
    const text = certdata([
      entryOf(dated, { distrustAfter: "241130235959Z" }),
      entryOf(plain),
      entryOf(mail, { trust: "CKT_NSS_MUST_VERIFY_TRUST" }),
      entryOf(namesake),
    ]);
    const sum = createHash("sha256").update(text).digest("hex");
    writeFileSync(`${folder}/certdata.txt`, text);
    writeFileSync(`${folder}/pin`, `1.0 ${sum} certdata.txt\n`);
    mkdirSync(`${folder}/out`);
    const words = ["--import", "tsx", "compiler-config/roots.ts"];
    words.push(`${folder}/certdata.txt`, `${folder}/pin`, `${folder}/out`);
    execFileSync(process.execPath, words, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    const object = `${folder}/roots-data.o`;
    const assemble = [`-Wa,-I${folder}/out`, "-c", "net/service/tls/glue/roots-data.S"];
    execFileSync("gcc", [...assemble, "-o", object], { cwd: root, stdio: "inherit" });
    build(object);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("a certificate of the last second is accepted, one of the next is not", async () => {
    await accepts(makeServer(["good.test"], dated, LAST_SECOND));
    const late = makeServer(["good.test"], dated, TOO_LATE);
    const { alert, sentence } = await told(await refuses(TlsRefusal.RootDistrusted, late));
    assert.equal(alert, "certificate_unknown (46)");
    assert.equal(
      sentence,
      "the certificate was refused: it was issued after its root was distrusted",
    );
  });

  test("a root without a date is trusted for either", async () => {
    await accepts(makeServer(["good.test"], plain, LAST_SECOND));
    await accepts(makeServer(["good.test"], plain, TOO_LATE));
  });

  test("the server's certificate decides, not an intermediate's", async () => {
    const late = makeAuthority("Late", dated, TOO_LATE);
    await accepts(makeServer(["good.test"], late, LAST_SECOND), late);
    const early = makeAuthority("Early", dated, LAST_SECOND);
    await refuses(TlsRefusal.RootDistrusted, makeServer(["good.test"], early, TOO_LATE), early);
  });

  test("the date belongs to one root, not to all of its name", async () => {
    await accepts(makeServer(["good.test"], namesake, TOO_LATE));
  });

  test("a second path, to a root without a date, is found", async () => {
    const viaDated = makeAuthority("Crossed", dated, valid);
    const viaPlain = makeAuthority("Crossed", plain, { ...valid, key: viaDated.keys });
    const server = makeServer(["good.test"], viaDated, TOO_LATE);
    await accepts(server, viaDated, viaPlain);
    await accepts(server, viaPlain, viaDated);
  });

  test("a root that is not trusted for servers is not in the store", async () => {
    await refuses(TlsRefusal.NotTrusted, makeServer(["good.test"], mail, LAST_SECOND));
  });
});
