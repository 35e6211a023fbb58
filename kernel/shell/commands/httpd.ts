/** `httpd`: serves the status site in the background. */
import { NetworkStack } from "../../../net/service/stack";
import { parseDecimalText } from "../../core/text";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

const HTTP_PORT: i64 = 80;

export class Httpd extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "httpd",
      "[PORT] | stop",
      "serves /, /status.json, /bytes/N and POST /discard in the background",
      ["httpd", "httpd 8080", "httpd stop"],
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operand = options.operands.length > 0 ? options.operands[0] : "";
    if (operand == "stop") {
      if (this.stack.stopHttpd()) return shell.done();
      return shell.failed(this, "it does not run");
    }
    const port = operand == "" ? HTTP_PORT : parseDecimalText(operand);
    if (port < 1 || port > 65535) {
      return shell.wrongUsage(this, `${operand} is no port from 1 to 65535`);
    }
    if (this.stack.httpd != null) {
      return shell.failed(this, "it runs already, expected httpd stop before");
    }
    if (this.stack.startHttpd(port as u32)) return shell.done();
    return shell.failed(this, `port ${port}: Address already in use`);
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["stop"] : [];
  }
}
