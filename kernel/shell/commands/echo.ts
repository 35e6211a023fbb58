/**
 * echo [-n] [WORD]...
 *
 * Prints its words separated by spaces, followed by a newline unless -n is given, like echo(1) of
 * coreutils. All other words that begin with a dash are printed, even -e, as backslashes are not
 * interpreted (POSIX leaves this open). `--help` as the only word prints the help.
 *
 * Exit code: 0.
 */
import { Command, Job } from "../command";
import { Session } from "../session";

export class Echo extends Command {
  constructor() {
    super("echo", "[-n] [WORD]...", "prints its arguments", ["echo hello", "echo $?"]);
  }
  start(words: Array<string>, session: Session): Job {
    const noNewline = words.length > 0 && words[0] == "-n";
    const text = (noNewline ? words.slice(1) : words).join(" ");
    session.print(noNewline ? text : text + "\n");
    return this.done();
  }
}
