/** `history` and `clear`: the lines that were typed, and an empty screen. */
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

export class HistoryCommand extends Command {
  constructor() {
    super("history", "[-c]", "lists the lines that were typed (-c: forgets them)", ["history"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, ["c"]);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const history = shell.editor.history;
    if (options.has("c")) history.clear();
    for (let i = 0; i < history.lines.length; i++) {
      shell.printLine(`${(i + 1).toString().padStart(5)}  ${history.lines[i]}`);
    }
    return shell.done();
  }
}

export class Clear extends Command {
  constructor() {
    super("clear", "", "empties the screen", ["clear"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 0);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    shell.terminal.control("\x1b[H\x1b[2J");
    shell.terminal.atLineStart = true;
    return shell.done();
  }
}
