/** `nc`: a conversation with a port of a host, or with the first who connects to one of ours. */
import { parseDecimalText } from "../../../core/text";
import { NetworkStack } from "../../../net/service/stack";
import { Command, Job } from "../command";
import { Lookup } from "../lookup";
import { Options } from "../options";
import { Shell } from "../shell";
import { TcpClientJob, TcpServerJob } from "./nc/tcp";
import { UdpJob } from "./nc/udp";

const OPTIONS: StaticArray<string> = ["u", "l", "p:"];

export class Nc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "nc",
      "[-u] HOST PORT | [-u] -l [-p] PORT",
      "talks to a port: typed lines go out, Ctrl-D ends",
      ["nc 10.0.2.2 8080", "nc -l 9000", "nc -u 10.0.2.3 53"],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    const listens = options.has("l");
    const operands = options.operands;
    const named = options.has("p");
    // It is the port of this side, which the stack gives out to those who do not listen.
    if (named && !listens) return shell.wrongUsage(this, "-p goes with -l");
    const count = !listens ? 2 : named ? 0 : 1;
    options.expectOperands(count, count);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    if (named) operands.push(options.value("p"));
    const text = operands[operands.length - 1];
    const port = parseDecimalText(text);
    if (port < 1 || port > 65535) {
      return shell.wrongUsage(this, `port ${text} is no number from 1 to 65535`);
    }
    if (options.has("u")) return this.startUdp(shell, listens, operands[0], port as u32);
    if (!listens) {
      const lookup = new Lookup(operands[0], this.stack, shell.now);
      return new TcpClientJob(shell, this.stack, lookup, port as u32);
    }
    const listener = this.stack.ip.tcp.listen(port as u32, 1);
    if (listener == null) return shell.failed(this, `port ${port}: Address already in use`);
    return new TcpServerJob(shell, listener);
  }

  private startUdp(shell: Shell, listens: bool, host: string, port: u32): Job {
    const socket = this.stack.ip.udp.open(listens ? port : 0);
    if (socket == null) return shell.failed(this, `port ${port}: Address already in use`);
    let lookup: Lookup | null = null;
    if (!listens) lookup = new Lookup(host, this.stack, shell.now);
    return new UdpJob(shell, socket, lookup, port);
  }
}
