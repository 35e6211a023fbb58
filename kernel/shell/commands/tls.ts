/**
 * tls HOST[:PORT]
 *
 * Does a TLS handshake with HOST and prints the version, the cipher suite, the certificate chain
 * and its root, what the stapled OCSP response and the revocation lists say, the result of the
 * verification and the duration of each step, like `openssl s_client`. It resumes no session,
 * because a server shows its certificates only in a full handshake. PORT defaults to 443.
 *
 * Exit codes: 0 success; curl's codes, such as 6 name not resolved, 7 connection failed, 28
 * time-out, 35 handshake failed, 60 certificate not verified, 91 its OCSP response is not valid; 2
 * wrong usage; 130 interrupted.
 */
import { parseDecimalText } from "../../../core/text";
import { earlier, MILLISECOND, NEVER } from "../../../core/time";
import { TlsBytesField } from "../../../core/tls-codes";
import { NetworkStack } from "../../../net/service/stack";
import { StreamStatus } from "../../../net/service/stream/stream";
import { TlsOptions } from "../../../net/service/tls/shared";
import { TlsStream } from "../../../net/service/tls/stream";
import { faultsOf } from "../../../net/service/tls/verification";
import { formatIpv4 } from "../../../net/wire/address";
import {
  certificateLines,
  certificateTitle,
  peerCertificate,
  peerCertificateCount,
  peerRoot,
  rootKindText,
} from "../certificate-text";
import { Command, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { SecureConnection } from "../secure-connection";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatMilliseconds } from "../time-text";

const HTTPS_PORT: i64 = 443;
/**
 * Microseconds to wait for a session ticket, which a TLS 1.3 server sends after the handshake, so
 * that a later command can resume the session.
 */
const SESSION_WAIT: i64 = 500 * MILLISECOND;

class TlsJob extends Job {
  /** When to stop waiting for a session ticket; NEVER before the handshake is complete. */
  private endAt: i64 = NEVER;

  constructor(
    private readonly session: Session,
    private readonly options: TlsOptions,
    private readonly connection: SecureConnection,
  ) {
    super();
  }

  poll(now: i64): i32 {
    const connection = this.connection;
    if (!connection.poll(now)) return RUNNING;
    const stream = connection.stream;
    if (this.endAt == NEVER) {
      if (stream != null) this.describe(stream);
      if (connection.failure != "") return this.reportFailure();
      this.endAt = now + SESSION_WAIT;
    }
    if (stream != null && now < this.endAt) {
      stream.poll(now);
      if (stream.status() == StreamStatus.Open && !stream.resumption.kept) return RUNNING;
    }
    connection.close();
    return EXIT_OK;
  }

  pollAt(): i64 {
    return earlier(this.endAt, this.connection.pollAt());
  }

  cancel(): i32 {
    this.connection.close();
    return EXIT_INTERRUPTED;
  }

  /** Prints why the connection failed and returns curl's exit code for it. */
  private reportFailure(): i32 {
    const connection = this.connection;
    const code = connection.code as i32;
    const to = `${this.options.host} port ${this.options.port}`;
    this.session.error("tls", `(${code}) ${to}: ${connection.failure}`);
    connection.close();
    return code;
  }

  /** Prints what is known about the connection, even if the handshake failed. */
  private describe(stream: TlsStream): void {
    const connection = this.connection;
    const times = stream.times;
    const session = this.session;
    if (times.began == 0) return;
    session.printLine(`Connected to ${formatIpv4(connection.address)} port ${this.options.port}`);
    if (stream.summary != "") session.printLine(`${stream.summary}, new session`);
    this.printChain(stream);
    this.printVerdict(stream);
    let line = `times: name ${formatMilliseconds(connection.resolvedAt - connection.startedAt)} ms`;
    line += `, tcp ${formatMilliseconds(times.began - connection.resolvedAt)} ms`;
    if (times.answered > 0) {
      line += `, first byte ${formatMilliseconds(times.answered - times.began)} ms`;
    }
    if (times.finished > 0) {
      line += `, handshake ${formatMilliseconds(times.finished - times.began)} ms`;
    }
    session.printLine(line);
  }

  private printChain(stream: TlsStream): void {
    const session = this.session;
    const count = peerCertificateCount(stream);
    for (let i: u32 = 0; i < count; i++) {
      const certificate = peerCertificate(stream, i);
      if (certificate == null) continue;
      session.printLine(`certificate ${i + 1} of ${count}`);
      const lines = certificateLines(certificate);
      for (let j = 0; j < lines.length; j++) session.printLine(`  ${printable(lines[j])}`);
    }
    const root = peerRoot(stream);
    if (root != null) {
      session.printLine(`root: ${certificateTitle(root)} (${rootKindText(stream)})`);
    }
    const staple = stream.text(TlsBytesField.Staple);
    if (staple != "") session.printLine(`stapled OCSP response: ${staple}`);
    const list = stream.text(TlsBytesField.RevocationList);
    if (list != "") session.printLine(`revocation list: ${list}`);
  }

  private printVerdict(stream: TlsStream): void {
    const faults = faultsOf(stream.refusals());
    if (faults.length > 0) {
      this.session.printLine("verification: failed");
      for (let i = 0; i < faults.length; i++) this.session.printLine(`  ${faults[i]}`);
    } else if (stream.summary != "") {
      this.session.printLine("verification: ok");
    }
  }
}

/** The `tls` command. */
export class Tls extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "tls",
      "HOST[:PORT]",
      "does a TLS handshake and prints the server's certificates",
      ["tls mainnet.era.zksync.io", "tls 10.0.2.2:8443"],
      true,
    );
  }

  start(words: Array<string>, session: Session): Job {
    const parsed = new Options(words, []);
    parsed.expectOperands(1, 1);
    if (parsed.failure != "") return this.wrongUsage(session, parsed.failure);
    const operand = parsed.operands[0];
    const colon = operand.lastIndexOf(":");
    const port = colon < 0 ? HTTPS_PORT : parseDecimalText(operand.substring(colon + 1));
    if (port < 1 || port > 65535 || colon == 0) {
      return this.wrongUsage(session, `invalid HOST[:PORT] '${printable(operand)}'`);
    }
    const host = colon < 0 ? operand : operand.substring(0, colon);
    const options = TlsOptions.client(host, port as u32);
    options.fresh = true;
    return new TlsJob(session, options, new SecureConnection(this.stack, options, session.now));
  }
}
