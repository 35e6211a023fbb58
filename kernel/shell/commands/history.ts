/**
 * history [-c]
 * clear
 *
 * `history` lists the lines that were typed, -c forgets them, as in bash; `clear` empties the
 * screen. Exit codes: 0; 2 wrong usage.
 */
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";

export class HistoryCommand extends Command {
  constructor() {
    super("history", "[-c]", "lists the lines typed so far (-c: forgets them)", ["history"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, ["c"]);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const history = session.editor.history;
    if (options.has("c")) history.clear();
    for (let i = 0; i < history.lines.length; i++) {
      session.printLine(`${(i + 1).toString().padStart(5)}  ${history.lines[i]}`);
    }
    return this.done();
  }
}

export class Clear extends Command {
  constructor() {
    super("clear", "", "empties the screen", ["clear"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    session.terminal.control("\x1b[H\x1b[2J");
    session.terminal.atLineStart = true;
    return this.done();
  }
}
