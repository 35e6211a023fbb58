/** `tls`: a handshake, and all that is known of the peer after it. */
import { parseDecimalText } from "../../../core/text";
import { MILLISECOND, NEVER } from "../../../core/time";
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
  peerCertificates,
  peerRoot,
  rootKindText,
} from "../certificate-text";
import { Command, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { formatMilliseconds } from "../duration";
import { Options } from "../options";
import { printable } from "../printable";
import { SecureConnection } from "../secure-connection";
import { Shell } from "../shell";

const HTTPS_PORT: i64 = 443;
/** How long a session to be resumed next time is waited for: TLS 1.3 sends it afterwards. */
const SESSION_WAIT: i64 = 500 * MILLISECOND;

class TlsJob extends Job {
  private endAt: i64 = NEVER;

  constructor(
    private readonly shell: Shell,
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
      if (connection.failure != "") return this.failed();
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
    return this.endAt;
  }

  cancel(): i32 {
    this.connection.close();
    return EXIT_INTERRUPTED;
  }

  private failed(): i32 {
    const connection = this.connection;
    const code = connection.code as i32;
    const to = `${this.options.host} port ${this.options.port}`;
    this.shell.error("tls", `(${code}) ${to}: ${connection.failure}`);
    connection.close();
    return code;
  }

  private describe(stream: TlsStream): void {
    const connection = this.connection;
    const times = stream.times;
    const shell = this.shell;
    if (times.began == 0) return;
    shell.printLine(`connected to ${formatIpv4(connection.address)} port ${this.options.port}`);
    if (stream.summary != "") {
      shell.printLine(stream.summary + (stream.resumption.resumed ? "" : ", a new session"));
    }
    this.printChain(stream);
    this.printVerdict(stream);
    let line = `times: name ${formatMilliseconds(connection.resolvedAt - connection.startedAt)} ms`;
    line += `, tcp ${formatMilliseconds(times.began - connection.resolvedAt)} ms`;
    if (times.answered > 0) {
      line += `, first answer ${formatMilliseconds(times.answered - times.began)} ms`;
    }
    if (times.finished > 0) {
      line += `, handshake ${formatMilliseconds(times.finished - times.began)} ms`;
    }
    shell.printLine(line);
  }

  private printChain(stream: TlsStream): void {
    const shell = this.shell;
    const count = peerCertificates(stream);
    for (let i: u32 = 0; i < count; i++) {
      const certificate = peerCertificate(stream, i);
      if (certificate == null) continue;
      shell.printLine(`certificate ${i + 1} of ${count}`);
      const lines = certificateLines(certificate);
      for (let j = 0; j < lines.length; j++) shell.printLine(`  ${printable(lines[j])}`);
    }
    const root = peerRoot(stream);
    if (root == null) return;
    shell.printLine(`root: ${certificateTitle(root)} (${rootKindText(stream)})`);
  }

  private printVerdict(stream: TlsStream): void {
    const faults = faultsOf(stream.refusals());
    if (faults.length > 0) {
      this.shell.printLine("verification: refused");
      for (let i = 0; i < faults.length; i++) this.shell.printLine(`  ${faults[i]}`);
    } else if (stream.summary != "") {
      this.shell.printLine("verification: ok");
    }
  }
}

export class Tls extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "tls",
      "HOST[:PORT]",
      "makes a TLS handshake and shows what is known of the server",
      ["tls mainnet.era.zksync.io", "tls 10.0.2.2:8443"],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const parsed = new Options(words, []);
    parsed.expectOperands(1, 1);
    if (parsed.failure != "") return shell.wrongUsage(this, parsed.failure);
    const operand = parsed.operands[0];
    const colon = operand.lastIndexOf(":");
    const port = colon < 0 ? HTTPS_PORT : parseDecimalText(operand.substring(colon + 1));
    if (port < 1 || port > 65535 || colon == 0) {
      return shell.wrongUsage(this, `${printable(operand)} is no host with a port from 1 to 65535`);
    }
    const host = colon < 0 ? operand : operand.substring(0, colon);
    const options = TlsOptions.client(host, port as u32);
    return new TlsJob(shell, options, new SecureConnection(this.stack, options, shell.now));
  }
}
