/** `curl -v`: connection and certificate (`*`), request head (`>`) and response head (`<`). */
import { latin1 } from "../../../../core/text";
import { HttpWatcher } from "../../../../net/service/http/client/watcher";
import { HttpHead } from "../../../../net/service/http/message/head";
import { Stream } from "../../../../net/service/stream/stream";
import { TcpStream } from "../../../../net/service/stream/tcp-stream";
import { TlsStream } from "../../../../net/service/tls/stream";
import { faultsOf } from "../../../../net/service/tls/verification";
import { formatIpv4 } from "../../../../net/wire/address";
import {
  certificateLines,
  certificateTitle,
  peerCertificate,
  peerRoot,
  rootKindText,
} from "../../certificate-text";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";

export class VerboseCurl extends HttpWatcher {
  constructor(private readonly session: Session) {
    super();
  }

  connected(stream: Stream, reused: bool): void {
    let below: Stream = stream;
    if (stream instanceof TlsStream) below = (stream as TlsStream).below;
    if (below instanceof TcpStream) {
      const ends = (below as TcpStream).connection.endpoints;
      const to = `${formatIpv4(ends.remoteIpv4)} port ${ends.remotePort}`;
      this.say("*", reused ? `Re-using existing connection to ${to}` : `Connected to ${to}`);
    }
    if (stream instanceof TlsStream && !reused) this.secured(stream as TlsStream);
  }

  sent(head: string): void {
    this.lines(">", head);
  }

  received(head: HttpHead): void {
    this.lines("<", latin1(head.pointer(0), head.length));
  }

  private secured(stream: TlsStream): void {
    this.say("*", stream.summary);
    const certificate = peerCertificate(stream, 0);
    if (certificate != null) {
      const lines = certificateLines(certificate);
      for (let i = 0; i < lines.length; i++) this.say("*", "  " + lines[i]);
    }
    const root = peerRoot(stream);
    if (root != null) this.say("*", `root: ${certificateTitle(root)} (${rootKindText(stream)})`);
    const faults = faultsOf(stream.refusals());
    if (faults.length == 0) this.say("*", "SSL certificate verify ok.");
    else {
      const result = faults.join(", ");
      this.say("*", `SSL certificate verify result: ${result}, continuing anyway.`);
    }
  }

  private lines(mark: string, head: string): void {
    const lines = head.split("\r\n");
    for (let i = 0; i < lines.length - 1; i++) this.say(mark, lines[i]);
  }

  private say(mark: string, text: string): void {
    this.session.terminal.freshLine();
    this.session.printLine(`${mark} ${printable(text)}`.trimEnd());
  }
}
