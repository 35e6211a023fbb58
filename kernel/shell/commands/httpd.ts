/** `httpd`: serves the status site in the background. */
import { parseDecimalText } from "../../../core/text";
import { NetworkStack } from "../../../net/service/stack";
import { HttpDaemon } from "../../programs/httpd";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";
import { hasServerIdentity } from "../tls-files";

const OPTIONS: StaticArray<string> = ["s|secure"];
const HTTP_PORT: i64 = 80;
const HTTPS_PORT: i64 = 443;

export class Httpd extends Command {
  constructor(
    private readonly stack: NetworkStack,
    private readonly daemon: HttpDaemon,
  ) {
    super(
      "httpd",
      "[-s] [PORT] | stop",
      "serves /, /status.json, /bytes/N and POST /discard in the background (-s: by https)",
      ["httpd", "httpd 8080", "httpd -s 8443", "httpd stop"],
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operand = options.operands.length > 0 ? options.operands[0] : "";
    if (operand == "stop") {
      if (this.daemon.stop()) return shell.done();
      return shell.failed(this, "it does not run");
    }
    const secure = options.has("s");
    const usual = secure ? HTTPS_PORT : HTTP_PORT;
    const port = operand == "" ? usual : parseDecimalText(operand);
    if (port < 1 || port > 65535) {
      return shell.wrongUsage(this, `${operand} is no port from 1 to 65535`);
    }
    if (this.daemon.running) {
      return shell.failed(this, "it runs already, expected httpd stop before");
    }
    if (secure) {
      const obstacle = this.obstacle();
      if (obstacle != "") return shell.failed(this, obstacle);
    }
    if (this.daemon.start(port as u32, secure)) return shell.done();
    return shell.failed(this, `port ${port}: Address already in use`);
  }

  /** Why there can be no https, or "". */
  private obstacle(): string {
    const tls = this.stack.tls;
    if (tls.engine.obstacle() != "") return tls.engine.obstacle();
    if (hasServerIdentity()) return "";
    return "-s: there is no certificate, expected the boot modules server.pem and server.key";
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["stop"] : [];
  }
}
