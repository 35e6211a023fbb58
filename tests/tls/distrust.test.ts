/**
 * Roots that Mozilla distrusts for certificates issued after a date. The harness is linked with the
 * test's own roots, built as the real ones are: from certdata.txt, by compiler-config/roots.ts.
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
import { outcomeOf } from "./peer/verdict.ts";

const date = (text: string) => new Date(`${text}Z`);
const valid = { notBefore: date("2020-01-01T00:00:00"), notAfter: date("2030-01-01T00:00:00") };
const NOW = `time=${date("2025-06-01T00:00:00").getTime() / 1000}`;
const LAST_SECOND = { ...valid, notBefore: date("2024-11-30T23:59:59") };
const TOO_LATE = { ...valid, notBefore: date("2024-12-01T00:00:00") };

const dated = makeRoot("Distrusted after 2024-11-30", valid);
const plain = makeRoot("Trusted without a date", valid);
const mail = makeRoot("Trusted for mail", valid);
/** Has the same subject as the dated root, and so the same place in the index. */
const namesake = makeRoot("Distrusted after 2024-11-30", valid);

/** Returns the certdata entry of a certificate. */
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

  test("TLS-51: accepts a certificate of the last trusted second, but no later one", async () => {
    await accepts(makeServer(["good.test"], dated, LAST_SECOND));
    const late = makeServer(["good.test"], dated, TOO_LATE);
    const { alert, sentence } = await outcomeOf(await refuses(TlsRefusal.RootDistrusted, late));
    assert.equal(alert, "certificate_unknown (46)");
    assert.equal(
      sentence,
      "certificate verification failed: it was issued after its root was distrusted",
    );
  });

  test("accepts certificates of either date below a root without a distrust date", async () => {
    await accepts(makeServer(["good.test"], plain, LAST_SECOND));
    await accepts(makeServer(["good.test"], plain, TOO_LATE));
  });

  test("goes by the date of the server's certificate, not an intermediate's", async () => {
    const late = makeAuthority("Late", dated, TOO_LATE);
    await accepts(makeServer(["good.test"], late, LAST_SECOND), late);
    const early = makeAuthority("Early", dated, LAST_SECOND);
    await refuses(TlsRefusal.RootDistrusted, makeServer(["good.test"], early, TOO_LATE), early);
  });

  test("applies the date to one root, not to another of the same name", async () => {
    await accepts(makeServer(["good.test"], namesake, TOO_LATE));
  });

  test("finds a second path, to a root without a distrust date", async () => {
    const viaDated = makeAuthority("Crossed", dated, valid);
    const viaPlain = makeAuthority("Crossed", plain, { ...valid, key: viaDated.keys });
    const server = makeServer(["good.test"], viaDated, TOO_LATE);
    await accepts(server, viaDated, viaPlain);
    await accepts(server, viaPlain, viaDated);
  });

  test("leaves out a root that is not trusted for servers", async () => {
    await refuses(TlsRefusal.NotTrusted, makeServer(["good.test"], mail, LAST_SECOND));
  });
});
