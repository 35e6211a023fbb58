/** The connection fails if a record of the client's Certificate message cannot be written. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { CertificateMaker } from "./certificates.ts";
import { build, harnessServer } from "./harness.ts";

const maker = new CertificateMaker();
/** MBEDTLS_ERR_SSL_COUNTER_WRAPPING: all sequence numbers are used. */
const WRAPPED = -0x6b80;

before(() => {
  // Records written by other files than ssl_msg.c: ChangeCipherSpec, then parts of Certificate.
  const source = maker.write(`
    int __real_mbedtls_ssl_write_record(void* ssl, int flush);
    int __wrap_mbedtls_ssl_write_record(void* ssl, int flush) {
      static int count;
      return ++count == 4 ? ${WRAPPED} : __real_mbedtls_ssl_write_record(ssl, flush);
    }`);
  const object = `${source}.o`;
  execFileSync("gcc", ["-c", "-x", "c", source, "-o", object], { stdio: "inherit" });
  build(object, "-Wl,--wrap=mbedtls_ssl_write_record");
});
after(() => maker.close());

test("fails if a part of a long certificate cannot be sent", async () => {
  const names = Array.from({ length: 600 }, (_, i) => `DNS:a-rather-long-name-${i}.good.test`);
  const root = maker.authority();
  const identity = maker.server(root, { names: names.join() });
  const server = await harnessServer(identity, "send=hello", "patience=2000");
  const socket = connect({ port: server.port, host: "127.0.0.1", ca: root.pem });
  const [failure] = await once(socket, "error");
  assert.match(String(failure), /alert internal error/);
  const report = await server.report();
  assert.equal(report.get("state"), "failed", report.text);
  assert.equal(report.number("error"), WRAPPED);
  assert.equal(report.number("after"), 0);
});
