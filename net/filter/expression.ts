/**
 * A packet expression, such as `tcp port 80 and host 10.0.2.2`: compiled once, so that matching a
 * frame neither allocates nor recurses.
 */
import { FILTER_PRIMITIVES } from "../../core/limits";
import { ExpressionCompiler } from "./compiler";
import { Operation, Term } from "./term";

export class PacketExpression {
  /** Why the text is wrong (see `ExpressionCompiler.error`); empty if it is valid. */
  readonly error: string;
  private readonly program: Array<Term>;
  /** Each primitive pushes at most two results: its own and that of its protocol. */
  private readonly stack: StaticArray<bool> = new StaticArray<bool>(2 * FILTER_PRIMITIVES);

  /** Compiles the words of an expression; an empty one matches everything. */
  constructor(words: Array<string>) {
    const compiler = new ExpressionCompiler(words);
    this.error = compiler.error;
    this.program = compiler.program;
  }

  /** Reports whether the frame of `length` bytes at `pointer` matches. */
  matches(pointer: usize, length: u32): bool {
    if (this.program.length == 0) return true;
    const stack = this.stack;
    let top = 0;
    for (let i = 0; i < this.program.length; i++) {
      const term = this.program[i];
      if (term.operation == Operation.Not) stack[top - 1] = !stack[top - 1];
      else if (term.operation == Operation.And) {
        top--;
        stack[top - 1] = stack[top - 1] && stack[top];
      } else if (term.operation == Operation.Or) {
        top--;
        stack[top - 1] = stack[top - 1] || stack[top];
      } else stack[top++] = term.matches(pointer, length);
    }
    return stack[0];
  }
}
