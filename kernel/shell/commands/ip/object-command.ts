/** What iproute2's `ip` and `tc` share: options, an object that may be abbreviated, a verb. */
import { NetworkStack } from "../../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { Context } from "./context";
import { IpOptions } from "./options";

/** As an object or a verb: `ip help`, `ip route help`. */
const HELP: string = "help";
/** Returned by `run` if it does not know the object. */
export const UNKNOWN_OBJECT: i32 = -1;

export abstract class ObjectCommand extends Command {
  constructor(
    private readonly stack: NetworkStack,
    name: string,
    synopsis: string,
    summary: string,
    examples: StaticArray<string>,
    /** The names that Tab completes. */
    private readonly objects: StaticArray<string>,
  ) {
    super(name, synopsis, summary, examples);
  }

  /** Does what the words after the object say. Returns the exit code, or UNKNOWN_OBJECT. */
  protected abstract run(object: string, context: Context): i32;

  start(words: Array<string>, session: Session): Job {
    const options = new IpOptions(words);
    if (options.unknown != "") return this.unknown(session, "Option", options.unknown, "-help");
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const asksHelp = operands.length > 1 && operands[1] == HELP;
    if (options.help || asksHelp || (operands.length == 1 && operands[0] == HELP)) {
      this.explain(session);
      return this.done();
    }
    const context = new Context(session, this.stack, operands, options);
    const object = context.take();
    if (object == "") return this.wrongUsage(session, "missing object");
    const code = this.run(object, context);
    if (code != UNKNOWN_OBJECT) return this.done(code);
    return this.unknown(session, "Object", object, "help");
  }

  private unknown(session: Session, what: string, word: string, help: string): Job {
    session.terminal.freshLine();
    session.printLine(`${what} "${printable(word)}" is unknown, try "${this.name} ${help}".`);
    return this.done(EXIT_USAGE);
  }

  complete(words: Array<string>): Array<string> {
    const offered: Array<string> = [];
    if (words.length == 0 || (words.length == 1 && words[0].startsWith("-"))) {
      for (let i = 0; i < this.objects.length; i++) offered.push(this.objects[i]);
    }
    return offered;
  }
}

/** Reports whether `word` is `name` or an abbreviation of it. */
export function matches(word: string, name: string): bool {
  return name.startsWith(word);
}
