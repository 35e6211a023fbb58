/**
 * Inserts counters into AssemblyScript's source text, one for each function, each branch and each
 * sequence of statements, as V8 does not report the coverage of WebAssembly. It adds no lines, so
 * line numbers do not change.
 */
import ts from "typescript";

/** A branch, and the counter of each arm. */
export interface Branch {
  line: number;
  arms: number[];
}

/** The counters of one file. */
export interface FilePoints {
  path: string;
  count: number;
  functions: { name: string; line: number; point: number }[];
  /** Statements, by the line on which they begin and their counter. */
  statements: { line: number; point: number }[];
  branches: Branch[];
}

const logical = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken]);

/** Reports whether the statement after `node` may run more or less often than `node`. */
function divides(node: ts.Statement): boolean {
  return !ts.isExpressionStatement(node) && !ts.isVariableStatement(node);
}

/** Reports whether a statement ends with `break` or `continue`. */
function endsIteration(node: ts.Statement | undefined): boolean {
  if (node !== undefined && ts.isBlock(node)) return endsIteration(node.statements.at(-1));
  return node !== undefined && ts.isBreakOrContinueStatement(node);
}

class Instrumenter {
  private readonly insertions: { at: number; text: string }[] = [];
  private readonly source: ts.SourceFile;
  readonly points: FilePoints;

  private next = 0;

  constructor(
    path: string,
    private readonly text: string,
  ) {
    this.source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    this.points = { path, count: 0, functions: [], statements: [], branches: [] };
    this.findFunctions(this.source);
    this.points.count = this.next;
  }

  /** Returns the text with counters. The counting function is imported under the file's path. */
  result(): string {
    // The sort is stable: insertions at the same place keep their order.
    const insertions = this.insertions.sort((a, b) => a.at - b.at);
    let text = `@external("coverage", "${this.points.path}") `;
    text += "declare function __hit(point: u32): bool; ";
    let from = 0;
    for (const { at, text: inserted } of insertions) {
      text += this.text.slice(from, at) + inserted;
      from = at;
    }
    return text + this.text.slice(from);
  }

  /** Code outside of functions is not counted: it runs at start, or is constant. */
  private findFunctions(node: ts.Node): void {
    if (ts.isFunctionLike(node)) this.visit(node);
    else ts.forEachChild(node, (child) => this.findFunctions(child));
  }

  private visit(node: ts.Node): void {
    if (ts.isFunctionLike(node)) this.visitFunction(node as ts.FunctionLikeDeclaration);
    else if (ts.isIfStatement(node)) this.visitIf(node);
    else if (ts.isIterationStatement(node, false)) this.visitLoop(node);
    else if (ts.isCaseBlock(node)) this.visitCases(node);
    else if (ts.isBlock(node)) this.arm(node, this.next++);
    else if (ts.isConditionalExpression(node)) this.visitConditional(node);
    else if (ts.isBinaryExpression(node) && logical.has(node.operatorToken.kind)) {
      this.visitLogical(node);
    } else ts.forEachChild(node, (child) => this.visit(child));
  }

  private visitFunction(node: ts.FunctionLikeDeclaration): void {
    if (node.body === undefined) return;
    const point = this.next++;
    const line = this.line(node.name ?? node);
    this.points.functions.push({ name: functionName(node, line), line, point });
    if (ts.isBlock(node.body)) {
      this.arm(node.body, point);
      return;
    }
    this.points.statements.push({ line: this.line(node.body), point });
    this.expression(node.body, point);
  }

  private visitIf(node: ts.IfStatement): void {
    const { expression, thenStatement, elseStatement } = node;
    const arms = [this.next++, this.next++];
    this.points.branches.push({ line: this.line(node), arms });
    const guard = elseStatement === undefined && endsIteration(thenStatement);
    if (guard) this.insert(expression.getStart(), "(");
    this.visit(expression);
    // With an `else` inserted here, asc would forget that such a guard in a loop excludes null.
    if (guard) this.insert(expression.end, `) || !__hit(${arms[1]})`);
    this.arm(thenStatement, arms[0]);
    if (elseStatement !== undefined) this.arm(elseStatement, arms[1]);
    else if (!guard) this.insert(node.end, ` else { __hit(${arms[1]}); }`);
  }

  private visitLoop(node: ts.IterationStatement): void {
    const { statement } = node;
    ts.forEachChild(node, (child) => {
      if (child === statement) this.arm(statement, this.next++);
      else this.visit(child);
    });
  }

  /** Each label with statements of its own is an arm, which also counts on fall-through. */
  private visitCases(node: ts.CaseBlock): void {
    const arms: number[] = [];
    for (const clause of node.clauses) {
      if (clause.statements.length === 0) continue;
      const point = this.next++;
      arms.push(point);
      this.insert(clause.statements[0].getStart(), `__hit(${point}); `);
      this.sequence(clause.statements, point);
    }
    this.points.branches.push({ line: this.line(node.parent), arms });
  }

  private visitConditional(node: ts.ConditionalExpression): void {
    this.visit(node.condition);
    const arms = [this.next++, this.next++];
    this.points.branches.push({ line: this.line(node), arms });
    this.expression(node.whenTrue, arms[0]);
    this.expression(node.whenFalse, arms[1]);
  }

  /** The counter becomes an operand of its own, so that asc still sees null checks on the left. */
  private visitLogical(node: ts.BinaryExpression): void {
    const and = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
    this.visit(node.left);
    const point = this.next++;
    this.points.branches.push({ line: this.line(node.right), arms: [point] });
    this.insert(node.right.getStart(), and ? `__hit(${point}) && (` : `!__hit(${point}) || (`);
    this.visit(node.right);
    this.insert(node.right.end, ")");
  }

  /** Counts evaluations of an expression. */
  private expression(node: ts.Expression, point: number): void {
    this.insert(node.getStart(), `(__hit(${point}), `);
    this.visit(node);
    this.insert(node.end, ")");
  }

  /** Counts a statement that is a body or a branch; adds braces if it has none. */
  private arm(node: ts.Statement, point: number): void {
    if (ts.isBlock(node)) {
      this.insert(node.getStart() + 1, ` __hit(${point});`);
      this.sequence(node.statements, point);
      return;
    }
    this.insert(node.getStart(), `{ __hit(${point}); `);
    this.sequence([node], point);
    this.insert(node.end, " }");
  }

  /** Consecutive statements share a counter, up to one that may leave the sequence. */
  private sequence(statements: readonly ts.Statement[], point: number): void {
    let current = point;
    let divided = false;
    for (const statement of statements) {
      if (divided) {
        current = this.next++;
        this.insert(statement.getStart(), `__hit(${current}); `);
      }
      this.points.statements.push({ line: this.line(statement), point: current });
      this.visit(statement);
      divided = divides(statement);
    }
  }

  private insert(at: number, text: string): void {
    this.insertions.push({ at, text });
  }

  private line(node: ts.Node): number {
    return this.source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  }
}

function functionName(node: ts.FunctionLikeDeclaration, line: number): string {
  const own = ts.isConstructorDeclaration(node) ? "constructor" : (node.name?.getText() ?? "");
  const owner = ts.isClassLike(node.parent) ? `${node.parent.name?.text}.` : "";
  return own === "" ? `function in line ${line}` : owner + own;
}

/** Returns the text with counters, and what each of them counts. */
export function instrument(path: string, text: string): { text: string; points: FilePoints } {
  const instrumenter = new Instrumenter(path, text);
  return { text: instrumenter.result(), points: instrumenter.points };
}
