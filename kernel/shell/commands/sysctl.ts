/**
 * sysctl [-n] [-N] [-q] [NAME[=VALUE]...]
 * sysctl -a
 *
 * Prints or changes parameters of the network stack, as sysctl(8) of procps does; -a prints them
 * all, -n only values, -N only names, and -q nothing about a change. Slashes in a name stand for
 * dots. A change lasts until the next boot; `sysctl.NAME=VALUE` on the kernel command line makes
 * one at boot, as in Linux. Of Linux's parameters it has those that sysctl -a lists. -w and -e of
 * sysctl(8) are accepted: -w changes nothing, -e ignores unknown names.
 *
 * Exit codes: 0 success; 1 an unknown name or an invalid value; 2 wrong usage (1 in procps).
 */
import { KernelParameters } from "../../config/kernel-parameters";
import { Command, EXIT_FAILURE, EXIT_OK, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

const OPTIONS: StaticArray<string> = [
  "a|all|A|X",
  "n|values",
  "N|names",
  "q|quiet",
  "w|write",
  "e|ignore",
];

export class Sysctl extends Command {
  constructor(private readonly parameters: KernelParameters) {
    super(
      "sysctl",
      "[-a] [-n] [-N] [-q] [NAME[=VALUE]...]",
      "prints or changes parameters of the network stack",
      [
        "sysctl -a",
        "sysctl net.ipv4.tcp_congestion_control",
        "sysctl net.ipv4.tcp_congestion_control=reno",
      ],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const all = options.has("a");
    options.expectOperands(all ? 0 : 1, all ? 0 : i32.MAX_VALUE);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (all) {
      const names = this.parameters.names();
      for (let i = 0; i < names.length; i++) this.print(names[i], options, session);
      return this.done();
    }
    for (let i = 0; i < options.operands.length; i++) {
      if (!options.operands[i].startsWith("=")) continue;
      return this.wrongUsage(session, "malformed setting '=': write NAME=VALUE without blanks");
    }
    let code = EXIT_OK;
    for (let i = 0; i < options.operands.length; i++) {
      if (!this.serve(options.operands[i], options, session)) code = EXIT_FAILURE;
    }
    return this.done(code);
  }

  complete(_words: Array<string>): Array<string> {
    const names = this.parameters.names();
    const words: Array<string> = [];
    for (let i = 0; i < names.length; i++) words.push(names[i]);
    return words;
  }

  /** Prints or changes one parameter. Returns false if that failed. */
  private serve(operand: string, options: Options, session: Session): bool {
    const equals = operand.indexOf("=");
    const typed = (equals < 0 ? operand : operand.substring(0, equals)).trim();
    const name = typed.split("/").join(".");
    const parameters = this.parameters;
    if (parameters.value(name) == "" && options.has("e")) return true;
    if (equals < 0) {
      if (parameters.value(name) != "") {
        this.print(name, options, session);
        return true;
      }
      session.error(
        this.name,
        `${printable(name)}: no such parameter, expected one that sysctl -a lists`,
      );
      return false;
    }
    const problem = parameters.change(name, operand.substring(equals + 1).trim());
    if (problem != "") session.error(this.name, `${printable(name)}: ${problem}`);
    else if (!options.has("q")) this.print(name, options, session);
    return problem == "";
  }

  private print(name: string, options: Options, session: Session): void {
    const value = this.parameters.value(name);
    const line = options.has("N") ? name : options.has("n") ? value : `${name} = ${value}`;
    session.printLine(line);
  }
}
