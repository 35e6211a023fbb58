/**
 * httpd [-s] [-M] [--fastopen N] [PORT] | stop
 *
 * Serves the status site in the background: /, /status.json, /metrics for Prometheus, /healthz,
 * /bytes/N and POST /discard. The command returns at once; `httpd stop` stops the server. -s serves
 * HTTPS with the certificate and key of the boot modules server.pem and server.key. -M serves
 * neither /metrics nor /healthz. --fastopen lets up to N connections exchange data before their
 * handshake is over (TCP Fast Open, as nginx's `fastopen=N`), if the sysctl net.ipv4.tcp_fastopen
 * allows it for servers (0x2). PORT defaults to 80, or to 443 with -s.
 *
 * Only one server runs at a time. It listens on all addresses; `ss -l` shows its port. The site
 * (kernel/programs/status-site.ts) has no access control: everyone who can connect to the port can
 * see the state of the machine.
 *
 * Exit codes: 0 success; 1 already or not running, port in use, no certificate; 2 wrong usage.
 */
import { TCP_BACKLOG } from "../../../core/limits";
import { parseDecimalText } from "../../../core/text";
import { hasServerIdentity } from "../../../machine/certificates";
import { NetworkStack } from "../../../net/service/stack";
import { HttpDaemon } from "../../programs/httpd";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

const OPTIONS: StaticArray<string> = ["s|secure", "M|no-metrics", "fastopen:"];
const DETAILS: StaticArray<string> = [
  "  PORT          80, or 443 with -s",
  "  -s            serves HTTPS with the boot modules server.pem and server.key",
  "  -M            serves neither /metrics nor /healthz",
  "  --fastopen N  lets N connections exchange data before their handshake is over",
];
const HTTP_PORT: i64 = 80;
const HTTPS_PORT: i64 = 443;

export class Httpd extends Command {
  constructor(
    private readonly stack: NetworkStack,
    private readonly daemon: HttpDaemon,
  ) {
    super(
      "httpd",
      "[-s] [-M] [--fastopen N] [PORT] | stop",
      "serves /, /status.json, /metrics, /healthz, /bytes/N and POST /discard (-s: HTTPS)",
      ["httpd", "httpd 8080", "httpd -s 8443", "httpd stop"],
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 1);
    const fastOpen = options.number("fastopen", 0, 0, TCP_BACKLOG);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operand = options.operands.length > 0 ? options.operands[0] : "";
    if (operand == "stop") {
      if (this.daemon.stop()) return this.done();
      return this.failed(session, "not running");
    }
    const secure = options.has("s");
    const usual = secure ? HTTPS_PORT : HTTP_PORT;
    const port = operand == "" ? usual : parseDecimalText(operand);
    if (port < 1 || port > 65535) {
      return this.wrongUsage(session, `invalid port '${printable(operand)}'`);
    }
    const daemon = this.daemon;
    if (daemon.running) {
      return this.failed(session, `already running on port ${daemon.port} (try: httpd stop)`);
    }
    if (secure) {
      const obstacle = this.obstacle();
      if (obstacle != "") return this.failed(session, obstacle);
    }
    const monitored = !options.has("M");
    if (!daemon.start(port as u32, secure, monitored, fastOpen as u32)) {
      return this.failed(session, `port ${port}: Address already in use`);
    }
    session.printLine(`Serving ${secure ? "HTTPS" : "HTTP"} on port ${port}`);
    return this.done();
  }

  /** Returns why HTTPS cannot be served, or "". */
  private obstacle(): string {
    const tls = this.stack.tls;
    if (tls.engine.obstacle() != "") return tls.engine.obstacle();
    if (hasServerIdentity()) return "";
    return "-s: no certificate (boot with the modules server.pem and server.key)";
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["stop"] : [];
  }
}
