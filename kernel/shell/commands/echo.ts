/**
 * echo [-n] [WORD]...
 *
 * Prints its words with blanks between and, without -n, a newline, as the command of bash does.
 * There is no -e. Exit code: 0.
 */
import { Command, Job } from "../command";
import { Session } from "../session";

export class Echo extends Command {
  constructor() {
    super("echo", "[-n] [WORD]...", "prints its words", ["echo hello", "echo $?"]);
  }
  start(words: Array<string>, session: Session): Job {
    const open = words.length > 0 && words[0] == "-n";
    const text = (open ? words.slice(1) : words).join(" ");
    session.print(open ? text : text + "\n");
    return this.done();
  }
}
