/** `curl -v`: connection and certificate (`*`), request head (`>`) and response head (`<`). */
import { latin1 } from "../../../../core/text";
import { HttpHead } from "../../../../net/service/http/message/head";
import { Stream } from "../../../../net/service/stream/stream";
import { TlsStream } from "../../../../net/service/tls/stream";
import { faultsOf } from "../../../../net/service/tls/verification";
import {
  certificateLines,
  certificateTitle,
  peerCertificate,
  peerRoot,
  rootKindText,
} from "../../certificate-text";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { CurlTraffic } from "./traffic";

export class VerboseCurl extends CurlTraffic {
  constructor(private readonly session: Session) {
    super();
  }

  connected(stream: Stream, reused: bool): void {
    super.connected(stream, reused);
    const to = `${this.remoteAddress} port ${this.remotePort}`;
    this.say("*", reused ? `Re-using existing connection to ${to}` : `Connected to ${to}`);
    if (stream instanceof TlsStream && !reused) this.secured(stream as TlsStream);
  }

  tunnel(stream: Stream, request: string, response: HttpHead): void {
    super.tunnel(stream, request, response);
    this.say("*", `Connected to ${this.remoteAddress} port ${this.remotePort}`);
    this.lines(">", request);
    this.lines("<", latin1(response.pointer(0), response.length));
    const established = response.status / 100 == 2;
    this.say(
      "*",
      `CONNECT tunnel ${established ? "established" : "failed"}, response ${response.status}`,
    );
  }

  sent(head: string): void {
    super.sent(head);
    this.lines(">", head);
  }

  received(head: HttpHead): void {
    super.received(head);
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
