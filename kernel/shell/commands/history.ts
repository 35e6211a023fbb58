/**
 * history [-c]
 * clear
 *
 * `history` lists the last 100 lines typed, oldest first, as bash's builtin does; Up, Down and
 * Ctrl-R recall them. -c clears the list. Of equal lines in a row, only one is kept. There is no
 * `!`, and a reboot clears the list. `clear` clears the screen as clear(1) of ncurses does, but not
 * the terminal's scrollback.
 *
 * Exit codes: 0 success; 2 wrong usage.
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

/** Emits the escape sequences even if no terminal has shown that it understands them. */
export class Clear extends Command {
  constructor() {
    super("clear", "", "empties the screen", ["clear"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    // ECMA-48: cursor position (home), erase in page (all).
    session.terminal.control("\x1b[H\x1b[2J");
    session.terminal.atLineStart = true;
    return this.done();
  }
}
