/** Tab completion of command names and of the words that a command offers. */
import { ParsedCommand, ParsedLine } from "./command-parser";
import { Registry } from "./registry";

class Completion {
  /** The text to insert at the cursor; may be empty. */
  insertion: string = "";
  /** The candidates to list, if they have no further letters in common. */
  candidates: Array<string> = [];
}

/** Completes the last word of `text`, the line up to the cursor. */
export function complete(text: string, registry: Registry): Completion {
  const completion = new Completion();
  const commands = new ParsedLine(text).commands;
  const before = text.trimEnd();
  const apart = before.endsWith(";") || before.endsWith("&&") || before.endsWith("||");
  const endsCommand = apart || commands.length == 0;
  const last = endsCommand ? "" : commands[commands.length - 1];
  const words = new ParsedCommand(last, 0).words;
  const word = last.length == 0 || last.endsWith(" ") ? "" : words.length > 0 ? words.pop() : "";
  // A word with quotes cannot be continued by appending letters.
  if (!text.endsWith(word)) return completion;
  const fitting = startingWith(offers(words, registry), word);
  if (fitting.length == 1) {
    completion.insertion = fitting[0].substring(word.length) + " ";
  } else if (fitting.length > 1) {
    completion.insertion = fitting[0].substring(word.length, commonLength(fitting));
    if (completion.insertion == "") completion.candidates = fitting;
  }
  return completion;
}

function offers(words: Array<string>, registry: Registry): Array<string> {
  if (words.length == 0) return registry.names();
  const command = registry.find(words[0]);
  return command == null ? [] : command.complete(words.slice(1));
}

function startingWith(all: Array<string>, prefix: string): Array<string> {
  const fitting: Array<string> = [];
  for (let i = 0; i < all.length; i++) {
    if (all[i].startsWith(prefix) && !fitting.includes(all[i])) fitting.push(all[i]);
  }
  return fitting;
}

function commonLength(texts: Array<string>): i32 {
  let length = texts[0].length;
  for (let i = 1; i < texts.length; i++) {
    while (!texts[i].startsWith(texts[0].substring(0, length))) length--;
  }
  return length;
}
